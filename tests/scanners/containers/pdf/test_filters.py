"""The filters of PDF's streams, alone and in a row, whole and damaged."""

import base64
import zlib

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.pdf.filters import FILTERS, decode, filters_of
from pratique.scanners.containers.pdf.syntax import Name

TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 5000


def run_lengths(octets: bytes) -> bytes:
    pieces = (octets[at : at + 128] for at in range(0, len(octets), 128))
    return b"".join(bytes([len(piece) - 1]) + piece for piece in pieces) + b"\x80"


def lzw(octets: bytes, early: int = 1) -> bytes:
    """7.4.4.2, by the book: codes of 9 to 12 bits, the table anew when it is full."""
    table = {bytes([octet]): octet for octet in range(256)}
    bits, width, found = [], 9, b""

    def give(code: int) -> None:
        bits.append(f"{code:0{width}b}")

    give(256)
    for octet in octets:
        longer = found + bytes([octet])
        if longer in table:
            found = longer
            continue
        give(table[found])
        table[longer] = len(table) + 2
        if len(table) + 2 + early > 4096:
            give(256)
            table, width = {bytes([one]): one for one in range(256)}, 9
        elif len(table) + 2 - 1 + early >= 1 << width:
            width += 1
        found = bytes([octet])
    give(table[found])
    give(257)
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


PACKED = {
    "FlateDecode": zlib.compress(TEXT),
    "ASCIIHexDecode": TEXT.hex().encode() + b">",
    "ASCII85Decode": base64.a85encode(TEXT, wrapcol=70) + b"~>",
    "RunLengthDecode": run_lengths(TEXT),
    "LZWDecode": lzw(TEXT),
}


def decoded(octets, *names, given=None, budget=None):
    filters = [(name, given or {}) for name in names]
    return b"".join(decode(octets, filters, budget or Budget(Limits())))


@pytest.mark.parametrize("name", PACKED)
def test_each_filter_gives_what_was_packed(name):
    assert decoded(PACKED[name], name) == TEXT


def test_filters_stand_in_a_row():
    packed = base64.a85encode(PACKED["FlateDecode"]).hex().encode() + b"7E3E>"

    assert decoded(packed, "ASCIIHexDecode", "ASCII85Decode", "FlateDecode") == TEXT


def test_lzw_changes_its_width_early_or_late():
    assert decoded(lzw(TEXT, 0), "LZWDecode", given={"EarlyChange": 0}) == TEXT


@pytest.mark.parametrize(
    "packed",
    [
        PACKED["FlateDecode"][:-4] + b"\0\0\0\0",
        PACKED["FlateDecode"][2:],
        b"\r\n" + PACKED["FlateDecode"],
        PACKED["FlateDecode"] + b"more",
    ],
)
def test_flate_is_read_with_a_wrong_sum_and_without_its_head(packed):
    assert decoded(packed, "FlateDecode") == TEXT


@pytest.mark.parametrize("name", ["FlateDecode", "LZWDecode"])
def test_what_came_before_damage_is_given(name):
    half = PACKED[name][: len(PACKED[name]) // 2] + b"\xff" * 40
    pieces, held = decode(half, [(name, {})], Budget(Limits())), b""
    pieces = iter(pieces)
    with pytest.raises(Damaged):  # noqa: PT012 - what comes before it counts too
        while True:
            held += next(pieces)

    assert len(held) > 1000
    assert TEXT.startswith(held[: len(held) // 2])


@pytest.mark.parametrize("size", [30, 3000, 300_000])
def test_so_is_all_of_it_where_the_damage_comes_in_the_same_octets(broken_deflate, size):
    """As in a script of a few lines with nonsense behind it, which viewers run all the same."""
    (text, octets), held = broken_deflate(size), []
    with pytest.raises(Damaged):
        held.extend(decode(octets, [("FlateDecode", {})], Budget(Limits())))
    assert b"".join(held) == text


def test_an_unknown_filter_is_damage():
    with pytest.raises(Damaged, match="DCTDecode"):
        decoded(b"abc", "DCTDecode")


def test_a_crypt_filter_changes_nothing_here():
    assert decoded(b"abc", "Crypt") == b"abc"


@pytest.mark.parametrize(("count", "whole"), [(FILTERS, True), (FILTERS + 1, False)])
def test_so_many_filters_and_no_more(count, whole):
    octets = b"abc"
    for _ in range(count):
        octets = octets.hex().encode() + b">"
    names = ["ASCIIHexDecode"] * count
    if whole:
        assert decoded(octets, *names) == b"abc"
    else:
        with pytest.raises(Damaged, match="filters"):
            decoded(octets, *names)


def test_what_an_inner_filter_gives_is_charged():
    packed = zlib.compress(bytes(1 << 20))
    with pytest.raises(OverBudget):
        decoded(packed, "FlateDecode", "ASCIIHexDecode", budget=Budget(Limits(octets=1 << 19)))


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, []),
        ({"Filter": Name("FlateDecode")}, ["FlateDecode"]),
        ({"Filter": [Name("AHx"), Name("Fl")]}, ["ASCIIHexDecode", "FlateDecode"]),
        ({"F": Name("A85")}, ["ASCII85Decode"]),
        ({"Filter": [b"no name"]}, []),
    ],
)
def test_a_stream_says_its_filters(values, names):
    assert [name for name, _ in filters_of(values)] == names


def test_parameters_stand_beside_their_filter():
    values = {"Filter": [Name("Fl"), Name("LZW")], "DecodeParms": [None, {"EarlyChange": 0}]}

    assert filters_of(values) == [("FlateDecode", {}), ("LZWDecode", {"EarlyChange": 0})]
