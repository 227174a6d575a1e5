"""In which charsets a page is read."""

import pytest

from pratique.scanners.containers.pages.text import read_page

PAGE = "<p>grün</p>"


@pytest.mark.parametrize(
    ("octets", "charset"),
    [
        (PAGE.encode(), ""),
        (PAGE.encode(), "utf-8"),
        (PAGE.encode("latin-1"), "iso-8859-1"),
        (b"\xef\xbb\xbf" + PAGE.encode(), "latin-1"),
        (b"\xff\xfe" + PAGE.encode("utf-16-le"), ""),
        (b"\xfe\xff" + PAGE.encode("utf-16-be"), "utf-8"),
        (PAGE.encode("utf-16-le"), ""),
        (PAGE.encode("utf-16-be"), ""),
    ],
)
def test_a_page_is_read_in_its_charset(octets, charset):
    assert next(read_page(octets, charset)) == PAGE


def test_a_page_may_say_its_charset_itself():
    page = '<meta charset="iso-8859-1">' + PAGE
    assert list(read_page(page.encode("latin-1"), "")) == [page]


def test_a_charset_that_hides_ascii_is_not_believed_alone():
    page = b"<script>x</script>"
    assert page.decode() in list(read_page(page, "utf-16-le"))


def test_octets_that_are_no_text_are_kept_one_by_one():
    assert list(read_page(b"\x80\xff", "")) == ["\x80\xff"]


def test_nul_is_dropped_as_browsers_drop_it():
    assert list(read_page(b"<scr\0ipt>", "")) == ["<script>"]
