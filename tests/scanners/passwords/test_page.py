"""HTML becomes the text that it shows, in one pass."""

import time

import pytest

from pratique.scanners.passwords.page import CLOSES, OPENS, shown, unmark


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>Password: abc</p>", "\nPassword: abc\n"),
        ("Password:<br>abc", "Password:\nabc"),
        ("Password\n   is abc", "Password is abc"),
        ("Pass<i></i>word: a<span>b</span>c", "Password: abc"),
        ("Pass<!-- x > y -->word", "Password"),
        ("<td>Password</td><td>abc</td>", "\tPassword\t\tabc\t"),
        ("a &lt; b &amp; &#51;&#x34; &eacute;", "a < b & 34 é"),
        ("<style>p { x: 1 }</style>a<script>var x = '<b>';</SCRIPT >b", "ab"),
        ('<img src=x alt="Password 123">', " Password 123 "),
        ("<input type=text value='4711'>", " 4711 "),
        ("a < b", "a < b"),
        ("a <", "a <"),
        ("a <b", "a <b"),
        ("a <!-- b", "a <!-- b"),
        ("<script>never closed", "<script>never closed"),
        ("<!DOCTYPE html><?xml?>a", "a"),
        ("a&#99999999999999999999;b", "a b"),
        ("", ""),
    ],
)
def test_a_page_becomes_the_text_that_it_shows(page, text):
    assert unmark(shown(page)) == text


def test_what_is_set_apart_stands_between_marks():
    assert shown("is <b>abc</b>") == f"is {OPENS}abc{CLOSES}"
    assert shown("is <a href=x>abc</a>") == "is abc"


def test_a_strangers_own_marks_are_taken_out():
    assert shown(f"a{OPENS}b{CLOSES}") == "ab"


def test_a_number_of_more_digits_than_python_converts_is_no_error():
    assert shown("&#" + "9" * 5000 + ";") == " "
    assert "9" * 5000 not in shown("&#x" + "9" * 5000)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", "<a '", "<!--", "<script>", "<b>", "&#12", "&amp", "<i alt=", 'alt="', "<p/"],
)
def test_the_cost_of_a_page_is_what_its_length_says(piece):
    def cost(octets: int) -> float:
        page = piece * (octets // len(piece))
        began = time.process_time()
        shown(page)
        return time.process_time() - began

    # Four times the length; sixteen times would be quadratic.
    assert cost(192 * 1024) < 10 * max(cost(48 * 1024), 0.01)
