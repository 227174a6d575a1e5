"""Encoded-words are decoded wherever they stand."""

import base64

import pytest

from pratique.scanners.mime.words import decode_words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?Q?gr=C3=BCn?=", "grün"),
        (b"=?UTF-8?b?Z3LDvG4=?=", "grün"),
        (b"=?utf-8?B?Z3LDvG4?=", "grün"),
        (b"=?iso-8859-1*de?q?gr=FCn_?= Tag", "grün  Tag"),
        (b"a =?utf-8?q?b?= =?utf-8?q?c?= d", "a bc d"),
        (b"=?utf-8?q?a?=\r\n =?iso-8859-1?q?b?=", "ab"),
        (b"=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),
        (b"=?utf-8?b?Z3LD?= =?utf-8?b?vG4=?=", "grün"),
        (b'"=?utf-8?q?in_quotes?="', '"in quotes"'),
        (b"x=?utf-8?q?glued?=y", "xgluedy"),
        (b"=?utf-8?x?what?=", "=?utf-8?x?what?="),
        (b"=?utf-8?q?open", "=?utf-8?q?open"),
        (b"=?nonsense?q?a=41?=", "aA"),
        (b"=?utf-8?b?!?=", ""),
        (b"=??q?a?=", "=??q?a?="),
        ("grün".encode(), "grün"),
    ],
)
def test_a_value_becomes_its_text(value, text):
    assert decode_words(value) == (text, False)


@pytest.mark.parametrize("value", [b"\xff", b"=?utf-8?q?=FF?=", b"=?us-ascii?q?=FC?= x"])
def test_a_bad_octet_is_told(value):
    text, bad = decode_words(value)

    assert bad
    assert "\ufffd" in text


@pytest.mark.parametrize(
    "value",
    [
        *(b"=?" * 32768, b"=?a?b?" * 10922, b"=?" + b"a" * 65534, b"=?a?q?" + b"x" * 65530),
        b"=?utf-8?q?x?= " * 4681,
        b"=?utf-8?b?" + base64.b64encode(bytes(45000)) + b"?=",
    ],
    ids=["openings", "halves", "charset", "open", "many", "long"],
)
def test_the_longest_field_takes_no_time(value, budget):
    decode_words(value)

    budget.check_clock()
