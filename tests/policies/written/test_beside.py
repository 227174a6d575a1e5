"""Try what a policy is said to name, and what its hash covers."""

import hashlib

import pytest

from pratique.policies.written.beside import NOTHING, Beside, Names, hash_of, names_in

TEXT = """
include = ["default", "ours.toml", "default", 3]

[[list]]
name = "partners"
file = "partners.txt"

[[list]]
name = "inline"
entries = []

[[group]]
name = "board"
file = "board.txt"
"""


def test_a_policy_names_policies_and_files_of_lists_each_once_in_order():
    assert names_in(TEXT) == Names(("default", "ours.toml"), ("partners.txt", "board.txt"))
    assert names_in('include = "default"') == Names(("default",))


@pytest.mark.parametrize("text", ["", "include: x", "include = 3", "list = 3", "list = [3]"])
def test_what_names_nothing_or_is_no_policy_names_nothing(text):
    assert names_in(text) == Names()


def test_the_hash_of_a_policy_by_itself_is_that_of_its_text():
    assert hash_of("a", NOTHING) == hashlib.sha256(b"a").hexdigest()


def test_the_hash_covers_each_text_and_its_name():
    texts = [
        Beside(),
        Beside({"one": "x"}),
        Beside({"two": "x"}),
        Beside({"one": "y"}),
        Beside({}, {"one": "x"}),
        Beside({"one": "x"}, {"one": "x"}),
        Beside({"one": "x", "two": "x"}),
    ]
    assert len({hash_of("a", each) for each in texts}) == len(texts)
    assert hash_of("a", texts[1]) != hash_of("b", texts[1])


def test_the_order_in_which_texts_were_read_does_not_matter():
    one, other = Beside({"a": "x", "b": "y"}), Beside({"b": "y", "a": "x"})
    assert hash_of("t", one) == hash_of("t", other)


def test_what_could_not_be_read_decides_nothing():
    assert hash_of("a", Beside(missing={"x": "no such file"})) == hash_of("a", NOTHING)


def test_a_name_that_is_no_utf_8_has_a_hash():
    assert hash_of("a", Beside({"\udcff": "x"}))


def test_texts_are_the_same_after_they_were_written():
    beside = Beside({"a": "x"}, {"b": "y"}, {"c": "no such file"})
    assert Beside.read(beside.written()) == beside
    assert Beside.read({}) == NOTHING
