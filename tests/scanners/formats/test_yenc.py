"""Files in yEnc, whole and in pieces."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.yenc import FILES, Yenc
from pratique.scanners.part import Part

ALL = bytes(range(256)) * 4


@pytest.fixture
def made(samples):
    return samples("yenc")


def test_every_octet_comes_through(made, open_with):
    opened = open_with(Yenc(), b"hello\r\n" + made.yenc(b"a b.exe", ALL) + b"bye\r\n")
    assert opened.called == {"a b.exe": ALL}
    assert opened.known.unopened == ""


def test_pieces_in_one_text_are_joined_in_their_order(made, open_with):
    text = made.piece(b"a", ALL, 500, 1024) + made.piece(b"a", ALL, 0, 500)
    opened = open_with(Yenc(), text)
    assert (opened.octets, opened.known.unopened) == ([ALL], "")


@pytest.mark.parametrize(("start", "end"), [(0, 500), (500, 1024)])
def test_a_piece_alone_is_given_and_the_others_are_elsewhere(start, end, made, open_with):
    opened = open_with(Yenc(), made.piece(b"a", ALL, start, end))
    assert opened.octets == [ALL[start:end]]
    assert (opened.members[0].unopened, opened.known.unopened) == ("elsewhere", "elsewhere")


def test_a_wrong_checksum_is_told_and_the_file_given(made, open_with):
    opened = open_with(Yenc(), made.yenc(b"a", b"hello").replace(b"crc32=", b"crc32=1"))
    assert (opened.octets, opened.known.unopened) == ([b"hello"], "unreadable")


@pytest.mark.parametrize(
    ("octets", "kind", "recognized"),
    [
        (b"=ybegin line=128 size=1 name=a\r\n*\r\n=yend size=1\r\n", "text", "whole"),
        (b"see\n=ybegin line=128 size=1 name=a\r\n*\r\n=yend size=1\r\n", "text", "within"),
        (b"we write =ybegin line=128 size=1 name=a\r\n", "text", ""),
        (b"=ybegin line=128 size=1 name=a\r\n", "message", ""),
    ],
)
def test_it_is_told_by_its_first_line(octets, kind, recognized):
    assert Yenc().recognize(Part(facts.Part(kind=kind), memoryview(octets))) == recognized


@pytest.mark.parametrize(("pieces", "unopened"), [(FILES, ""), (FILES + 1, "over_budget")])
def test_so_many_pieces_are_looked_at_and_no_more(pieces, unopened, made, open_with):
    text = b"".join(made.yenc(b"%d" % number, b"a") for number in range(pieces))
    opened = open_with(Yenc(), text)
    assert (len(opened.members), opened.known.unopened) == (FILES, unopened)
