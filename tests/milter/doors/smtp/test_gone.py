"""Clients that have gone, or are as good as gone: they close, do not read, never end."""

import asyncio

import pytest

from pratique.milter.next_hop import Reply

EHLO, MAIL, RCPT = "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<b@corp.example>"
MESSAGE = (EHLO, MAIL, RCPT, "DATA", "one", ".")
# More than the kernel keeps of what a client does not read.
LONG = Reply(250, ("2.0.0 " + "x" * 2**24,))


@pytest.fixture
async def open_slow_door(open_door):
    """A door that has a message looked into until the test lets it go on."""

    async def make(**settings):
        async def look(content, envelope, downstream):
            await door.looked.wait()
            return await door.opened.send_on(content, downstream)

        door = SlowDoor()
        door.opened = await open_door(look, **settings)
        return door

    return make


class SlowDoor:
    def __init__(self):
        self.looked = asyncio.Event()
        self.opened = None


async def test_a_client_that_closes_while_we_look_has_sent_nothing(open_slow_door):
    door = await open_slow_door()
    client = await door.opened.client()
    client.say(*MESSAGE)
    await door.opened.client_sent_all()
    client.writer.close()
    await door.opened.client_closed()
    door.looked.set()
    await door.opened.hop.happened("RSET")
    assert door.opened.hop.messages == []


async def test_one_that_closes_its_half_cannot_be_told_from_it_and_hears_so(open_slow_door):
    door = await open_slow_door()
    client = await door.opened.client()
    client.say(*MESSAGE)
    client.writer.write_eof()
    await door.opened.client_sent_all()
    await door.opened.client_closed()
    door.looked.set()
    heard = await client.hear_all()
    assert heard[-1] == "451 4.4.2 connection closed before the message was taken"
    assert len(heard) == 6
    assert door.opened.hop.messages == []


@pytest.mark.parametrize("quit_", ["QUIT", "quit  "])
async def test_one_that_has_said_quit_is_as_good_as_there(open_slow_door, quit_):
    door = await open_slow_door()
    client = await door.opened.client()
    client.say(*MESSAGE, quit_)
    client.writer.write_eof()
    await door.opened.client_sent_all()
    await door.opened.client_closed()
    door.looked.set()
    assert [reply[:3] for reply in await client.hear_all()][-2:] == ["250", "221"]
    assert door.opened.hop.messages == [b"one\r\n"]


async def test_a_quit_in_several_packets_is_one(open_slow_door):
    door = await open_slow_door()
    client = await door.opened.client()
    client.say(*MESSAGE)
    await door.opened.client_sent_all()
    (connection,) = door.opened.listener._open_doors.doors
    for octets in (b"QU", b"IT\r", b"\n"):
        client.send(octets)
        while not connection._tail.endswith(octets):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)
    client.writer.write_eof()
    await door.opened.client_closed()
    door.looked.set()
    assert [reply[:3] for reply in await client.hear_all()][-2:] == ["250", "221"]
    assert door.opened.hop.messages == [b"one\r\n"]


@pytest.mark.parametrize("last", ["NOOP", "QUITE", "NOOP QUIT", "QUIT\r\nNOOP"])
async def test_no_other_last_words_are_quit(open_slow_door, last):
    door = await open_slow_door()
    client = await door.opened.client()
    client.say(*MESSAGE, last)
    client.writer.write_eof()
    await door.opened.client_sent_all()
    await door.opened.client_closed()
    door.looked.set()
    assert (await client.hear_all())[5].startswith("451 4.4.2 ")
    assert door.opened.hop.messages == []


@pytest.mark.parametrize("leave", ["closes", "breaks"])
async def test_a_client_that_was_gone_before_the_end_of_data_was_read(open_door, leave):
    door = await open_door()
    client = await door.client()
    gone = asyncio.Event()
    begin = door.hop.begin

    async def wait_and_begin(envelope):
        door.hop.note("WAIT")
        await gone.wait()
        return await begin(envelope)

    door.hop.begin = wait_and_begin
    client.say(*MESSAGE)
    await door.hop.happened("WAIT")
    if leave == "closes":
        client.writer.write_eof()
        await door.client_closed()
    else:
        client.vanish()
        await door.client_left()
    gone.set()
    await door.hop.happened("RSET")
    assert (door.taken, door.hop.messages) == ([], [])
    # One that only closed its half is still answered, one that broke off is not.
    assert ("RCPT b@corp.example" in door.hop.events) == (leave == "closes")


async def test_a_client_that_closes_while_we_send_has_sent_its_message(open_door):
    sending, closed = asyncio.Event(), asyncio.Event()

    async def pause():
        sending.set()
        await closed.wait()

    door = await open_door()
    door.hop.pause = pause
    client = await door.client()
    client.say(*MESSAGE)
    await sending.wait()
    client.writer.write_eof()
    await door.client_closed()
    closed.set()
    assert (await client.hear_all())[-1] == "250 2.0.0 . fine"
    assert door.hop.messages == [b"one\r\n"]


async def test_a_client_that_does_not_read_is_let_go_and_not_obeyed_further(open_door):
    door = await open_door(idle_seconds=0.1, linger_seconds=0.02)
    door.hop.answers["MAIL"] = [LONG]
    client = await door.client()
    client.say(EHLO, MAIL, RCPT, "DATA", "one", ".")
    await door.all_left()
    assert door.hop.events == ["MAIL a@b.example", "RSET"]
    assert door.taken == []


async def test_a_client_that_reads_too_late_hears_why_and_is_not_obeyed_further(open_door):
    door = await open_door(idle_seconds=0.1, linger_seconds=60)
    door.hop.answers["MAIL"] = [LONG]
    client = await door.client()
    greeting = await client.hear()
    (connection,) = door.listener._open_doors.doors
    # The door goes on long before the last octet is out and the connection is lost.
    connection.transport.set_write_buffer_limits(high=2**22, low=2**21)
    client.say(*MESSAGE)
    await door.hung_up()
    client.reader._limit = 2**25
    heard = [greeting, *await client.hear_all()]
    assert [reply[:3] for reply in heard] == ["220", "250", "250", "421"]
    assert door.hop.events == ["MAIL a@b.example", "RSET"]


async def test_a_client_that_reads_late_hears_all(open_door):
    door = await open_door()
    door.hop.answers["MAIL"] = [LONG]
    client = await door.client()
    client.say(*MESSAGE, "QUIT")
    await door.hop.happened("MAIL a@b.example")
    client.reader._limit = 2**25
    heard = await client.hear_all()
    assert heard[2] == f"250 {LONG.lines[0]}"
    assert [reply[:3] for reply in heard] == "220 250 250 250 354 250 221".split()


async def lingering(door):
    """A client that does not read, on a connection that the door has closed."""
    door.hop.answers["MAIL"] = [LONG]
    client = await door.client()
    await client.hear()
    (connection,) = door.listener._open_doors.doors
    # The kernel's buffers are not ours to fill to the octet: all fits into ours.
    connection.transport.set_write_buffer_limits(high=2**30)
    client.say(EHLO, MAIL, "QUIT")
    await door.hop.happened("RSET")
    return client


async def test_a_connection_counts_until_its_socket_is_gone(open_door):
    door = await open_door(max_connections=1, linger_seconds=60)
    client = await lingering(door)
    other = await door.client()
    assert await other.hear_all() == ["421 4.3.2 too many connections"]
    client.vanish()
    await door.all_left()
    other = await door.client()
    assert (await other.hear()).startswith("220 ")


async def test_last_words_that_nobody_reads_do_not_hold_the_connection(open_door):
    door = await open_door(linger_seconds=0.05)
    await lingering(door)
    await door.all_left()
    assert door.listener.connections == 0


async def test_closing_breaks_off_last_words_that_nobody_reads(open_door):
    door = await open_door(linger_seconds=60)
    await lingering(door)
    await door.listener.close(0.02)
    assert door.listener.connections == 0


async def test_content_that_never_ends_is_ended(open_door):
    door = await open_door(content_seconds=0.1)
    client = await door.client()
    await client.envelope()
    await client.ask("DATA")
    client.say("an octet now and then")
    assert await client.hear_all() == ["421 4.4.2 waited too long"]
    await door.hop.happened("RSET")
    assert door.taken == []


@pytest.mark.slow
async def test_to_look_into_content_is_no_part_of_its_time(open_slow_door):
    door = await open_slow_door(content_seconds=0.2)
    client = await door.opened.client()
    client.say(*MESSAGE)
    await door.opened.client_sent_all()
    asyncio.get_running_loop().call_later(0.5, door.looked.set)
    heard = [await client.hear() for _ in range(6)]
    assert heard[-1] == "250 2.0.0 . fine"
    # Nor has the next command to be there by then.
    assert await client.ask("NOOP") == "250 2.0.0 ok"


async def test_all_content_shares_one_room(open_slow_door):
    door = await open_slow_door(max_in_flight=1000, max_size=1000)
    first = await door.opened.client()
    first.say(EHLO, MAIL, RCPT, "DATA", "x" * 598, ".")
    await door.opened.client_sent_all()
    second = await door.opened.client()
    await second.envelope()
    past, whole = b"x" * 399 + b"\r\n.\r\n", b"x" * 398 + b"\r\n.\r\n"
    assert await second.message(past) == "452 4.3.1 no room for the message"
    second.say(MAIL, RCPT, "DATA")
    second.send(whole)
    door.looked.set()
    assert [(await second.hear())[:3] for _ in range(4)] == ["250", "250", "354", "250"]
    assert sorted(map(len, door.opened.hop.messages)) == [400, 600]


async def test_room_is_given_back_whatever_becomes_of_the_content(open_door):
    door = await open_door(max_in_flight=1000, max_size=1000)
    for content in (b"x" * 998 + b"\r\n.\r\n", b"x" * 900 + b"\n\r\n.\r\n", b"x" * 2000):
        client = await door.client()
        await client.envelope()
        await client.ask("DATA")
        client.send(content)
        client.writer.write_eof()
        await client.hear_all()
    client = await door.client()
    await client.envelope()
    assert (await client.message(b"x" * 998 + b"\r\n.\r\n")).startswith("250 ")


async def test_the_largest_message_fits_into_any_room(open_door):
    door = await open_door(max_in_flight=10, max_size=1000)
    client = await door.client()
    await client.envelope()
    assert (await client.message(b"x" * 998 + b"\r\n.\r\n")).startswith("250 ")
