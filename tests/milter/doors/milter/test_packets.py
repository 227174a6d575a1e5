"""Packets are cut as they come, however they come, and what is none is refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.milter.doors.milter.packets import (
    MAX_OCTETS,
    Actions,
    MilterError,
    Packets,
    Steps,
    packet,
    texts,
)


def cut(packets, octets):
    packets.feed(octets)
    found = []
    while (one := packets.next()) is not None:
        found.append(one)
    return found


WHOLE = packet(b"M", b"<a@b>\0") + packet(b"N") + packet(b"B", bytes(range(256)))
CUT = [(ord("M"), b"<a@b>\0"), (ord("N"), b""), (ord("B"), bytes(range(256)))]


def test_several_packets_that_come_together_are_cut():
    packets = Packets()
    assert cut(packets, WHOLE) == CUT
    assert packets.unread == 0


@pytest.mark.parametrize("at", range(1, len(WHOLE)))
def test_a_packet_that_comes_in_two_pieces_is_the_same(at):
    packets = Packets()
    assert cut(packets, WHOLE[:at]) + cut(packets, WHOLE[at:]) == CUT


def test_octet_by_octet_is_the_same():
    packets = Packets()
    assert [one for octet in WHOLE for one in cut(packets, bytes((octet,)))] == CUT


@pytest.mark.parametrize(("octets", "taken"), [(MAX_OCTETS, True), (MAX_OCTETS + 1, False)])
def test_the_largest_packet_is_libmilters(octets, taken):
    head = struct.pack(">IB", octets + 1, ord("B"))
    packets = Packets()
    if taken:
        assert cut(packets, head + bytes(octets)) == [(ord("B"), bytes(octets))]
    else:
        with pytest.raises(MilterError, match="a packet of 65537 octets"):
            cut(packets, head)


def test_a_packet_of_nothing_is_none():
    with pytest.raises(MilterError):
        cut(Packets(), b"\0\0\0\0E")


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_whatever_comes_is_cut_or_refused(pieces):
    packets = Packets()
    try:
        for piece in pieces:
            cut(packets, piece)
    except MilterError:
        return
    assert packets.unread <= sum(map(len, pieces))


def test_a_text_has_an_end():
    assert texts(b"a\0b\0") == [b"a", b"b"]
    assert texts(b"\0") == [b""]
    for unended in (b"", b"a", b"a\0b"):
        with pytest.raises(MilterError):
            texts(unended)


def test_the_numbers_are_libmilters():
    libmilter = pytest.importorskip(
        "pratique.milter.doors.libmilter.pymilter", exc_type=ImportError
    ).libmilter
    actions = {
        "ADDHDRS": Actions.ADD_FIELDS,
        "CHGBODY": Actions.CHANGE_BODY,
        "ADDRCPT": Actions.ADD_RECIPIENT,
        "DELRCPT": Actions.DELETE_RECIPIENT,
        "CHGHDRS": Actions.CHANGE_FIELDS,
        "QUARANTINE": Actions.QUARANTINE,
        "CHGFROM": Actions.CHANGE_FROM,
        "ADDRCPT_PAR": Actions.ADD_RECIPIENT_PARAMETERS,
        "SETSYMLIST": Actions.SET_MACROS,
        "P_NOUNKNOWN": Steps.NO_UNKNOWN,
        "P_NODATA": Steps.NO_DATA,
        "P_NR_HDR": Steps.FIELD_UNANSWERED,
        "P_NR_CONN": Steps.CONNECT_UNANSWERED,
        "P_NR_HELO": Steps.HELO_UNANSWERED,
        "P_NR_MAIL": Steps.MAIL_UNANSWERED,
        "P_NR_RCPT": Steps.RECIPIENT_UNANSWERED,
        "P_NR_EOH": Steps.END_OF_HEADER_UNANSWERED,
        "P_NR_BODY": Steps.BODY_UNANSWERED,
        "P_HDR_LEADSPC": Steps.BLANKS_KEPT,
    }
    assert {name: getattr(libmilter, name) for name in actions} == actions
