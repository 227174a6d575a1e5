"""What DNS answers, read; and what it can be asked."""

import pytest

from pratique.milter.lookups.auth.answers import asked_name, names, texts
from pratique.milter.lookups.resolver import Reply


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ('"v=spf1 -all"', "v=spf1 -all"),
        ('"v=spf1 in" "clude:a.example"', "v=spf1 include:a.example"),
        ('"a" "" "b"', "ab"),
        ('"a""b"', "ab"),
        ('"a"  "b"', "ab"),
        ('"a" b "c"', "abc"),
        ('"', ""),
        ("", ""),
        (r'"a\" \"b"', 'a" "b'),
        (r'"a\"b\\c\009d"', 'a"b\\c\td'),
        (r'"\195\164"', "\xc3\xa4"),
        ('""', ""),
        ("bare", "bare"),
        (r'"\999"', "\xff"),
        ('"open', '"open'.replace('"', "")),
    ],
)
def test_the_strings_of_a_text_are_joined_and_their_escapes_undone(record, text):
    assert texts(Reply((record,))) == (text,)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("a.example", "a.example"),
        ("a.example.", "a.example"),
        ("_dmarc.a.example", "_dmarc.a.example"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
        ("a" * 64 + ".example", ""),
        (".".join(["a" * 49] * 5) + ".abc", ".".join(["a" * 49] * 5) + ".abc"),
        (".".join(["a" * 49] * 5) + ".abcd", ""),
        ("a..example", ""),
        (".example", ""),
        ("", ""),
        (".", ""),
        ("ä.example", ""),
        ("a b.example", r"a\032b.example"),
        ('a"\\.example', r"a\034\092.example"),
        ("a\x00.example", r"a\000.example"),
    ],
)
def test_a_name_is_asked_for_as_it_is_or_not_at_all(name, asked):
    assert asked_name(name) == asked


def test_hosts_for_mail_come_in_their_order_and_none_is_no_host():
    reply = Reply(("20 B.example.", "5 c.example.", "10 a.example."))
    assert names(reply) == ("c.example", "a.example", "b.example")
    assert names(Reply(("0 .",))) == ()
    assert names(Reply(("", " ", "x", "99999999999999999999 y."))) == ("x", "y")
    assert names(Reply(("c.example.", r"a\032b.example."))) == ("c.example",)
