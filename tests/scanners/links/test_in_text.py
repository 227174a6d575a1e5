"""Addresses in texts, as mail programs make links of them."""

import contextlib
import time

import pytest

from pratique.scanners.containers.pages.data_uris import TooMany
from pratique.scanners.links.in_text import LOOKS, addresses, shown_host


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see http://a.example/x.", ["http://a.example/x"]),
        ("(http://a.example/b_(c))", ["http://a.example/b_(c)"]),
        ("<https://a.example/x>", ["https://a.example/x"]),
        ('"http://a.example"', ["http://a.example"]),
        ("HTTPS://A.EXAMPLE, and", ["HTTPS://A.EXAMPLE"]),
        ("www.a.example!", ["http://www.a.example"]),
        ("WWW.A.EXAMPLE", ["http://WWW.A.EXAMPLE"]),
        ("bit.ly/abc now", ["http://bit.ly/abc"]),
        ("host\\\\x \\\\srv\\share\\a.exe", ["\\\\srv\\share\\a.exe"]),
        ("ftp://a.example/x", ["ftp://a.example/x"]),
        ("見る：https://a.example/x。次", ["https://a.example/x。次"]),
        ("「https://a.example/x」", ["https://a.example/x"]),
    ],
)
def test_an_address_is_found_without_what_ends_the_sentence(text, found):
    assert list(addresses(text)) == found


@pytest.mark.parametrize(
    "text",
    ["and/or", "12/03/2026", "km/h", "a.b@c.example/x", "src/readme.txt/x", "e.g. this/that", "",
     "://", "C:\\temp\\a", "i.e./e.g.", "1.5/2.5", "a//b"],
)  # fmt: skip
def test_what_only_looks_a_little_like_one_is_left_alone(text):
    assert list(addresses(text)) == []


@pytest.mark.slow
def test_so_often_something_is_looked_at_and_no_more():
    assert list(addresses("x.y/ " * LOOKS)) == []
    with pytest.raises(TooMany):
        list(addresses("x.y/ " * (LOOKS + 1)))
    assert list(addresses("x.y/ " * (LOOKS + 1), bare=False)) == []


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("www.example.com", "www.example.com"),
        ("http://example.com/x", "example.com"),
        ("Example.com", "example.com"),
        ("example.com/path", "example.com"),
        ("visit https://www.example.org/ today", "www.example.org"),
        ("https://user@example.com/", "example.com"),
        ("http://www.our.example/confirm", "www.our.example"),
        ("ｗｗｗ.example.com", "www.example.com"),
        ("readme.txt", ""),
        ("node.js", ""),
        ("Amazon.com deals", ""),
        ("ann@example.org", ""),
        ("click here", ""),
        ("1.5", ""),
        ("", ""),
    ],
)
def test_a_host_that_a_reader_sees_is_told(text, host):
    assert shown_host(text) == host


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["http://", "a.", "a/", "a.b/", "www.", "\\\\a", ":", "a-a.b/", "("]
)
def test_a_text_that_is_long_takes_no_longer_than_its_length(piece):
    def seconds(count):
        begun = time.process_time()
        with contextlib.suppress(TooMany):
            for _ in addresses(piece * count):
                pass
        return time.process_time() - begun

    few = max(seconds(5_000), 0.005)
    assert seconds(40_000) < 8 * few * 4


def test_brackets_at_the_end_of_an_address_are_counted_once():
    text = ("http://a.example/(b" + ")" * 4000 + " ") * 200
    before = time.process_time()
    assert set(addresses(text)) == {"http://a.example/(b)"}
    # Counted anew for each of them: five seconds.
    assert time.process_time() - before < 1.5
