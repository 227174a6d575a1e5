"""A new content is put together as a worker says, as far as what it says can be true."""

import fcntl

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Outgoing
from pratique.milter.recipe import MOST_ADDED, MOST_BESIDES, MOST_TIMES, Making
from pratique.milter.wall.sighting import Lie
from pratique.scanners.wall_pb2 import NewHeader, Piece, Rewritten, Span

OLD = b"A: 1\r\nB: 2\r\n\r\nhello there\r\n"
BODY = OLD.index(b"hello")


def header(*cut, end=BODY - 2, added=b"", separator=b"\r\n"):
    spans = [Span(start=start, end=stop) for start, stop in cut]
    return NewHeader(end=end, cut=spans, added=added, separator=separator)


def old(start, end):
    return Piece(old=Span(start=start, end=end))


@pytest.fixture
def make():
    """Put the old content together by what a worker says."""
    content = content_of([OLD])
    made = []

    def make(*said):
        making = Making(content)
        try:
            for each in said:
                making.take(each)
            making.finish()
        except Lie:
            making.discard()
            raise
        if making.refused:
            making.discard()
            return making.refused
        made.append(making.made())
        return made[-1]

    make.content = content
    yield make
    content.close()
    for each in made:
        each.content.close()


def octets(content):
    return b"".join(content.span(0, content.size))


def test_the_header_keeps_its_fields_and_the_body_is_a_row_of_pieces(make):
    new = make(
        Rewritten(header=header((0, 6), added=b"C: 3\r\n"), pieces=[old(BODY, BODY + 6)]),
        Rewritten(pieces=[Piece(new=b"you"), old(len(OLD) - 2, len(OLD))]),
    )
    assert octets(new.content) == b"B: 2\r\nC: 3\r\n\r\nhello you\r\n"
    assert octets(new.content)[new.body :] == b"hello you\r\n"
    out = Outgoing(make.content, b"Z: 0\r\n", rewritten=new)
    assert b"".join(out.chunks()) == b"Z: 0\r\n" + octets(new.content)
    assert out.size == 6 + new.content.size


def test_fields_of_ours_are_cut_beside_those_that_went(make):
    new = make(Rewritten(header=header((0, 6)), pieces=[Piece(new=b"x")]))
    out = Outgoing(make.content, cut=((6, 12),), rewritten=new)
    assert b"".join(out.chunks()) == b"\r\nx"
    both = Outgoing(make.content, cut=((0, 6),), rewritten=new)
    assert b"".join(both.chunks()) == b"B: 2\r\n\r\nx"
    assert (out.size, both.size) == (3, 9)


def test_a_field_behind_others_may_go(make):
    new = make(Rewritten(header=header((6, 12)), pieces=[Piece(new=b"x")]))
    assert octets(new.content) == b"A: 1\r\n\r\nx"


def test_the_new_content_is_sealed(make):
    new = make(Rewritten(header=header()))
    seals = fcntl.fcntl(new.content.descriptor, fcntl.F_GET_SEALS)
    assert seals & fcntl.F_SEAL_WRITE


@pytest.mark.parametrize(("mark", "good"), [(b"\xef\xbb\xbf", True), (b"\xef\xbb\xbe", False)])
def test_a_byte_order_mark_before_the_header_may_go(mark, good):
    content = content_of([mark + OLD])
    making = Making(content)
    cut = Rewritten(header=header((0, 3), end=BODY + 1))
    if good:
        making.take(cut)
    else:
        with pytest.raises(Lie, match="no line"):
            making.take(cut)
    making.discard()
    content.close()


def test_a_worker_may_refuse_in_the_midst_of_it(make):
    assert make(Rewritten(refused="no")) == "no"
    assert make(Rewritten(header=header()), Rewritten(refused="no")) == "no"


LIES = {
    "nothing": [],
    "no header": [Rewritten(pieces=[Piece(new=b"x")])],
    "two headers": [Rewritten(header=header()), Rewritten(header=header())],
    "a frame of nothing": [Rewritten(header=header()), Rewritten()],
    "more after a refusal": [Rewritten(refused="no"), Rewritten(refused="no")],
    "a header that ends nowhere": [Rewritten(header=header(end=len(OLD) + 1))],
    "a header that ends before": [Rewritten(header=header(end=-1))],
    "a cut of half a line": [Rewritten(header=header((0, 5)))],
    "a cut from within a line to its end": [Rewritten(header=header((8, 12)))],
    "a cut from the end of a line": [Rewritten(header=header((5, 12)))],
    "a cut from within a line": [Rewritten(header=header((2, 6)))],
    "cuts that overlap": [Rewritten(header=header((0, 12), (6, 12)))],
    "a cut of nothing": [Rewritten(header=header((6, 6)))],
    "a cut behind the header": [Rewritten(header=header((12, 14)))],
    "half a field": [Rewritten(header=header(added=b"C: 3"))],
    "too many fields": [Rewritten(header=header(added=b"x" * MOST_ADDED + b"\n"))],
    "no empty line": [Rewritten(header=header(separator=b"\r\n\r\n"))],
    "a piece of nothing": [Rewritten(header=header(), pieces=[Piece()])],
    "octets of nowhere": [Rewritten(header=header(), pieces=[old(20, len(OLD) + 1)])],
    "no octets": [Rewritten(header=header(), pieces=[old(20, 20)])],
    "octets twice": [Rewritten(header=header(), pieces=[old(20, 22), old(21, 23)])],
    "octets of the header": [Rewritten(header=header(), pieces=[old(0, 5)])],
}


@pytest.mark.parametrize("name", LIES)
def test_what_cannot_be_true_is_a_lie(make, name):
    with pytest.raises(Lie):
        make(*LIES[name])


@pytest.mark.parametrize("past", [0, 1])
def test_a_new_content_has_a_limit(make, past):
    most = MOST_TIMES * len(OLD) + MOST_BESIDES
    size = most - BODY + past
    said = [Rewritten(header=header()), Rewritten(pieces=[Piece(new=b"x" * size)])]
    if past:
        with pytest.raises(Lie, match="more than"):
            make(*said)
    else:
        assert make(*said).content.size == most


@pytest.mark.parametrize("past", [0, 1])
def test_what_comes_into_the_header_has_a_limit(make, past):
    added = b"x" * (MOST_ADDED - 1 + past) + b"\n"
    if past:
        with pytest.raises(Lie):
            make(Rewritten(header=header(added=added)))
    else:
        assert make(Rewritten(header=header(added=added))).added == added
