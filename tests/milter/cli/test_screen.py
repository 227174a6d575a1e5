"""A stranger's text on a terminal: seen for what it is, and never obeyed."""

import sys

import pytest

from pratique.milter.cli.screen import printable


@pytest.mark.parametrize(
    "text",
    ["", "plain text", "Grüße aus Köln", "请查收附件", "счёт.pdf", "فاتورة", "ok 👍", "naïve"],
)
def test_honest_text_is_left_alone(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\rb\nc\td\x00", r"a\x0db\x0ac\x09d\x00"),
        ("\x7f\x85\xa0\xad", r"\x7f\x85\xa0\xad"),
        ("invoice\u202efdp.exe", r"invoice\u202efdp.exe"),
        ("\u2066x\u2069\u200f\u061c", r"\u2066x\u2069\u200f\u061c"),
        ("pay\u200bpal\u200d\u2060\ufeff", r"pay\u200bpal\u200d\u2060\ufeff"),
        ("a\u3164b\u115f\u034f\ufe0f\u2800", r"a\u3164b\u115f\u034f\ufe0f\u2800"),
        ("\u2028\u2029\u3000", r"\u2028\u2029\u3000"),
        ("\U000e0041\U000e0001", r"\U000e0041\U000e0001"),
        ("\udcff\ud800", r"\udcff\ud800"),
        ("\ue000\uffff", r"\ue000\uffff"),
        ("\\x1b", r"\\x1b"),
    ],
)
def test_what_cannot_be_seen_or_would_be_obeyed_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.slow
def test_no_character_at_all_comes_through_as_a_control() -> None:
    shown = printable("".join(map(chr, range(sys.maxunicode + 1))))
    assert shown.isprintable()
    shown.encode("utf-8")


def test_two_texts_that_differ_are_never_shown_alike() -> None:
    assert printable("\x1b") != printable("\\x1b")
    assert printable("\\") != printable("\\\\")


@pytest.mark.parametrize(("length", "shown"), [(9, "x" * 9), (10, "x" * 10), (11, "x" * 9 + "…")])
def test_a_text_is_cut_where_it_is_too_long(length: int, shown: str) -> None:
    assert printable("x" * length, 10) == shown
