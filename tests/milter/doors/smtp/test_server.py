"""A listener: how many may come, and how it ends."""

import asyncio
import socket

import pytest

EHLO, MAIL, RCPT = "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<b@corp.example>"


async def test_one_connection_too_many_is_told_so(open_door):
    door = await open_door(max_connections=2)
    first, second = await door.client(), await door.client()
    assert (await first.hear()).startswith("220")
    assert (await second.hear()).startswith("220")
    third = await door.client()
    assert await third.hear_all() == ["421 4.3.2 too many connections"]
    assert await first.ask("QUIT") == "221 2.0.0 bye"
    assert await first.hear() == ""
    fourth = await door.client()
    assert (await fourth.hear()).startswith("220")


async def test_accepted_connections_do_not_wait_for_more_to_send(open_door):
    door = await open_door()
    client = await door.client()
    await client.hear()
    (connection,) = door.listener._open_doors.doors
    accepted = connection.transport.get_extra_info("socket")
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_closing_tells_idle_clients_and_ends(open_door):
    door = await open_door()
    client = await door.client()
    await client.envelope()
    client.say("DATA", "x", ".")
    assert (await client.hear()).startswith("354")
    assert await client.hear() == "250 2.0.0 . fine"
    await door.listener.close()
    assert await client.hear_all() == ["421 4.3.2 closing for now"]
    assert door.listener.connections == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", door.port)


async def test_closing_lets_a_command_be_answered_that_is_being_obeyed(open_door):
    door = await open_door(parting_seconds=0)
    asked, known = asyncio.Event(), asyncio.Event()

    async def extensions():
        asked.set()
        await known.wait()
        return frozenset()

    door.hop.extensions = extensions
    client = await door.client()
    await client.hear()
    client.say(EHLO)
    await asked.wait()
    closing = asyncio.ensure_future(door.listener.close())
    await asyncio.sleep(0)
    door.listener._insist()
    known.set()
    assert [reply[:3] for reply in await client.hear_all()] == ["250", "421"]
    await closing


@pytest.mark.parametrize("first", [(), (EHLO,), (EHLO, "RSET"), (EHLO, MAIL, "RSET")])
async def test_closing_lets_who_is_about_to_begin_send_one_message(open_door, first):
    door = await open_door(parting_seconds=30)
    client = await door.client()
    await client.hear()
    for line in first:
        await client.ask(line)
    closing = asyncio.ensure_future(door.listener.close())
    await asyncio.sleep(0)
    client.say(EHLO, MAIL, RCPT, "DATA", "x", ".", MAIL)
    heard = await client.hear_all()
    assert heard[-2:] == ["250 2.0.0 . fine", "421 4.3.2 closing for now"]
    await closing
    assert door.hop.messages == [b"x\r\n"]


@pytest.mark.parametrize("said", [(), (EHLO, "RSET")])
async def test_who_is_about_to_begin_is_not_waited_for_long(open_door, said):
    door = await open_door(parting_seconds=0.02)
    client = await door.client()
    await client.hear()
    for line in said:
        await client.ask(line)
    await door.listener.close()
    assert await client.hear_all() == ["421 4.3.2 closing for now"]
    assert door.listener.connections == 0


async def test_closing_waits_for_a_transaction(open_door):
    door = await open_door()
    client = await door.client()
    await client.envelope()
    await client.ask("DATA")
    closing = asyncio.ensure_future(door.listener.close())
    client.say("x", ".")
    assert (await client.hear_all()) == ["250 2.0.0 . fine", "421 4.3.2 closing for now"]
    await closing
    assert door.hop.messages == [b"x\r\n"]


async def test_closing_breaks_off_what_takes_too_long(open_door):
    door = await open_door()
    client = await door.client()
    await client.envelope()
    await door.listener.close(0.02)
    assert await client.hear_all() == []
    assert door.listener.connections == 0
    assert door.hop.events[-1] == "RSET"


async def test_a_take_that_hangs_does_not_hold_the_closing(open_door):
    async def hang(content, envelope, downstream):
        await asyncio.Event().wait()

    door = await open_door(hang)
    client = await door.client()
    await client.envelope()
    await client.ask("DATA")
    client.say(".")
    await door.client_sent_all()
    await door.listener.close(0.02)
    assert door.listener.connections == 0
    assert door.hop.messages == []


@pytest.mark.slow
async def test_many_clients_at_one_time(open_door):
    door = await open_door()

    async def one(number):
        client = await door.client()
        client.say(EHLO, MAIL, RCPT, "DATA", f"number {number}", ".", "QUIT")
        return (await client.hear_all())[-1]

    assert set(await asyncio.gather(*(one(number) for number in range(50)))) == {"221 2.0.0 bye"}
    expected = {f"number {number}\r\n".encode() for number in range(50)}
    assert set(door.hop.messages) == expected
