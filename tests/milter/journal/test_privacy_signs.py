"""Signs that a text names somebody or quotes the subject are seen, and in bounded time."""

import time

import pytest

from pratique.milter.journal import privacy_signs as signs
from pratique.milter.journal.privacy_signs import SHORTEST_SUBJECT, Subject


@pytest.mark.parametrize("text", ["a@b", "a%40b", "a%2540b", "=?x?q?a?=", "a\uff20b", "a&#64;b"])
def test_an_at_is_seen_in_whatever_guise(text):
    assert signs.has_at(text)


@pytest.mark.parametrize("text", ["", "a b", "100%", "a=b?", "&#6;", "40%"])
def test_no_at_is_seen_where_there_is_none(text):
    assert not signs.has_at(text)


@pytest.mark.parametrize(("count", "found"), [(SHORTEST_SUBJECT - 1, False), (4, True)])
def test_a_subject_that_is_too_short_is_looked_for_nowhere(count, found):
    subject = Subject.of("-" + "x" * count)
    assert (subject.is_in("x" * 9), subject.is_told_by("x" * 9)) == (found, found)


def test_without_a_subject_nothing_quotes_it():
    assert not Subject.of("").is_in("anything")
    assert not Subject.of("").is_told_by("anything.txt")


def test_other_words_do_not_quote_the_subject():
    assert not Subject.of("Secret plans").is_in("secret things, other plans")
    assert not Subject.of("Secret plans").is_told_by("invoice.pdf")


@pytest.mark.parametrize("said", ["Grüße", "GRÜSSE", "gru\u0308ße"])
def test_letters_of_all_kinds_are_compared_without_case(said):
    assert Subject.of("Viele Grüße").is_in(f"viele_{said}")


@pytest.mark.parametrize(
    ("path", "own"),
    [("2/zip:a", "2/zip:"), ("zip:a:b", "zip:"), ("1/2", "1/2"), ("in 3", "in 3"), ("a b", "")],
)
def test_what_is_ours_of_a_path_ends_at_the_first_archive(path, own):
    assert signs.own_path(path) == own


@pytest.mark.parametrize(
    "text",
    ["%25", "25", "a ", ": ", "a: ", "a.", " ", "(", "a@", "0/", "Sat, 1 ", "&#0", "%", "\u0308"],
)
def test_no_text_takes_long(text):
    text = f"%{text * 50_000}"[text != " " :]
    begun = time.process_time()
    subject = Subject.of(text)
    subject.is_told_by(text)
    for look in (signs.has_at, signs.is_certain, signs.is_domain, signs.is_type):
        look(text)
    for read in (signs.date_in, signs.own_path, signs.names_a_host, signs.is_keyword):
        read(text)
    # Some milliseconds; what grows with the square of the length takes minutes.
    assert time.process_time() - begun < 1
