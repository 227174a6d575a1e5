"""Names of people of ours, as forgers write them."""

import time

import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.senders.people import MORE_WORDS, People


def people(*names, **addresses):
    persons = [wall.Person(name=name, addresses=addresses.get("addresses", [])) for name in names]
    return People(persons)


@pytest.fixture(scope="module")
def ours():
    return people("John Doe", "Anne-Marie O'Brien", "Jürgen Müller", "佐藤 一郎", "Björn Ægir")


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("John Doe", "John Doe"),
        ("JOHN DOE", "John Doe"),
        ("Doe, John", "John Doe"),
        ("John Q. Doe", "John Doe"),
        ("John Quincy Doe", "John Doe"),
        ("Dr. John Doe", "John Doe"),
        ("John Doe (CEO)", "John Doe"),
        ("John Doe - CEO, Contoso", "John Doe"),
        ("John.Doe", "John Doe"),
        ("John_Doe", "John Doe"),
        ("Jоhn Dоe", "John Doe"),
        ("J0hn D0e", "John Doe"),
        ("Ｊｏｈｎ　Ｄｏｅ", "John Doe"),
        ("Jo\u200bhn Do\u00ade", "John Doe"),
        ("John\u00a0Doe", "John Doe"),
        ("Jóhn Dõe", "John Doe"),
        ("annemarie obrien", None),
        ("Anne Marie O’Brien", "Anne-Marie O'Brien"),
        ("OBrien, Anne-Marie", "Anne-Marie O'Brien"),
        ("Juergen Mueller", "Jürgen Müller"),
        ("Jurgen Muller", "Jürgen Müller"),
        ("佐藤一郎", "佐藤 一郎"),
        ("佐藤　一郎（社長）", "佐藤 一郎"),
        ("一郎 佐藤", "佐藤 一郎"),
        ("Bjorn Aegir", "Björn Ægir"),
    ],
)  # fmt: skip
def test_a_name_is_known_however_it_is_written(ours, shown, name):
    named = ours.named(shown)
    assert (named.name if named else None) == name


@pytest.mark.parametrize(
    "shown",
    ["", "John", "Doe", "J. Doe", "John Roe", "Johnny Doe", "Johndoe", "佐藤 次郎", "-", "'"],
)
def test_others_are_left_alone(ours, shown):
    assert ours.named(shown) is None


@pytest.mark.parametrize(("more", "known"), [(MORE_WORDS, True), (MORE_WORDS + 1, False)])
def test_a_name_among_many_words_is_no_name(ours, more, known):
    words = " ".join(f"word{chr(ord('a') + number) * 2}" for number in range(more))
    assert (ours.named(f"John Doe {words}") is not None) is known


@pytest.mark.parametrize(
    ("shown", "via"),
    [
        ("John Doe via Board", True),
        ("'John Doe' via Board of Examples and many others of it", True),
        ("John Doe (via Documents)", True),
        ("Board via John Doe", False),
        ("John Doe", False),
    ],
)
def test_who_writes_for_somebody_says_so(ours, shown, via):
    assert ours.named(shown).via is via


def test_one_word_of_ascii_is_a_name_only_alone():
    assert people("Ann").named("ANN")
    assert people("Ann").named("Ann Roe") is None


@pytest.mark.parametrize("name", ["", " ", "...", "\u200b"])
def test_a_name_without_a_letter_is_nobodys(name):
    known = people(name)
    assert known.named("") is None
    assert known.named("Ann") is None
    assert known.named(name) is None


def test_addresses_are_kept_in_small_letters():
    known = people("John Doe", addresses=[" John@Home.example "])
    assert known.named("John Doe").addresses == {"john@home.example"}


def test_hundreds_of_people_of_one_first_name_cost_little():
    known = people(*(f"John D{chr(97 + n // 26)}{chr(97 + n % 26)}oe" for n in range(600)))
    began = time.process_time()
    for number in range(1000):
        known.named(f"John Stranger{number}")
    # Some 10 microseconds each; a loaded machine has ten times that.
    assert time.process_time() - began < 0.5


def test_a_name_of_thousands_of_words_is_looked_at_in_part(ours):
    assert ours.named("word " * 2000 + "John Doe") is None
