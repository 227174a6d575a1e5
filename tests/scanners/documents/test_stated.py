"""Findings with a stranger's words in them: short, on one line, each name once."""

import pytest

from pratique.scanners.documents.stated import NOTE, Stated, shown, worse, worst


def test_the_fact_has_all_that_was_stated():
    fact = Stated("A.B", "suspicious", "seen").finding("who", 7)

    assert (fact.scanner, fact.name, fact.severity, fact.part, fact.note) == (
        "who", "A.B", "suspicious", 7, "seen",
    )  # fmt: skip


@pytest.mark.parametrize(("length", "shortened"), [(NOTE, False), (NOTE + 1, True)])
def test_a_note_has_an_end(length, shortened):
    note = Stated("A.B", "information", "x" * length).finding("who", 1).note

    assert len(note) == NOTE
    assert note.endswith("…") is shortened


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\n b\t\tc", "a b c"),
        ("a\u202eb\0", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"),
        (" " * 1_000_000 + "a", ""),
        ("日本語", "日本語"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 99 + "…"),
        ("", ""),
    ],
)
def test_words_of_a_stranger_stay_on_one_line(text, line):
    assert shown(text, 100) == line


def test_the_worst_of_a_name_is_stated_and_says_how_many_there_are():
    stated = [
        Stated("A.B", "information", "one"), Stated("A.C", "information", "other"),
        Stated("A.B", "malicious", "two"), Stated("A.B", "suspicious", "three"),
        Stated("A.B", "malicious", "two"),
    ]  # fmt: skip

    assert worst(stated) == [
        Stated("A.B", "malicious", "two (and 2 more)"), Stated("A.C", "information", "other")
    ]  # fmt: skip


def test_worse_is_by_severity():
    assert worse("information", "suspicious") == worse("suspicious", "information") == "suspicious"
    assert worse("malicious", "suspicious") == "malicious"
