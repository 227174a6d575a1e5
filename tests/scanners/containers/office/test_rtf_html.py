"""The page in RTF that Outlook made of a page."""

import pytest

from pratique.scanners.containers.office.rtf_html import charset, page

RTF = rb"""{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}
{\*\htmltag19 <html>}{\*\htmltag96 <p>}\htmlrtf {\htmlrtf0
Hello\'e9 {\*\htmltag84 <a href="http://host.example/a">}\htmlrtf {\field x}\htmlrtf0 click\par
{\*\htmltag92 </a>}{\*\mhtmltag4 unseen}\{b\}}\htmlrtf }\htmlrtf0 {\*\htmltag27 </html>}}"""


def test_the_page_is_its_marks_and_its_text(budget):
    octets = page(RTF, budget)

    assert octets.startswith(b"<html><p>Hello\xe9 ")
    assert b'<a href="http://host.example/a">click\r\n</a>{b}' in octets
    assert b"Arial" not in octets
    assert b"unseen" not in octets
    assert octets.endswith(b"</html>")


def test_rtf_that_was_no_page_gives_none(budget):
    assert page(rb"{\rtf1 Hello}", budget) == b""


@pytest.mark.parametrize(
    ("rtf", "name"), [(RTF, "cp1252"), (rb"{\rtf1\ansicpg932", "cp932"), (b"", "cp1252")]
)
def test_the_code_page_is_the_one_it_says(rtf, name):
    assert charset(rtf) == name


def test_groups_in_groups_are_no_calls_in_calls(budget):
    assert page(rb"{\rtf1\fromhtml1 " + b"{" * 100_000 + b"a" + b"}" * 100_000, budget) == b"a"
