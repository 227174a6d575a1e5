"""What a part knows of itself: which marks it lacks, and its names' extensions."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.part import Part, Signs

KNOWN = b"PK\x05\x06"


@pytest.mark.parametrize(
    ("marks", "mark", "lacks"),
    [
        (None, KNOWN, False),
        (frozenset(), KNOWN, True),
        (frozenset({KNOWN}), KNOWN, False),
        (frozenset({KNOWN}), b"%PDF-", True),
        (frozenset(), b"of no reader", False),
    ],
    ids=["nobody looked", "missing", "there", "another", "not looked for"],
)
def test_only_what_was_looked_for_is_lacking(marks, mark, lacks):
    assert Part(facts.Part(), memoryview(b""), marks=marks).lacks(mark) is lacks


def test_the_extensions_are_those_of_all_names():
    known = facts.Part(name="a.PDF", names=["b.exe ", "none"])

    assert Part(known, memoryview(b"")).extensions == {"pdf", "exe", ""}


@pytest.mark.parametrize("further", [[], ["b", "c"]])
def test_the_names_are_the_first_and_all_others(further):
    part = Part(facts.Part(name="a", names=further), memoryview(b""))

    assert part.names == ("a", *further)
    assert part.names is part.names


def test_of_two_reasons_why_a_part_is_unopened_the_first_stays():
    part = Part(facts.Part(), memoryview(b""))

    part.state_unopened("a reason")
    assert (part.known.unopened, part.known.why) == ("unreadable", "a reason")
    part.state_unopened("another", "needs_program")
    assert (part.known.unopened, part.known.why) == ("unreadable", "a reason")


@pytest.mark.parametrize(
    ("known", "attached"),
    [
        ({"kind": "text", "inside": ["message", "multipart"]}, False),
        ({"kind": "text", "inside": ["message"], "name": "a.txt"}, True),
        ({"kind": "text", "inside": ["message"], "disposition": "attachment"}, True),
        ({"kind": "text", "inside": ["message", "zip"]}, True),
    ],
)
def test_a_text_of_the_mail_is_told_from_a_file(known, attached):
    assert Part(facts.Part(**known), memoryview(b"")).attached == attached


@pytest.mark.parametrize(
    ("words", "extensions", "concerned"),
    [
        (("a/b", "", ""), set(), True),
        (("", "html", ""), set(), True),
        (("", "", "c/d"), set(), True),
        (("", "", ""), {"", "pdf"}, True),
        (("c/d", "text", "a/b"), {"", "txt"}, False),
    ],
)
def test_a_part_concerns_whom_one_of_its_words_concerns(words, extensions, concerned):
    signs = Signs(
        types=frozenset({"a/b"}), kinds=frozenset({"html"}), declared=frozenset({"c/d"}),
        extensions=frozenset({"pdf"}),
    )  # fmt: skip

    assert signs.in_words(words, frozenset(extensions)) == concerned
