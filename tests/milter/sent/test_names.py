"""One form for each address and each Message-ID, whoever wrote it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.milter.sent import names


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Ann@Example.ORG", "ann@example.org"),
        (" <ann@example.org> ", "ann@example.org"),
        ("ann@example.org.", "ann@example.org"),
        ('"ann.lee"@example.org', "ann.lee@example.org"),
        ('"ann lee"@example.org', '"ann lee"@example.org'),
        ('"ann@home"@example.org', '"ann@home"@example.org'),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("jörg@example.org", "jörg@example.org"),
        ("Postmaster", "postmaster"),
        ("<>", ""),
        ("", ""),
        # What no domain could be is compared as it stands.
        ("ann@\u2603..example", "ann@\u2603..example"),
    ],
)
def test_an_address_has_one_form(written, compared):
    assert names.address(written) == compared


def test_an_address_has_a_longest():
    longest = "a" * (names.MOST_ADDRESS - 2) + "@b"
    assert names.address(longest) == longest
    assert names.address("a" + longest) == ""


@pytest.mark.slow
@given(st.text(max_size=1200))
def test_whatever_is_an_address_is_compared_without_an_error(written):
    once = names.address(written)
    assert isinstance(once, str)
    assert isinstance(names.message_id(written), str)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("<a.1@example.org>", "a.1@example.org"),
        (" <a.1@\r\n example.org>\t", "a.1@example.org"),
        ("a.1@example.org", "a.1@example.org"),
        # Case tells them apart: a base64 of somebody's stands in many.
        ("<aB@Example.org>", "aB@Example.org"),
        ("<a.1@example.org> (added by mx.example.org)", "a.1@example.org"),
        ("20140913142357", "20140913142357"),
        ("<a.1@example.org", "a.1@example.org"),
        ("<>", ""),
        ("", ""),
    ],
)
def test_a_message_id_has_one_form(written, compared):
    assert names.message_id(written) == compared


def test_a_message_id_is_no_longer_than_a_line():
    longest = "<" + "a" * (names.MOST_MESSAGE_ID - 2) + ">"
    assert names.message_id(longest) == longest[1:-1]
    assert names.message_id(longest + " ") == ""


def test_a_fresh_message_id_is_another_each_time_and_says_whose_it_is():
    first, second = (names.fresh_message_id("example.org", "1K0WJBV") for _ in "ab")
    assert first != second
    assert first.startswith("<1K0WJBV.")
    assert first.endswith("@example.org>")
