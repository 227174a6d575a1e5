"""What one connection may ask for: at each limit, and one past it."""

import pytest

from pratique.milter.next_hop import Reply

EHLO, MAIL, RCPT = "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<b@corp.example>"
NO = Reply(550, ("5.1.1 no such user",))
IDLE = ["NOOP", "RSET", "VRFY x", "HELP", "EHLO y", "HELO y", "noop x"]


async def begun(door):
    client = await door.client()
    await client.hear()
    assert (await client.ask(EHLO)).startswith("250")
    return client


@pytest.mark.parametrize("command", IDLE)
async def test_commands_that_bring_no_mail_are_counted(open_door, command):
    client = await begun(await open_door(max_idle_commands=5))
    for _ in range(4):
        assert (await client.ask(command))[0] == "2"
    assert await client.ask(command) == "421 4.7.0 too many commands that bring no mail"
    assert await client.hear() == ""


async def test_they_are_counted_from_one_message_to_the_next(open_door):
    client = await begun(await open_door(max_idle_commands=5))
    for _ in range(4):
        for line in ("NOOP", "RSET", "NOOP", MAIL, RCPT):
            assert (await client.ask(line)).startswith("250")
        assert (await client.message(b".\r\n")).startswith("250")


async def test_mail_that_is_begun_and_dropped_is_not_a_message(open_door):
    door = await open_door(max_idle_commands=5)
    client = await begun(door)
    client.say(*[MAIL, "RSET"] * 10)
    heard = await client.hear_all()
    assert [reply[:3] for reply in heard] == ["250"] * 9 + ["421"]


async def test_mail_that_is_not_taken_is_counted(open_door):
    door = await open_door(max_idle_commands=5)
    door.hop.answers["MAIL"] = [Reply(451, ("4.4.1 away",))] * 10
    client = await begun(door)
    client.say(*[MAIL] * 10)
    heard = await client.hear_all()
    assert [reply[:3] for reply in heard] == ["451"] * 4 + ["421"]


@pytest.mark.parametrize(("size", "code"), [(10**9, "552"), (1000, "452")])
async def test_mail_for_which_there_is_no_room_is_counted(open_door, size, code):
    door = await open_door(max_idle_commands=5, max_size=10**8, max_in_flight=0)
    client = await begun(door)
    (connection,) = door.listener._open_doors.doors
    connection.room.take(10**8)
    client.say(*[f"{MAIL} SIZE={size}"] * 10)
    heard = await client.hear_all()
    assert [reply[:3] for reply in heard] == [code] * 4 + ["421"]
    connection.room.give_back(10**8)


async def test_a_flood_in_one_packet_ends_as_soon(open_door):
    client = await begun(await open_door())
    client.send(b"NOOP\r\n" * 10_000)
    heard = await client.hear_all()
    assert len(heard) == 100
    assert heard[-1].startswith("421 4.7.0")


@pytest.mark.parametrize("where", ["here", "next hop"])
async def test_refused_recipients_are_counted_over_all_messages(open_door, where):
    door = await open_door(max_refused=3)
    client = await begun(door)
    path = "x@elsewhere.example" if where == "here" else "x@corp.example"
    door.hop.answers[path] = [NO] * 9
    for _ in range(3):
        assert (await client.ask(MAIL)).startswith("250")
        assert (await client.ask(f"RCPT TO:<{path}>")).startswith("550")
        assert (await client.ask(RCPT)).startswith("250")
        assert (await client.message(b".\r\n")).startswith("250")
    assert (await client.ask(MAIL)).startswith("250")
    client.say(f"RCPT TO:<{path}>", RCPT)
    heard = await client.hear_all()
    assert [reply[:9] for reply in heard] == [heard[0][:9], "421 4.7.0"]
    assert heard[0].startswith("550")


async def test_recipients_that_may_come_again_are_not_counted_as_refused(open_door):
    door = await open_door(max_refused=3)
    door.hop.answers["b@corp.example"] = [Reply(450, ("4.2.1 greylisted",))] * 10
    client = await begun(door)
    client.say(MAIL, *[RCPT] * 11, "QUIT")
    heard = await client.hear_all()
    assert [reply[:3] for reply in heard] == ["250"] + ["450"] * 10 + ["250", "221"]


async def test_who_asks_for_too_many_recipients_again_and_again_is_sent_away(open_door):
    client = await begun(await open_door(max_recipients=3))
    client.say(MAIL, *[RCPT] * 8)
    heard = await client.hear_all()
    codes = [reply[:3] for reply in heard]
    assert codes == ["250"] * 4 + ["452"] * 4 + ["421"]


async def test_broken_commands_are_counted(open_door):
    client = await begun(await open_door(max_errors=3))
    client.say("NONSENSE", "DATA", "NOOP\t", "NOOP")
    heard = await client.hear_all()
    assert [reply[:3] for reply in heard] == ["500", "503", "500", "421"]


async def test_a_command_may_be_as_long_as_the_setting_says(open_door):
    client = await begun(await open_door(max_command=1500))
    assert (await client.ask("NOOP " + "x" * 1493)).startswith("250")
    assert (await client.ask("NOOP " + "x" * 1494)).startswith("500 5.5.2")
    assert (await client.ask("NOOP " + "x" * 100_000)).startswith("500 5.5.2")
    assert (await client.ask("NOOP")).startswith("250")


async def test_the_longest_commands_of_all_extensions_fit_into_the_least_setting(open_door):
    """RFC 5321 4.5.3.1.3, RFC 1870, RFC 6152, RFC 6531, RFC 3461 4."""
    door = await open_door(max_command=1200, reply="queue")
    client = await begun(door)
    local = "l" * 64
    domain = ".".join(["d" * 62] * 3 + ["e" * 2])
    path = f"{local}@{domain}"
    assert len(path) == 256
    envid, orcpt = "e" * 100, "rfc822;" + "+41" * 164
    mail = f"MAIL FROM:<{path}> SIZE={'9' * 7} BODY=8BITMIME SMTPUTF8 RET=FULL ENVID={envid}"
    assert (await client.ask(mail)).startswith("250")
    rcpt = f"RCPT TO:<b@corp.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT={orcpt}"
    assert (await client.ask(rcpt)).startswith("250")


async def test_a_connection_may_bring_so_many_messages(open_door):
    client = await begun(await open_door(max_messages=2))
    for _ in range(2):
        for line in (MAIL, RCPT):
            assert (await client.ask(line)).startswith("250")
        assert (await client.message(b".\r\n")).startswith("250")
    assert (await client.ask(MAIL)).startswith("421 4.7.0 too many messages")
    assert await client.hear() == ""
