"""Links of pages: what a click leads to, and what is opened with a page."""

import time

import pytest

from pratique.scanners.links.in_page import page_links
from pratique.scanners.links.in_text import shown_host


def read(text, **how):
    return [(link.address.url, link.shown, link.tag) for link in page_links(text, **how)]


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ('<a href="https://x.example/">', "a"),
        ("<area href=https://x.example/>", "area"),
        ('<form action="https://x.example/">', "form"),
        ('<button formaction="https://x.example/">', "button"),
        ('<iframe src="https://x.example/">', "iframe"),
        ('<object data="https://x.example/">', "object"),
        ('<script src="https://x.example/"></script>', "script"),
        ('<meta http-equiv=refresh content="0;url=https://x.example/">', "meta"),
        ("<p>see https://x.example/ there", ""),
        ("<!--[if mso]><a href=https://x.example/>x</a><![endif]-->", "a"),
        ('<v:roundrect href="https://x.example/">', "roundrect"),
    ],
)
def test_a_link_is_found_where_it_stands(written, tag):
    ((url, _, found),) = read(written)
    assert (url, found) == ("https://x.example/", tag)


@pytest.mark.parametrize(
    "written",
    [
        '<img src="https://x.example/a.png">',
        "<script>x='https://x.example/'</script>",
        "<style>@import url(https://x.example/)</style>",
        '<html xmlns="http://www.w3.org/1999/xhtml">',
        '<!DOCTYPE html PUBLIC "a" "http://www.w3.org/TR/html4/loose.dtd">',
        '<a href="#top">',
        '<a href="mailto:a@b.example">',
        "<a name=x>",
        "<!-- https://x.example/ -->",
    ],
)
def test_what_leads_nobody_anywhere_is_left_alone(written):
    assert read(written) == []


def test_a_link_is_shown_as_what_stands_in_it():
    text = '<a href="https://x.example/"><b>www.</b>bank&#46;example\n</a><a href="https://y.example/">y'
    assert [shown for _, shown, _ in read(text)] == ["www.bank.example", "y"]


def test_a_link_in_a_link_ends_the_first():
    text = '<a href="https://x.example/">one<a href="https://y.example/">two</a>'
    assert [shown for _, shown, _ in read(text)] == ["one", "two"]


def test_the_address_that_a_link_shows_is_no_second_link():
    assert len(read('<a href="https://x.example/">https://y.example/</a>')) == 1


def test_the_first_base_is_what_the_others_are_relative_to():
    text = '<base href="https://x.example/"><base href="https://y.example/"><a href="/a">'
    assert [url for url, _, _ in read(text)] == ["https://x.example/a"]


def test_the_end_of_a_page_ends_its_last_link():
    assert read('<a href="https://x.example/">www.y.example') == [
        ("https://x.example/", "www.y.example", "a")
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["<a href=http://x>", "<a href=//x>www.a.b ", "://a.b ", "<!--<a href=x>", "<base href=//x>"],
)
def test_a_page_that_is_long_takes_no_longer_than_its_length(piece):
    def seconds(count):
        begun = time.process_time()
        for _ in page_links(piece * count):
            pass
        return time.process_time() - begun

    few = max(seconds(2_000), 0.01)
    assert seconds(16_000) < 8 * few * 4


@pytest.mark.slow
def test_comments_and_what_links_show_take_no_more_than_their_length():
    begun = time.process_time()
    assert not list(page_links("<!--" + "<a" * 500_000 + "-->"))
    assert len(list(page_links(f"<a href=//a.example>{'a' * 299}.</a>" * 3000))) == 3000
    assert not any(map(shown_host, ["a" * 299 + "."] * 3000))
    assert time.process_time() - begun < 4
