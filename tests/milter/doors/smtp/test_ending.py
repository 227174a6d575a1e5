"""The end of data at every cut, and everything that is not the end."""

import itertools

import pytest

from pratique.milter.doors.smtp.ending import ContentReader, Fault


class Sink:
    def __init__(self, room=10**9):
        self.octets = b""
        self.size = 0
        self.discarded = False
        self.room = room

    def write(self, octets):
        assert not self.discarded
        if self.size + len(octets) > self.room:
            raise OSError(28, "No space left on device")
        self.octets += octets
        self.size += len(octets)

    def discard(self):
        self.discarded = True


def read(*chunks, repair=False, max_size=10**9):
    """The content, what followed it (None: no end), and the reader."""
    sink, rest = Sink(), None
    reader = ContentReader(sink, max_size, repair=repair)
    for number, chunk in enumerate(chunks):
        rest = reader.feed(chunk)
        if rest is not None:
            rest += b"".join(chunks[number + 1 :])
            break
    return sink.octets, rest, reader


WIRE_AND_CONTENT = [
    (b".\r\n", b""),
    (b"\r\n.\r\n", b"\r\n"),
    (b"a\r\n.\r\n", b"a\r\n"),
    (b"..\r\n.\r\n", b".\r\n"),
    (b"..a\r\n...\r\n.b\r\n.\r\n", b".a\r\n..\r\nb\r\n"),
    (b"a.\r\n.\r\n", b"a.\r\n"),
    (b"a\r\n\r\n.\r\n", b"a\r\n\r\n"),
    (b"a\x00b\r\n.\r\n", b"a\x00b\r\n"),
    (b"a\r\n..\r\n.\r\n", b"a\r\n.\r\n"),
]


@pytest.mark.parametrize(("wire", "content"), WIRE_AND_CONTENT)
def test_content_does_not_depend_on_where_the_stream_is_cut(wire, content):
    stream = wire + b"NOOP\r\n"
    for one, two in itertools.combinations(range(len(stream) + 1), 2):
        octets, rest, reader = read(stream[:one], stream[one:two], stream[two:])
        assert (octets, rest, reader.fault) == (content, b"NOOP\r\n", None)


@pytest.mark.parametrize(("wire", "content"), WIRE_AND_CONTENT)
def test_content_may_come_octet_by_octet(wire, content):
    octets, rest, _ = read(*(wire[at : at + 1] for at in range(len(wire))))
    assert (octets, rest) == (content, b"")


NOT_ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\n.\r",
    b"\r.\n",
    b"\r\n.\r\r\n",
    b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
    b"\r\n. \r\n",
    b"\r\n..\r\n",
]


@pytest.mark.parametrize("repair", [True, False])
@pytest.mark.parametrize("trap", NOT_ENDS)
def test_nothing_else_is_the_end(trap, repair):
    stream = b"a" + trap + b"MAIL FROM:<smuggled@x.example>\r\n"
    for cut in range(len(stream) + 1):
        _, rest, reader = read(stream[:cut], stream[cut:], repair=repair)
        assert rest is None
        assert reader.feed(b"\r\n.\r\nnext") == b"next"


@pytest.mark.parametrize("trap", [trap for trap in NOT_ENDS if b"\x00" not in trap][:9])
def test_content_with_a_bare_line_end_is_refused_at_its_end(trap):
    stream = b"a" + trap + b"b\r\n.\r\n"
    for cut in range(len(stream) + 1):
        _, rest, reader = read(stream[:cut], stream[cut:])
        assert (rest, reader.fault) == (b"", Fault.BARE_LINE_END)


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b"a\nb\r\n.\r\n", b"a\r\nb\r\n"),
        (b"a\rb\r\n.\r\n", b"a\r\nb\r\n"),
        (b"a\n\rb\r\n.\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\r\r\n.\r\n", b"a\r\n\r\n"),
        (b"a\n.\nb\r\n.\r\n", b"a\r\n.\r\nb\r\n"),
        (b"a\r.\rb\r\n.\r\n", b"a\r\n.\r\nb\r\n"),
        (b"\na\r\n.\r\n", b"\r\na\r\n"),
        (b"a\r\n.\nb\r\n.\r\n", b"a\r\n\r\nb\r\n"),
    ],
)
def test_a_bare_line_end_is_repaired_at_every_cut(wire, content):
    for one, two in itertools.combinations(range(len(wire) + 1), 2):
        octets, rest, reader = read(wire[:one], wire[one:two], wire[two:], repair=True)
        assert (octets, rest, reader.fault, reader.dotless) == (content, b"", None, False)
        assert reader.fault is None


def test_good_content_is_not_touched_by_repair():
    assert read(b"a\r\n..b\r\n.\r\n", repair=True)[0] == b"a\r\n.b\r\n"


def test_content_at_the_limit_is_taken():
    octets, _, reader = read(b"x" * 98 + b"\r\n.\r\n", max_size=100)
    assert (len(octets), reader.fault) == (100, None)


def test_content_past_the_limit_is_read_to_its_end_and_not_kept():
    sink = Sink()
    reader = ContentReader(sink, 100, repair=False)
    assert reader.feed(b"x" * 99 + b"\r\n") is None
    assert (reader.fault, sink.discarded) == (None, False)
    assert reader.feed(b"y" * 1000) is None
    assert (reader.fault, sink.discarded) == (Fault.TOO_LARGE, True)
    assert reader.feed(b"z" * 1000 + b"\r\n.\r\nQUIT\r\n") == b"QUIT\r\n"


def test_a_sink_without_room_is_a_fault_and_the_end_is_still_found():
    sink = Sink(room=10)
    reader = ContentReader(sink, 10**6, repair=False)
    assert reader.feed(b"x" * 1000) is None
    assert reader.fault is Fault.NO_ROOM
    assert reader.feed(b"\r\n.\r\n") == b""


@pytest.mark.parametrize(
    ("wire", "dotless"),
    [
        (b".\r\n", True),
        (b"a.b\r\nc.\r\n.\r\n", True),
        (b"..\r\n.\r\n", False),
        (b"a\r\n..b\r\n.\r\n", False),
        (b".a\r\n.\r\n", False),
    ],
)
def test_it_is_known_whether_a_line_begins_with_a_dot(wire, dotless):
    for one, two in itertools.combinations(range(len(wire) + 1), 2):
        _, rest, reader = read(wire[:one], wire[one:two], wire[two:] + b"..NOOP\r\n..\r\n")
        assert (rest, reader.dotless) == (b"..NOOP\r\n..\r\n", dotless)
