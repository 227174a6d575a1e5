"""Elements of ASN.1 in BER, with lengths stated and left open."""

import pytest

from pratique.scanners.containers.cms import ber
from pratique.scanners.containers.cms.ber import ELEMENTS, LEVELS
from pratique.scanners.containers.gather import Damaged


def string(octets: bytes) -> bytes:
    view = memoryview(octets)
    return b"".join(ber.string(view, ber.element(view, 0, len(view))))


@pytest.mark.parametrize(
    "octets",
    [
        b"\4\5hello",
        b"\4\x81\5hello",
        b"\4\x84\0\0\0\5hello",
        b"\x24\x09\4\2he\4\3llo",
        b"\x24\x80\4\2he\4\3llo\0\0",
        b"\x24\x80\x24\x04\4\2he\x24\x80\4\3llo\0\0\0\0",
    ],
)
def test_a_string_is_read_however_it_is_cut(octets):
    assert string(octets) == b"hello"


@pytest.mark.parametrize(
    "octets",
    [b"", b"\4", b"\4\5hell", b"\4\x80", b"\x1f\x81\1a", b"\x24\x03\2\1a", b"\4\x89" + bytes(9)],
)
def test_what_is_none_is_damaged(octets):
    with pytest.raises(Damaged):
        string(octets)


def test_children_are_given_in_order_and_an_open_one_is_stepped_over():
    octets = memoryview(b"\x30\x80\2\1a\x30\x80\2\1b\0\0\2\1c\0\0rest")
    outer = ber.element(octets, 0, len(octets))

    assert [one.tag for one in ber.children(octets, outer)] == [2, 0x30, 2]
    assert bytes(octets[ber.behind(octets, outer) :]) == b"rest"


@pytest.mark.parametrize(("levels", "damaged"), [(LEVELS, False), (LEVELS + 1, True)])
def test_so_many_strings_in_one_another_are_read_and_no_more(levels, damaged):
    octets = b"\x24\x80" * levels + b"\4\1a" + b"\0\0" * levels
    if damaged:
        with pytest.raises(Damaged):
            string(octets)
    else:
        assert string(octets) == b"a"


@pytest.mark.parametrize(("levels", "damaged"), [(LEVELS, False), (LEVELS + 1, True)])
def test_so_many_open_elements_are_stepped_over_and_no_more(levels, damaged):
    octets = memoryview(b"\x30\x80" * levels + b"\0\0" * levels)
    outer = ber.element(octets, 0, len(octets))
    if damaged:
        with pytest.raises(Damaged):
            ber.behind(octets, outer)
    else:
        assert ber.behind(octets, outer) == len(octets)


@pytest.mark.slow
def test_more_pieces_than_anybody_writes_are_damage():
    with pytest.raises(Damaged):
        string(b"\x24\x80" + b"\4\0" * (ELEMENTS + 1))


@pytest.mark.parametrize(("tag", "context"), [(0xA0, 0), (0x81, 1), (0x30, -1), (4, -1)])
def test_tags_of_a_context_have_their_number(tag, context):
    assert ber.Element(tag, 0, 0).context == context
