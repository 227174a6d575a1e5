r"""Addresses as a browser opens them, and what is odd in them."""

import pytest

from pratique.scanners.links.url import LONGEST, read_url


@pytest.mark.parametrize(
    ("written", "url", "tricks"),
    [
        ("https://example.com/a?b#c", "https://example.com/a?b#c", set()),
        ("HTTP://EXAMPLE.COM", "http://example.com/", set()),
        ("  https://example.com/\n", "https://example.com/", set()),
        ("https://example.com/a\r\n b", "https://example.com/a b", set()),
        ("https://example.com:8080?x", "https://example.com:8080?x", set()),
        ("//example.com/a", "http://example.com/a", set()),
        ("http://example.com/%61%2F", "http://example.com/%61%2F", set()),
        ("http://example.com/?a=\\b", "http://example.com/?a=\\b", set()),
        ("http:example.com", "http://example.com/", {"odd_spelling"}),
        ("http:///example.com", "http://example.com/", {"odd_spelling"}),
        ("http:\\\\example.com\\a", "http://example.com\\a", {"odd_spelling"}),
        ("ht\ttp://example.com/", "http://example.com/", {"odd_spelling"}),
        ("http://exa\nmple.com/", "http://example.com/", {"odd_spelling"}),
        ("http://ex%61mple.com/", "http://example.com/", {"odd_spelling"}),
        ("http://bank.example@evil.example/", None, {"userinfo"}),
        ("http://bank.example%2f@evil.example/", None, {"userinfo"}),
        ("http://user:secret@example.com/", None, set()),
        ("http://192.0.2.1/", "http://192.0.2.1/", {"ip_host"}),
        ("http://3221225985/", "http://192.0.2.1/", {"ip_host", "odd_spelling"}),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/", {"ip_host"}),
        ("data:text/html,hello", "data:text/html,hello", {"carries_content"}),
        ("javascript:f()", "javascript:f()", {"carries_content"}),
        ("file://share/a", "file://share/a", set()),
    ],
)
def test_an_address_is_read_as_a_browser_opens_it(written, url, tricks):
    address = read_url(written)
    assert address.tricks == tricks
    if url is not None:
        assert address.url == url


@pytest.mark.parametrize(
    "written",
    ["", "#top", "page.html", "?a", "mailto:a@b.example", "tel:1", "cid:x", "http://", "a b"],
)
def test_what_leads_nowhere_out_of_the_message_is_none(written):
    assert read_url(written) is None


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("http://a.example@b.example@c.example/", "c.example"),
        ("http://a.example\\@b.example/", "a.example"),
        ("http://a.example/@b.example", "a.example"),
        ("http://a.example?@b.example", "a.example"),
        ("http://a.example#@b.example", "a.example"),
        ("http://a.example:80@b.example/", "b.example"),
        ("file:///\\\\192.0.2.1\\share\\a.rtf!x", "192.0.2.1"),
        ("file:////host/share", "host"),
        ("file:///C:/a.txt", ""),
        ("\\\\host\\share\\a.exe", "host"),
        ("ms-msdt:/id PCWDiagnostic", ""),
    ],
)
def test_the_host_is_the_one_that_is_asked(written, host):
    assert read_url(written).host == host


def test_a_relative_address_is_relative_to_what_opens_it():
    opener = read_url("https://example.com/a/b")
    assert read_url("/x", opener).url == "https://example.com/x"
    assert read_url("//other.example/x", opener).url == "https://other.example/x"
    assert read_url("#x", opener) is None


def test_what_an_opener_hides_a_relative_address_hides_too():
    address = read_url("/a.exe", read_url("http://3221225985/x"))
    assert (address.url, address.odd_host) == ("http://192.0.2.1/a.exe", True)
    assert address.tricks == {"ip_host", "odd_spelling"}


@pytest.mark.parametrize("more", [0, 1])
def test_an_address_is_cut_after_so_many_octets(more):
    start = "https://example.com/"
    written = start + "a" * (LONGEST - len(start) + more)
    assert len(read_url(written).url) == LONGEST


def test_a_cut_leaves_whole_characters():
    url = read_url("https://example.com/" + "\u00e9" * LONGEST).url
    assert LONGEST - 2 < len(url.encode()) <= LONGEST
    assert read_url("https://example.com/\ud800").url == "https://example.com/?"


def test_the_path_is_what_names_a_file():
    assert read_url("https://example.com/a/b.exe?c=/d.txt#e").path == "/a/b.exe"
    assert read_url("https://example.com").path == "/"
