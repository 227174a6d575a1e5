"""PDF's values, and what is none."""

import pytest

from pratique.scanners.containers.pdf.syntax import DEEP, Name, Ref, parse


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        (b"12", 12),
        (b"-7 ", -7),
        (b"/Type", Name("Type")),
        (b"/E#46", Name("EF")),
        (b"(a\\(b\\)\\101\\n(c))", b"a(b)A\n(c)"),
        (b"(a\\\r\nb\rc)", b"ab\nc"),
        (b"<48 65 6C 6c 6>", b"Hell`"),
        (b"[1 2 R 3 0 R]", [Ref(1, 2), Ref(3, 0)]),
        (b"[1 0 R/a(b)true]", [Ref(1, 0), Name("a"), b"b", 1]),
        (b"<</A 1/B<</C[/D]>>>>", {"A": 1, "B": {"C": [Name("D")]}}),
        (b"% note\n<</A%x\n 1>>", {"A": 1}),
        (b"<<1 2/A 3>>", {"A": 3}),
        (b"<</A", {}),
        (b"<</A 1 endobj", {"A": 1}),
        (b"(never closed", None),
        (b"<4142", None),
        (b"", None),
        (b">>", None),
    ],
)
def test_a_value_is_read_in_each_of_its_forms(octets, value):
    assert parse(octets)[0] == value


def test_what_follows_a_value_is_told():
    assert parse(b"<</A 1>> stream")[1] == 8


@pytest.mark.parametrize(("levels", "whole"), [(DEEP, True), (DEEP + 1, False)])
def test_values_nest_so_deep_and_no_deeper(levels, whole):
    value, _ = parse(b"[" * levels + b"/A" + b"]" * levels)
    for _ in range(levels):
        value = value[0] if value else None

    assert (value == Name("A")) is whole


@pytest.mark.parametrize(
    "octets", [b"[" * 300_000, b"<<" * 300_000, b"(" * 300_000, b"< " * 300_000]
)
def test_a_million_openings_end_soon(octets):
    parse(octets)
