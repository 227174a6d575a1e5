"""What is encoded comes back octet for octet."""

from binascii import a2b_base64, a2b_qp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.rewriting.encode import encode


def encoded(octets, *, is_text=True, ends=False):
    name, body = encode(octets, Budget(Limits()), is_text=is_text, ends=ends)
    return name.decode(), b"".join(body)


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (b"", "7bit"),
        (b"hello\r\n", "7bit"),
        (b"x" * 998 + b"\r\n" + b"x" * 998, "7bit"),
        (b"x" * 999, "quoted-printable"),
        (b"x" * 999 + b"\r\n", "quoted-printable"),
        (b"caf\xc3\xa9", "quoted-printable"),
        (b"=_", "quoted-printable"),
        (b"a\nb", "base64"),
        (b"a\rb", "base64"),
        (b"a\0b", "base64"),
    ],
)
def test_the_encoding_is_the_plainest_that_is_safe(octets, name):
    assert encoded(octets)[0] == name
    assert encoded(octets, is_text=False)[0] == "base64"


@pytest.mark.parametrize("octets", [b"hello", b"caf\xc3\xa9"])
def test_at_the_end_of_a_message_no_line_end_is_added_to_the_text(octets):
    name, body = encoded(octets, ends=True)
    assert (name, body[-3:]) == ("quoted-printable", b"=\r\n")


LINES = st.lists(st.binary(max_size=200), max_size=5).map(b"\r\n".join)


@pytest.mark.slow
@given(st.one_of(LINES, st.text(max_size=200).map(str.encode)), st.booleans(), st.booleans())
def test_it_comes_back_and_no_boundary_can_stand_in_it(octets, is_text, ends):
    name, body = encoded(octets, is_text=is_text, ends=ends)
    decode = {"base64": a2b_base64, "quoted-printable": a2b_qp, "7bit": bytes}[name]
    assert decode(body) == octets
    assert b"=_" not in body
    assert body.isascii()
    assert max(map(len, body.split(b"\r\n"))) <= (998 if name == "7bit" else 76)


def test_the_clock_is_read_on_the_way():
    ticks = iter(range(100))
    budget = Budget(Limits(seconds=3), clock=lambda: next(ticks))
    with pytest.raises(OverBudget):
        encode(bytes(10_000_000), budget, is_text=False)
