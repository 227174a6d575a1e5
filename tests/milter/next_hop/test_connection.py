"""One connection to a next hop: what it says, and all that the other side may do to it."""

import asyncio
import contextlib

import pytest

from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.connection import FAULTS, TOGETHER, Timeouts
from pratique.milter.next_hop.tls import Tls
from pratique.milter.next_hop.wire import WireError

PATIENCE = 20.0
# As much as goes in one write.
BLOCK = b"a".ljust(TOGETHER - 2, b"b") + b"\r\n"
NO_MORE = Reply(552, ("5.3.4 too much",))


@pytest.fixture
async def connection(connect, script):
    return await connect(script.port)


@pytest.fixture
def seen(until):
    """`await seen(condition, what)`: let the loop run until the condition holds."""
    return lambda condition, what: asyncio.to_thread(until, condition, what, PATIENCE)


@pytest.fixture
async def taking(listen, connect):
    """`await taking(*early)`: a connection whose content may begin, and what the server reads.

    The server says what is `early` right after its 354, and closes on "CLOSE".
    """

    async def start(*early):
        read = asyncio.get_running_loop().create_future()

        async def serve(reader, writer):
            octets = b""
            writer.write(b"220 hop\r\n")
            for answer in ("250 hop", "\r\n".join(("354 go", *early)).removesuffix("\r\nCLOSE")):
                await reader.readline()
                writer.write(f"{answer}\r\n".encode())
            if "CLOSE" in early:
                writer.close()
            with contextlib.suppress(OSError):
                octets = await reader.read()
            read.set_result(octets)

        connection = await connect(await listen(serve))
        assert (await connection.command(b"DATA\r\n", PATIENCE)).code == 354
        return connection, read

    return start


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("greeting", 300),
        ("command", 300),
        ("start_of_content", 120),
        ("block", 180),
        ("end_of_content", 600),
    ],
)
def test_nobody_gets_less_time_than_rfc_5321_says(name, least):
    assert getattr(Timeouts(), name) >= least


# Commands


@pytest.mark.parametrize(
    ("offers", "heard"),
    [("PIPELINING", ["A\r\nB\r\nC\r\n"]), ("8BITMIME", ["A\r\n", "B\r\n", "C\r\n"])],
)
async def test_commands_go_together_only_where_that_is_announced(listen, connect, offers, heard):
    read = []

    async def serve(reader, writer):
        writer.write(b"220 hop\r\n")
        await reader.readline()
        writer.write(f"250-hop\r\n250 {offers}\r\n".encode())
        while octets := await reader.read(1000):
            read.append(octets.decode())
            for line in octets.splitlines():
                writer.write(b"250 " + line + b"\r\n")
        writer.close()

    connection = await connect(await listen(serve))
    replies = await connection.commands((b"A\r\n", b"B\r\n", b"C\r\n"), PATIENCE)
    assert [reply.lines for reply in replies] == [("A",), ("B",), ("C",)]
    assert read == heard


async def test_a_reply_that_comes_in_pieces_is_one_reply(listen, connect):
    pieces = b"25", b"0-2.0.0 one\r", b"\n250 2.0.0 t", b"wo\r\n"

    async def serve(reader, writer):
        writer.write(b"220 hop\r\n")
        await reader.readline()
        writer.write(b"250 hop\r\n")
        await reader.readline()
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await reader.read()
        writer.close()

    connection = await connect(await listen(serve))
    reply = await connection.command(b"NOOP\r\n", PATIENCE)
    assert reply == Reply(250, ("2.0.0 one", "2.0.0 two"))
    assert not connection.stale


@pytest.mark.parametrize(
    ("answer", "fault"),
    [("CLOSE", ConnectionResetError), ("HANG", TimeoutError), ("whatever", WireError)],
)
async def test_a_command_without_a_reply_is_a_fault(connection, script, answer, fault):
    script.answers["NOOP"] = [answer]
    assert issubclass(fault, FAULTS)
    with pytest.raises(fault):
        await connection.command(b"NOOP\r\n", 0.05 if answer == "HANG" else PATIENCE)


async def test_after_a_fault_each_command_has_that_fault(connection, script):
    script.answers["NOOP"] = ["whatever"]
    for _ in range(2):
        with pytest.raises(WireError, match="not a reply line"):
            await connection.command(b"NOOP\r\n", PATIENCE)
    assert script.verbs().count("NOOP") == 1


# Standing by


async def test_a_connection_on_which_nothing_was_said_is_not_stale(connection):
    assert not connection.stale
    await connection.command(b"NOOP\r\n", PATIENCE)
    assert not connection.stale


@pytest.mark.parametrize("said", [b"421 4.4.2 idle\r\n", b"250 ok\r\n", b"nonsense\r\n", b""])
async def test_who_speaks_unasked_or_closes_makes_a_connection_stale(
    connection, script, said, seen
):
    script.writers[0].write(said)
    if not said:
        script.writers[0].close()
    await seen(lambda: connection.stale, "stale connection")


async def test_a_connection_that_we_broke_off_is_stale_at_once(connection):
    connection.abort()
    assert connection.stale


# Content


def end(connection):
    """End the connection after all that was written: then the server has read it all."""
    connection.stream._transport.close()


@pytest.mark.parametrize(
    ("chunks", "sent"),
    [
        ([], b".\r\n"),
        ([b""], b".\r\n"),
        ([b"a\r\n"], b"a\r\n.\r\n"),
        ([b"a\r\n.", b".\r\n", b"", b".b"], b"a\r\n...\r\n..b\r\n.\r\n"),
    ],
)
async def test_content_is_stuffed_and_ended(taking, chunks, sent):
    connection, read = await taking()
    assert await connection.content(chunks, PATIENCE) is None
    end(connection)
    assert await read == sent


async def test_a_small_content_and_its_end_are_one_write(taking):
    connection, _ = await taking()
    written, transport = [], connection.stream._transport

    class Witness:
        write = staticmethod(written.append)
        abort = transport.abort

    connection.stream._transport = Witness()
    assert await connection.content([b"A: a\r\n", b"b\r\n"], PATIENCE) is None
    assert written == [b"A: a\r\nb\r\n.\r\n"]


@pytest.mark.parametrize(("past", "writes"), [(0, 1), (1, 2)])
async def test_so_much_goes_together_and_no_more(taking, past, writes):
    connection, _ = await taking()
    written, transport = [], connection.stream._transport

    class Witness:
        write = staticmethod(written.append)
        abort = transport.abort

    connection.stream._transport = Witness()
    await connection.content([b"ab\r\n", BLOCK[4:], b"x" * past], PATIENCE)
    assert b"".join(written).endswith(b"\r\n.\r\n")
    assert len(written) == writes


async def test_a_refusal_before_the_end_is_heard_and_no_end_is_sent(taking, seen):
    connection, read = await taking(str(NO_MORE))
    await seen(lambda: connection.stale, "stale connection")
    assert await connection.content([b"a\r\n"], PATIENCE) == NO_MORE
    end(connection)
    assert await read == b""


async def test_a_refusal_is_heard_though_the_next_hop_breaks_off_after_it(taking, seen):
    connection, _ = await taking(str(NO_MORE), "CLOSE")
    await seen(lambda: connection.stream.fault, "fault")
    assert await connection.content([b"a\r\n", b"b\r\n"], PATIENCE) == NO_MORE


@pytest.mark.parametrize("early", [("CLOSE",), ("nonsense",)])
async def test_who_breaks_off_in_the_content_without_a_refusal_is_a_fault(taking, early, seen):
    connection, read = await taking(*early)
    await seen(lambda: connection.stream.fault, "fault")
    with pytest.raises(FAULTS):
        await connection.content([b"a\r\n", b"b\r\n"], PATIENCE)
    assert b".\r\n" not in await read


async def test_content_that_cannot_be_read_is_never_ended(taking):
    def broken():
        yield BLOCK
        yield b"\r\n"
        raise OSError("content ends early")

    connection, read = await taking()
    with pytest.raises(OSError, match="ends early"):
        await connection.content(broken(), PATIENCE)
    end(connection)
    assert await read == BLOCK


async def test_a_slow_reader_is_waited_for_and_gets_all(listen, connect, seen):
    may_read, read = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def serve(reader, writer):
        writer.write(b"220 hop\r\n")
        await reader.readline()
        writer.write(b"250 hop\r\n")
        await may_read.wait()
        octets = 0
        while chunk := await reader.read(1 << 20):
            octets += len(chunk)
            if chunk.endswith(b"\r\n.\r\n"):
                writer.write(b"250 2.0.0 taken\r\n")
        read.set_result(octets)
        writer.close()

    connection = await connect(await listen(serve))
    chunk = b"0123456789abcd\r\n" * 65536
    sending = asyncio.ensure_future(connection.content([chunk] * 12, PATIENCE))
    await seen(lambda: connection.stream._paused, "pause")
    assert not sending.done()
    may_read.set()
    assert await sending is None
    assert await connection.end_of_content(PATIENCE) == Reply(250, ("2.0.0 taken",))
    end(connection)
    assert await read == 12 * len(chunk) + len(b".\r\n")


async def test_a_reader_that_stops_is_waited_for_no_longer_than_agreed(taking):
    connection, _ = await taking()
    connection.stream.pause_writing()
    with pytest.raises(TimeoutError):
        await connection.content([BLOCK, b"b\r\n"], 0.05)


async def test_the_reply_to_the_end_is_waited_for_no_longer_than_agreed(taking):
    connection, _ = await taking()
    assert await connection.content([b"a\r\n"], PATIENCE) is None
    with pytest.raises(TimeoutError):
        await connection.end_of_content(0.05)


# Farewell


@pytest.mark.parametrize("answer", ["221 2.0.0 bye", "CLOSE", "HANG", "nonsense", "500 what"])
async def test_a_farewell_never_fails_and_closes(connection, script, answer):
    script.answers["QUIT"] = [answer]
    await connection.quit(0.05 if answer == "HANG" else PATIENCE)
    assert script.verbs()[-1] == "QUIT"
    assert connection.stale


@pytest.fixture
async def shielded(script, certificate, connect):
    """A connection with TLS, and its socket."""
    script.offers, script.context = ("STARTTLS",), certificate.context()
    made = await connect(script.port, tls=Tls("required"))
    return made, made.stream._transport.get_extra_info("socket")


async def test_after_a_farewell_the_socket_is_closed_also_with_tls(shielded):
    connection, socket = shielded
    await connection.quit(PATIENCE)
    assert socket.fileno() == -1


async def test_who_does_not_end_tls_is_waited_for_no_longer_than_agreed(shielded, script):
    connection, socket = shielded
    script.writers[0].transport.pause_reading()
    with pytest.raises(TimeoutError):
        await connection.stream.close(0.05)
    assert socket.fileno() != -1
    await connection.quit(0.05)
    await asyncio.sleep(0)
    assert socket.fileno() == -1


async def test_a_farewell_that_is_cancelled_closes(connection, script):
    script.answers["QUIT"] = ["HANG"]
    farewell = asyncio.create_task(connection.quit(PATIENCE))
    await script.until(lambda: "QUIT" in script.verbs())
    farewell.cancel()
    with pytest.raises(asyncio.CancelledError):
        await farewell
    assert connection.stale


async def test_a_farewell_on_a_broken_connection_ends_at_once(connection):
    connection.abort()
    await connection.quit(PATIENCE)
    assert connection.stale


async def test_what_was_announced_before_is_forgotten_also_by_who_knows_no_ehlo_now(
    script, connect
):
    connection = await connect(script.port)
    assert "PIPELINING" in connection.capabilities
    script.answers["EHLO"] = ["500 5.5.1 what"]
    await connection.hello("us.example", 20)
    assert connection.capabilities == {}
