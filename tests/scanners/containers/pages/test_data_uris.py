"""How `data:` URIs are found, however they are written."""

import pytest

from pratique.scanners.containers.pages.data_uris import (
    LOOKS,
    TooMany,
    Uri,
    decode_base64,
    find_uris,
    hides_letters,
)


def found(text: str) -> list[bytes]:
    return [uri.octets for uri in find_uris(text)]


@pytest.mark.parametrize(
    "text",
    [
        '<a href="data:text/plain;base64,YWJj">',
        "<a href='data:text/plain;base64,YWJj'>",
        "<a href=data:text/plain;base64,YWJj>",
        "<a href=data:;base64,YWJj class=x>",
        '<a href=" DATA:text/plain;charset=utf-8;BASE64,YWJj">',
        '<a href="data:text/plain;base64,YW Jj">',
        '<a href="data:text/plain;base64,YW\nJj">',
        '<a href="da\nta:text/plain;base64,YWJj">',
        '<a href="data:text/plain;base64,YW%4Aj">',
        '<a href="data:text/plain;base64,YW&#74;j">',
        '<a href="&#100;&#x61;ta&colon;text/plain;base64,YWJj">',
        '<a href="data&colon;text/plain&semi;base64&comma;YWJj">',
        "<p style='background:url(data:text/plain;base64,YWJj)'>",
        '<meta content="0;url=data:text/plain;base64,YWJj">',
        '<img srcset="data:text/plain;base64,YWJj 2x">',
        "<script>x = `data:text/plain;base64,YWJj`</script>",
        '<a href="data:text/plain,a%62c">',
        "<a href='data:,abc'>",
        "<a href=data:,abc>",
        "url(data:,abc)",
    ],
)
def test_a_uri_is_decoded(text):
    assert set(found(text)) == {b"abc"}


@pytest.mark.parametrize(
    "text",
    [
        "JSON data: a, b",
        "{data:x,y:1}",
        "data:text/html",
        "data:text/html;base64",
        "data:,",
        "data",
    ],
)
def test_what_is_no_uri_is_left_alone(text):
    assert found(text) == []


def test_a_uri_has_its_type_its_charset_and_a_name():
    text = "<a download=\"a&amp;b.txt\" href='data:text/plain;charset=latin1;name=c.txt,x'>"
    assert list(find_uris(text)) == [Uri(b"x", "text/plain", "latin1", "a&b.txt")]


def test_the_name_may_stand_behind_or_in_the_uri():
    behind, inside = "<a href='data:,x' download=b.txt>", "<a href='data:a/b;filename=c.txt,x'>"
    assert [uri.name for uri in find_uris(behind + inside)] == ["b.txt", "c.txt"]


def test_a_quote_behind_a_backslash_does_not_end_a_uri():
    assert found('"data:text/html,<a href=\\"b\\">"') == [b'<a href=\\"b\\">']


def test_characters_are_given_as_utf_8():
    assert found("<a href='data:text/plain,ü'>") == ["ü".encode()]


@pytest.mark.parametrize(
    ("written", "octets"),
    [(b"YWI=", b"ab"), (b"YWI", b"ab"), (b"YW I", b"ab"), (b"Y", b""), (b"_-8", b"\xff\xef")],
)
def test_base64_is_decoded_as_browsers_forgive_it(written, octets):
    assert decode_base64(written) == octets


@pytest.mark.parametrize(
    ("text", "hides"),
    [
        (b"&#100;ata", True),
        (b"&#x64;", True),
        (b"&#0000058;", True),
        (b"&tab;", True),
        (b"&#160; &#8217; &#x2019; &#39; &#1234; &nbsp;", False),
    ],
)
def test_entities_that_stand_for_letters_are_told_from_others(text, hides):
    assert hides_letters(text) == hides


@pytest.mark.slow
@pytest.mark.parametrize("more", [0, 1])
def test_so_many_are_looked_at_and_no_more(more):
    if more:
        with pytest.raises(TooMany):
            found("data:" * (LOOKS + 1))
    else:
        assert found("data:" * LOOKS) == []
