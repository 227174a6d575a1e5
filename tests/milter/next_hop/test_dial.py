"""A connection to a next hop is opened: found, greeted, and known by what it announces."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from pratique.milter.next_hop.connection import Timeouts
from pratique.milter.next_hop.dial import MAX_ADDRESSES, Dialler, Place, addresses
from pratique.milter.next_hop.wire import WireError

PATIENCE = 20.0


@pytest.mark.parametrize(
    ("answer", "capabilities"),
    [
        ("250 hop", {}),
        ("250-hop PIPELINING\r\n250 8BITMIME", {"8BITMIME": ""}),
        (
            "250-hop\r\n250-size 1000\r\n250 Xforward name addr",
            {"SIZE": "1000", "XFORWARD": "NAME ADDR"},
        ),
        ("250-hop\r\n250-\r\n250 ", {"": ""}),
    ],
)
async def test_what_is_announced_is_known_by_its_keyword(connect, script, answer, capabilities):
    script.answers["EHLO"] = [answer]
    assert (await connect(script.port)).capabilities == capabilities


async def test_a_server_that_knows_no_ehlo_has_no_capabilities(connect, script):
    script.answers = {"EHLO": ["502 5.5.1 what"], "HELO": ["250-hop\r\n250 PIPELINING"]}
    assert (await connect(script.port)).capabilities == {}
    assert script.heard == ["EHLO us.example", "HELO us.example"]


@pytest.mark.parametrize(
    ("answers", "fault", "told"),
    [
        ({"": "554 5.3.2 go away"}, WireError, "greeted by 554 5.3.2 go away"),
        ({"": "421 busy"}, WireError, "greeted by 421"),
        ({"": "250 hello"}, WireError, "greeted by 250"),
        ({"": "HTTP/1.1 400 Bad Request"}, WireError, "not a reply line"),
        ({"": "220-" + "x" * 3000}, WireError, "reply line"),
        ({"": "CLOSE"}, ConnectionResetError, "closed by the next hop"),
        ({"EHLO": "CLOSE"}, ConnectionResetError, "closed by the next hop"),
        ({"EHLO": "\x00"}, WireError, "not a reply line"),
        ({"EHLO": "500 what", "HELO": "500 what"}, WireError, "HELO answered by 500 what"),
        ({"EHLO": "421 bye", "HELO": "CLOSE"}, ConnectionResetError, "closed"),
    ],
)
async def test_who_does_not_greet_well_is_no_next_hop(connect, script, answers, fault, told):
    script.answers = {verb: [answer] for verb, answer in answers.items()}
    with pytest.raises(fault, match=told):
        await connect(script.port)


@pytest.mark.parametrize("seconds", ["greeting", "command"])
async def test_who_never_greets_is_waited_for_no_longer_than_agreed(
    connect, script, patient, seconds
):
    script.answers["" if seconds == "greeting" else "EHLO"] = ["HANG"]
    with pytest.raises(TimeoutError):
        await connect(script.port, replace(patient, **{seconds: 0.05}))


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"220 hop\r\n"])
async def test_a_connection_that_does_not_open_is_broken_off(listen, connect, greeting):
    greeted, gone = asyncio.Event(), asyncio.Event()

    async def serve(reader, writer):
        writer.write(greeting)
        with contextlib.suppress(OSError):
            while await reader.read(100):
                greeted.set()
        gone.set()
        writer.close()

    opening = asyncio.ensure_future(connect(await listen(serve)))
    async with asyncio.timeout(PATIENCE):
        if greeting.startswith(b"220"):
            await greeted.wait()
            opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await gone.wait()
    assert opening.cancelled() or isinstance(opening.exception(), WireError)


# Finding it


async def test_all_addresses_of_a_name_are_tried_in_their_order(connect, script):
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return ["127.0.0.3", "127.0.0.2", "127.0.0.1"]

    dialler = Dialler(Place("hop.example", script.port, "us.example"), resolve)
    connection = await dialler.dial(Timeouts())
    connection.abort()
    assert (asked, script.connections) == (["hop.example"], 1)


async def test_if_none_answers_all_are_named(free_port):
    async def resolve(host, port):
        return ["127.0.0.3", "127.0.0.2"]

    dialler = Dialler(Place("hop.example", free_port(), "us.example"), resolve)
    with pytest.raises(OSError, match=r"127\.0\.0\.3: .*; 127\.0\.0\.2: "):
        await dialler.dial(Timeouts())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_address_is_not_looked_up(host):
    assert await addresses(host, 25) == [host]


async def test_a_name_is_looked_up_each_address_once():
    found = await addresses("localhost", 25)
    assert "127.0.0.1" in found
    assert len(set(found)) == len(found) <= MAX_ADDRESSES


async def test_a_name_that_is_none_is_a_fault():
    with pytest.raises(OSError, match=r"."):
        await addresses("no-such-host.invalid", 25)


async def test_a_unix_socket_is_spoken_to_like_any_other(tmp_path, script, connect):
    path, writers = str(tmp_path / "hop.sock"), []

    async def serve(reader, writer):
        writers.append(writer)
        await script.serve(reader, writer)

    server = await asyncio.start_unix_server(serve, path)
    connection = await connect(0, host=path, lmtp=True)
    assert script.verbs() == ["LHLO"]
    assert (await connection.command(b"NOOP\r\n", PATIENCE)).accepted
    await connection.quit(PATIENCE)
    server.close()


@pytest.mark.parametrize(
    ("host", "shown"),
    [("a.example", "a.example:25"), ("::1", "[::1]:25"), ("/run/lmtp", "unix:/run/lmtp")],
)
def test_a_place_is_shown_as_it_is_written(host, shown):
    assert str(Place(host, 25, "us.example")) == shown
