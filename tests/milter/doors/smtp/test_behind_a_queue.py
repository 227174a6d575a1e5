"""Behind a queue a refusal is a bounce: the door takes, defers or holds, and never refuses.

What the door can say with 5yz is driven out of it line by line, first where a sender hears
it, to know that the lines do it, then behind a queue.
"""

import importlib
import pkgutil
from dataclasses import replace

import pytest

from pratique.milter import doors
from pratique.milter.doors import replies
from pratique.milter.doors.replies import softened
from pratique.milter.doors.smtp import attributes, command, inbox
from pratique.milter.doors.smtp.ending import Fault
from pratique.milter.mail import Forward, Outgoing
from pratique.milter.next_hop import Reply

EHLO, MAIL, RCPT = b"EHLO x", b"MAIL FROM:<a@b.example>", b"RCPT TO:<b@corp.example>"
CONTENT = b"Subject: x\r\n\r\nhello\r\n.\r\n"
TRANSACTION = (EHLO, MAIL, RCPT, b"DATA")

# What the door says, and the lines that make it say so; the last one is the one refused.
REFUSED = [
    (replies.NO_SUCH_COMMAND, (b"NONSENSE",)),
    (replies.NOT_AUTHORIZED, (EHLO, b"XCLIENT NAME=x")),
    (replies.LONG_LINE, (*TRANSACTION, b"x" * 999 + b"\r\n.")),
    (replies.EIGHT_BIT_HEADER, (*TRANSACTION, b"X: \xe4\r\n.")),
    (replies.NUL, (*TRANSACTION, b"\0\r\n.")),
    (replies.NOT_OFFERED, (EHLO, b"STARTTLS")),
    (replies.NOT_OFFERED, (EHLO, b"AUTH PLAIN")),
    (replies.HELO_FIRST, (MAIL,)),
    (replies.NESTED_MAIL, (EHLO, MAIL, MAIL)),
    (replies.MAIL_FIRST, (EHLO, RCPT)),
    (replies.MAIL_FIRST, (EHLO, b"DATA")),
    (replies.RCPT_FIRST, (EHLO, MAIL, b"DATA")),
    (replies.IN_TRANSACTION, (EHLO, MAIL, b"XFORWARD NAME=x")),
    (replies.NO_ARGUMENT, (EHLO, MAIL, RCPT, b"DATA now")),
    (replies.NO_ARGUMENT, (EHLO, b"RSET now")),
    (replies.BAD_HELO, (b"EHLO",)),
    (replies.BAD_HELO, (b"HELO a b",)),
    (replies.TOO_LARGE, (EHLO, MAIL + b" SIZE=1002")),
    (replies.BARE_LINE_END, (*TRANSACTION, b"a bare\nline end\r\n.")),
    (replies.RELAYING_DENIED, (EHLO, MAIL, b"RCPT TO:<b@elsewhere.example>")),
    (command.NOT_ASCII, (EHLO, "MAIL FROM:<jörg@b.example>".encode())),
    (command.NOT_ASCII, (EHLO, MAIL, "RCPT TO:<jörg@corp.example>".encode())),
    (command.BAD_REVERSE_PATH, (EHLO, b"MAIL FROM:<a@@b.example>")),
    (command.BAD_FORWARD_PATH, (EHLO, MAIL, b"RCPT TO:<b @corp.example>")),
    (command.MAIL_SYNTAX, (EHLO, b"MAIL a@b.example")),
    (command.RCPT_SYNTAX, (EHLO, MAIL, b"RCPT b@corp.example")),
    (command.BAD_PARAMETER, (EHLO, MAIL + b" SIZE=x")),
    (command.UNKNOWN_PARAMETER, (EHLO, MAIL + b" BY=1;R")),
    (command.UNKNOWN_PARAMETER, (EHLO, MAIL, RCPT + b" FUTURE=1")),
    (inbox.TOO_LONG, (EHLO, b"NOOP " + b"x" * inbox.MAX_COMMAND)),
    (inbox.BARE_LINE_END, (EHLO, b"NOOP\nNOOP\n")),
    (inbox.NOT_TEXT, (EHLO, b"NOOP \xff")),
    (attributes.BAD_SYNTAX, (EHLO, b"XFORWARD NAME")),
    (attributes.BAD_VALUE, (EHLO, b"XFORWARD ADDR=nowhere")),
]
# What a server in front took is taken behind a queue, or held, and not deferred for ever.
TAKEN = {
    command.NOT_ASCII,
    command.BAD_REVERSE_PATH,
    command.BAD_FORWARD_PATH,
    replies.LONG_LINE,
    replies.EIGHT_BIT_HEADER,
    replies.NUL,
}
FORMS = frozenset({Fault.LONG_LINE, Fault.EIGHT_BIT_HEADER, Fault.NUL})
NAMES = [f"{reply.code} {lines[-1][:24]!r}" for reply, lines in REFUSED]


@pytest.fixture
def open_in(open_door, loopback):
    """Open a door that has every reason to refuse."""

    async def make(reply, take=None, **changed):
        small = {"max_size": 1001, "max_in_flight": 1001}
        return await open_door(take, reply=reply, xforward_from=loopback, **(small | changed))

    return make


async def hold_refused(content, envelope, downstream):
    reply = await downstream.send(Outgoing(content))
    return replies.OK if reply.code >= 500 else reply


async def said_to(door, lines):
    """Say lines one after the other, and give what is heard."""
    client = await door.client()
    await client.hear()
    heard = []
    for line in lines:
        client.send(line + b"\r\n")
        heard.append(await client.hear())
    return heard


def refusals(heard):
    return [reply for reply in heard if reply.startswith("5")]


@pytest.mark.parametrize(("reply", "lines"), REFUSED, ids=NAMES)
async def test_a_sender_hears_why(open_in, reply, lines):
    heard = await said_to(await open_in("sender", unwanted_forms=FORMS), lines)
    assert refusals(heard) == [heard[-1]] == [str(reply)]


@pytest.mark.parametrize(("reply", "lines"), REFUSED, ids=NAMES)
async def test_a_queue_hears_that_it_may_try_again(open_in, reply, lines):
    heard = await said_to(await open_in("queue", hold_refused, unwanted_forms=FORMS), lines)
    assert refusals(heard) == []
    assert heard[-1].startswith("250") if reply in TAKEN else heard[-1] == str(softened(reply))


@pytest.mark.parametrize(("mode", "code"), [("sender", "550"), ("queue", "451")])
async def test_a_peer_that_is_not_listed_may_not_forward(open_door, mode, code):
    heard = await said_to(await open_door(reply=mode), (EHLO, b"XFORWARD NAME=x"))
    assert heard[-1].startswith(code)


def test_nothing_that_the_door_can_say_is_left_out():
    modules = [
        importlib.import_module(one.name)
        for one in pkgutil.walk_packages(doors.__path__, f"{doors.__name__}.")
    ]
    said = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Reply) and value.code >= 500
    }
    # TLS is demanded where there is a certificate: test_starttls.py.
    assert said == {reply for reply, _ in REFUSED} | {replies.TLS_FIRST}


async def test_the_log_says_what_an_admin_must_mend(open_in, caplog):
    door = await open_in("queue")
    await said_to(door, (EHLO, MAIL, b"RCPT TO:<b@elsewhere.example>"))
    (line,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert "127.0.0.1: RCPT 'TO:<b@elsewhere.example>'" in line.getMessage()
    assert "name that server in relay_from" in line.getMessage()


async def test_what_only_follows_from_a_deferral_is_no_error(open_in, caplog):
    door = await open_in("queue")
    door.hop.answers["MAIL"] = [Reply(451, ("4.4.1 next hop is away",))]
    heard = await said_to(door, (EHLO, MAIL, RCPT, b"DATA"))
    assert [reply[:3] for reply in heard[1:]] == ["451", "451", "451"]
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []


NO = Reply(550, ("5.1.1 no such user",))


@pytest.mark.parametrize("key", ["MAIL", "b@corp.example", "."])
async def test_what_the_next_hop_refuses_is_told_to_who_decides(open_in, key):
    outcomes = []

    async def take(content, envelope, downstream):
        outcomes.append(await door.send_on(content, downstream))
        return replies.OK

    door = await open_in("queue", take)
    door.hop.answers[key] = [NO]
    heard = await said_to(door, (*TRANSACTION, CONTENT[:-2]))
    assert [reply[:3] for reply in heard[1:]] == ["250", "250", "354", "250"]
    assert outcomes == [NO]
    assert door.taken[0].envelope.recipients == (Forward("b@corp.example"),)
    assert door.hop.messages == []


@pytest.mark.parametrize("key", ["MAIL", "b@corp.example", "."])
async def test_what_the_next_hop_defers_is_deferred(open_in, key):
    door = await open_in("queue")
    door.hop.answers[key] = [Reply(450, ("4.2.1 greylisted",))]
    lines = {"MAIL": (EHLO, MAIL), "b@corp.example": (EHLO, MAIL, RCPT)}
    heard = await said_to(door, lines.get(key, (*TRANSACTION, CONTENT[:-2])))
    assert heard[-1] == "450 4.2.1 greylisted"


async def test_a_refusal_of_who_decides_is_softened_too(open_in):
    async def take(content, envelope, downstream):
        return replace(NO, lines=("5.7.1 Message refused by policy",))

    heard = await said_to(await open_in("queue", take), (*TRANSACTION, CONTENT[:-2]))
    assert heard[-1] == "451 4.7.1 Message refused by policy"


async def test_no_largest_size_is_announced_behind_a_queue(open_in):
    for mode, size in (("queue", "250-SIZE 0"), ("sender", "250-SIZE 1001")):
        (offered,) = await said_to(await open_in(mode), (EHLO,))
        assert size in offered.split("\n")


@pytest.mark.parametrize(
    ("octets", "heard"), [(1000, "250 2.0.0"), (1002, "250 2.0.0"), (2000, "250 2.0.0")]
)
async def test_content_past_the_largest_size_is_taken(open_in, octets, heard):
    door = await open_in("queue", max_in_flight=2000)
    said = await said_to(door, (*TRANSACTION, b"x" * (octets - 2) + b"\r\n."))
    assert said[-1].startswith(heard)
    assert len(door.taken[0].content) == octets


async def test_content_past_all_the_room_is_deferred(open_in):
    door = await open_in("queue", max_in_flight=2000)
    said = await said_to(door, (*TRANSACTION, b"x" * 1999 + b"\r\n."))
    assert said[-1].startswith("452 4.3.")
    assert door.taken == []


async def test_wishes_for_notifications_are_handed_on_and_not_left_to_the_queue(open_door):
    door = await open_door(reply="queue")
    lines = (EHLO, MAIL + b" RET=HDRS ENVID=x", RCPT + b" NOTIFY=SUCCESS,DELAY", b"DATA")
    heard = await said_to(door, (*lines, CONTENT[:-2]))
    assert "250-DSN" in heard[0].split("\n")
    (taken,) = door.taken
    assert taken.envelope.parameters == ("RET=HDRS", "ENVID=x")
    assert taken.envelope.recipients == (Forward("b@corp.example", ("NOTIFY=SUCCESS,DELAY",)),)


# What a server in front takes and we would refuse; the last is what it says of a client.
ODD = [
    (b"<a@@b.example>", "a@@b.example"),
    (b"<a@b..example>", "a@b..example"),
    (b'<a"b@c.example>', 'a"b@c.example'),
    (b'<"a>b"@c.example>', '"a>b"@c.example'),
    (b"<b @corp.example>", "b @corp.example"),
    (b"<@a@b>", "@a@b"),
    ("<jörg@b.example>".encode(), "jörg@b.example"),
    (b"<" + b"l" * 257 + b"@b.example>", "l" * 257 + "@b.example"),
]


@pytest.mark.parametrize(("path", "address"), ODD, ids=[address[:20] for _, address in ODD])
async def test_a_path_that_breaks_the_grammar_goes_on_as_it_is(open_in, loopback, path, address):
    door = await open_in("queue", relay_from=loopback)
    lines = (EHLO, b"MAIL FROM:" + path + b" RET=HDRS", b"RCPT TO:" + path, b"DATA", CONTENT[:-2])
    heard = await said_to(door, lines)
    assert [reply[:3] for reply in heard] == ["250", "250", "250", "354", "250"]
    (taken,) = door.taken
    assert taken.envelope.reverse_path == address
    assert taken.envelope.parameters == ("RET=HDRS",)
    assert taken.envelope.recipients == (Forward(address),)


@pytest.mark.parametrize(("path", "address"), ODD, ids=[address[:20] for _, address in ODD])
async def test_such_a_path_that_the_next_hop_refuses_is_held_at_once(
    open_in, loopback, path, address
):
    door = await open_in("queue", hold_refused, relay_from=loopback)
    door.hop.answers[address] = [NO]
    heard = await said_to(door, (EHLO, MAIL, b"RCPT TO:" + path, b"DATA", CONTENT[:-2]))
    assert heard[-1] == "250 2.0.0 ok"
    assert door.hop.messages == []


@pytest.mark.parametrize(
    "path", [b"b@corp.example", b"<b@corp.example", b"<b<c>", b"<>", b"<a>b", b'<"a>b"@c..d>']
)
async def test_what_is_no_path_at_all_is_deferred(open_in, path):
    heard = await said_to(await open_in("queue"), (EHLO, MAIL, b"RCPT TO:" + path))
    assert heard[-1].startswith("451 4.1.3")


@pytest.mark.parametrize(
    ("form", "content"),
    [
        (Fault.LONG_LINE, b"x" * 999 + b"\r\n."),
        (Fault.EIGHT_BIT_HEADER, b"Subject: \xe4\r\n\r\nx\r\n."),
        (Fault.NUL, b"a\0b\r\n."),
    ],
)
async def test_content_of_an_unwanted_form_is_held_whole(open_in, form, content):
    outcomes = []

    async def take(content, envelope, downstream):
        outcomes.append(await downstream.send(Outgoing(content)))
        return replies.OK

    door = await open_in("queue", take, unwanted_forms=frozenset({form}))
    heard = await said_to(door, (*TRANSACTION, content))
    assert heard[-1] == "250 2.0.0 ok"
    assert outcomes[0].code == 550
    assert door.taken[0].content == content[:-1]
    assert door.hop.messages == []


async def test_whatever_the_next_hop_has_a_queue_is_offered_all(open_door):
    for announced in (frozenset(), frozenset({"PIPELINING"})):
        door = await open_door(reply="queue")
        door.hop.announced = announced
        (offered,) = await said_to(door, (EHLO,))
        assert {"250-8BITMIME", "250-SMTPUTF8", "250-DSN"} <= set(offered.split("\n"))
