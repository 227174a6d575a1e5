"""Octets become text in one place, and never text that protobuf refuses."""

import codecs
import encodings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.text import load_codecs, to_text


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        (b"plain", "utf-8", "plain"),
        (b"plain", "us-ascii", "plain"),
        ("grün".encode(), "UTF-8", "grün"),
        ("grün".encode("latin-1"), "iso-8859-1", "grün"),
        ("請求書".encode("iso-2022-jp"), "ISO-2022-JP", "請求書"),
        ("請求書".encode("shift_jis"), "x-sjis", "請求書"),
        ("счёт".encode("koi8-r"), "koi8-r", "счёт"),
        ("ไทย".encode("cp874"), "windows-874", "ไทย"),
        (b"+U4uNsg-", "unicode-1-1-utf-7", "\u538b\u8db2"),
        ("\U0001f4e7".encode("utf-16"), "utf-16", "\U0001f4e7"),
        (b"", "utf-8", ""),
    ],
)
def test_octets_of_a_known_charset_become_their_text(octets, charset, text):
    assert to_text(octets, charset) == (text, False)


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        (b"a\xff", "utf-8", "a\ufffd"),
        (b"a\xe4", "us-ascii", "a\ufffd"),
        (b"\xed\xa0\x80", "utf-8", "\ufffd\ufffd\ufffd"),
        (b"+2AA-", "utf-7", "\ufffd"),
        (b"\x00\xd8", "utf-16-le", "\ufffd"),
        (b"a\xff", "shift_jis", "a\ufffd"),
    ],
)
def test_an_octet_that_is_no_character_is_replaced_and_told(octets, charset, text):
    assert to_text(octets, charset) == (text, True)


@pytest.mark.parametrize(
    "charset",
    [
        *("zlib", "zip", "base64", "hex", "quopri", "uu", "bz2", "rot13", "idna", "punycode"),
        *("unicode_escape", "raw_unicode_escape", "undefined", "charmap", "mbcs", "oem"),
        *("", "x" * 1000, "no-such-charset", "../../etc/passwd", "aliases", "grün"),
    ],
)
def test_what_is_no_charset_for_text_falls_back_to_utf_8_then_latin_1(charset):
    assert to_text("é".encode(), charset) == ("é", False)
    assert to_text(b"\xe9", charset) == ("é", True)


def test_a_charsets_name_is_never_handed_to_the_import_system(monkeypatch):
    asked = []
    load_codecs()
    monkeypatch.setattr(codecs, "lookup", asked.append)
    monkeypatch.setattr(encodings, "search_function", asked.append)

    to_text(b"\xe9", "os")

    assert asked == []


def test_each_codec_of_the_table_decodes_text():
    for name, codec in load_codecs().items():
        assert isinstance(codec.decode(b"", "strict")[0], str), name


@pytest.mark.slow
@given(st.binary(max_size=200), st.sampled_from(sorted(load_codecs())))
def test_no_octets_and_no_charset_give_a_text_that_is_not_unicode(octets, charset):
    text, _ = to_text(octets, charset)

    text.encode("utf-8")
