"""Tell texts from all else, each character looked at once."""

import re

import pytest

from pratique.policies.language.texts import TEXT

_TEXT = re.compile(f"(?s:{TEXT})")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('"a" b', '"a"'),
        (r"'a\'b' c", r"'a\'b'"),
        (r"r'a\' b", r"r'a\'"),
        ('"""a\n"b""" c', '"""a\n"b"""'),
        ("b'a' c", "b'a'"),
        ('"not closed\nb', '"not closed'),
        ("r'''not\nclosed", "r'''not\nclosed"),
    ],
)
def test_a_text_ends_where_cel_ends_it_or_its_line_does(written, found):
    assert _TEXT.match(written)[0] == found


@pytest.mark.parametrize("mark", ["'", '"', "r'", "r'''a", "'\n", "\\'"])
def test_marks_that_are_not_closed_take_no_longer_than_others(mark):
    text = mark * (99_999 // len(mark))
    assert sum(1 for _ in re.finditer(f"(?s:{TEXT})|.", text)) <= len(text)
