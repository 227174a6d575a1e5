"""One question and its answer: whole, early, cut off, and with nothing left of the sending."""

import asyncio

import pytest

from pratique.milter.engines.exchange import exchange
from pratique.milter.engines.troubles import Closed, NoAnswer


class Connection:
    """Gives these octets in turn; sends all when `gate` is set."""

    def __init__(self, *pieces, sent=True):
        self.pieces, self.sent, self.ended = list(pieces), [], False
        self.gate = asyncio.Event()
        if sent:
            self.gate.set()

    async def send(self, pieces):
        try:
            await self.gate.wait()
            self.sent += pieces
        finally:
            self.ended = True

    async def receive(self):
        await asyncio.sleep(0)
        return self.pieces.pop(0)


class Incoming:
    """An answer is a line; what begins with a dot is a remark before it."""

    def __init__(self):
        self.octets = b""

    @property
    def begun(self):
        return bool(self.octets)

    @property
    def is_final(self):
        return not self.octets.startswith(b".")

    def receive(self, octets):
        self.octets += octets

    def answer(self):
        line, ended, _ = self.octets.removeprefix(b".\n").partition(b"\n")
        return line if ended else None


@pytest.mark.parametrize("pieces", [[b"yes\n"], [b"y", b"es", b"\n"], [b".\n", b"yes\n"]])
async def test_an_answer_is_taken_in_whatever_pieces_it_comes(pieces):
    connection = Connection(*pieces)
    assert await exchange(connection, [b"a", b"b"], Incoming()) == (b"yes", False)
    assert connection.sent == [b"a", b"b"]


async def test_one_that_came_before_all_was_sent_says_so_and_nothing_more_is_sent():
    connection = Connection(b"yes\n", sent=False)
    assert await exchange(connection, [b"a"], Incoming()) == (b"yes", True)
    assert (connection.sent, connection.ended) == ([], True)


async def test_a_remark_before_all_was_sent_makes_no_answer_early():
    connection = Connection(b".\n", b"yes\n", sent=False)
    receive = connection.receive

    async def behind_the_remark():
        octets = await receive()
        if not connection.pieces:
            connection.gate.set()
            while not connection.ended:  # noqa: ASYNC110 - a task of the same loop
                await asyncio.sleep(0)
        return octets

    connection.receive = behind_the_remark
    assert await exchange(connection, [b"a"], Incoming()) == (b"yes", False)


@pytest.mark.parametrize(
    ("pieces", "error"), [([b""], Closed), ([b"ye", b""], NoAnswer), ([b".\n", b""], NoAnswer)]
)
async def test_an_end_before_it_is_no_answer(pieces, error):
    with pytest.raises(error):
        await exchange(Connection(*pieces), [b"a"], Incoming())
