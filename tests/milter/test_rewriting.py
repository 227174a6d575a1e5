"""A message that a rule wants changed: what goes on, what is kept, and when it is held whole."""

import asyncio
import os
from hashlib import sha256

import pytest

from pratique.milter import rewriting
from pratique.milter.content import content_of
from pratique.milter.next_hop import Reply
from pratique.milter.pipeline import Pipeline
from pratique.milter.recipe import Making
from pratique.milter.wall import NurseryLost
from pratique.milter.ways import Ways
from pratique.milter.workers import NotRewritten
from pratique.policies.policy import Policy
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.facts_pb2 import Facts, ForeignField
from pratique.scanners.rewrite import rewrite
from pratique.scanners.rewriting.outline import decoded, outline

POLICY = """
[[rule]]
name = "not for eve"
when = 'mail.subject == "eve" && rcpt.address.startsWith("eve")'
actions = ["accept"]

[[rule]]
name = "never for eve"
when = 'mail.subject == "not for eve" && rcpt.address.startsWith("eve")'
actions = ["reject"]
reason = "not for her"

[[rule]]
name = "anew"
when = 'mail.subject == "anew"'
actions = ["rebuild", "accept"]
reason = "in one reading"

[[rule]]
name = "programs go"
when = 'any_kind("executable") && mail.subject != "refuse"'
actions = ["strip", "accept", { add_header = "X-First: 1" }]
strip = ["executable"]
reason = "no programs by mail"

[[rule]]
name = "refuse notes"
when = 'mail.subject == "second" || failures.size() > 0'
actions = ["reject"]
reason = "the second look finds more"

[[rule]]
name = "once more"
when = 'mail.subject == "more"'
actions = ["rebuild", "accept"]
reason = "again"

[[rule]]
name = "mark"
when = 'mail.subject == "mark"'
actions = ["accept", { add_header = "X-First: 1" }, { add_header = "X-Second: 2" }]

[[rule]]
name = "all other mail"
actions = ["accept"]
"""
HEAD = (
    b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
)
TEXT = b"--b\r\n\r\nhello\r\n"
FILE = b"--b\r\nContent-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n"
MAIL = HEAD + TEXT + FILE + b"--b--\r\n"


class Sees:
    """Sees the parts by their places, and rewrites as a worker does, in this process."""

    def __init__(self, subject="hello"):
        self.subject, self.looks, self.error = subject, 0, None
        # Changes the facts of the look of this number.
        self.change = {}
        self.made = []

    async def inspect(self, content, envelope):
        self.looks += 1
        octets = b"".join(content.span(0, content.size))
        facts = Facts(envelope=envelope.to_facts())
        facts.mail.subject = self.subject
        facts.parts.add(parent=-1, kind="message", views=["standard"])
        root = outline(octets, Budget(Limits()))
        for node in root.children or [root]:
            body = decoded(node, Budget(Limits()))
            number = len(facts.parts)
            facts.parts.add(
                id=number, parent=0, path=str(number), sha256=sha256(body).hexdigest(),
                views=["standard"], kind="executable" if body.startswith(b"MZ") else "text",
                name="a.exe", declared_type=node.entity.declared_type,
            )  # fmt: skip
        if self.looks in self.change:
            await self.change[self.looks](facts)
        return facts

    async def rewrite(self, content, edits):
        if self.error:
            raise self.error
        making = Making(content)
        octets = b"".join(content.span(0, content.size))
        for said in rewrite(memoryview(octets), edits, Budget(Limits())):
            making.take(said)
        making.finish()
        if making.refused:
            making.discard()
            raise NotRewritten(making.refused)
        self.made.append(making.made())
        return self.made[-1]


@pytest.fixture
def strip(envelope, hop, quarantine):
    """Have octets taken by a pipeline whose policy takes programs out."""

    async def taken(sees, octets=MAIL, heard_by="sender", *, store=quarantine, most=0, apart=False):
        content = content_of([octets])
        ways = Ways(
            *(hop.send, store.hold, heard_by, b"Received: here\r\n"),
            most=most,
            apart=hop.send if apart else None,
        )
        reply = await Pipeline(sees, Policy.load(POLICY), store).take(content, envelope, ways)
        content.close()
        assert all(made.content.descriptor == -1 for made in sees.made)
        return reply

    return taken


def states(quarantine):
    return [(one.state, one.rule) for one in quarantine.messages()]


def reason(quarantine):
    (message,) = quarantine.messages()
    return quarantine.show(message.id).record.worst.reason


async def test_what_goes_on_has_a_note_and_the_original_is_kept(strip, hop, quarantine):
    assert str(await strip(Sees())) == "250 2.0.0 Ok: taken as Q1"
    (sent,) = hop.sent
    front = b"Received: here\r\nX-First: 1\r\n"
    assert sent.startswith(front + HEAD + TEXT + b"--b\r\nContent-Type: text/plain;")
    assert sent.endswith(b"Q1\r\n--b--\r\n")
    assert b"no programs by mail" in sent
    assert b"MZ" not in sent
    assert states(quarantine) == [("kept_original", "programs go")]
    (message,) = quarantine.messages()
    descriptor = quarantine.content(message.id)
    assert os.read(descriptor, 1000) == MAIL
    os.close(descriptor)


async def test_the_original_is_on_the_disk_before_anything_goes_on(strip, hop, quarantine):
    seen_then = []
    send = hop.send

    async def sending(outgoing, recipients):
        seen_then.extend(states(quarantine))
        return await send(outgoing, recipients)

    hop.send = sending
    await strip(Sees())
    assert seen_then == [("kept_original", "programs go")]


async def test_a_message_that_is_nothing_but_the_part_becomes_the_note(strip, hop):
    head = b"From: a@b.example\r\nContent-Type: application/octet-stream\r\n"
    await strip(Sees(), head + b"X-Last: 1\r\n\r\nMZ\r\n")
    assert hop.sent[0].startswith(
        b"Received: here\r\nX-First: 1\r\nFrom: a@b.example\r\nX-Last: 1\r\nMIME-Version: 1.0\r\n"
    )
    assert b"MZ" not in hop.sent[0]


async def test_a_message_without_such_a_part_goes_on_as_it_came(strip, hop, quarantine):
    sees = Sees()
    plain = HEAD + TEXT + b"--b--\r\n"
    await strip(sees, plain)
    assert hop.sent == [b"Received: here\r\n" + plain]
    assert (sees.looks, states(quarantine)) == (1, [])


async def test_fields_of_both_looks_are_put_in_front_each_once(strip, hop):
    await strip(Sees("mark"))
    assert hop.sent[0].startswith(b"Received: here\r\nX-First: 1\r\nX-Second: 2\r\nFrom:")


async def test_a_message_is_written_anew_and_once_is_enough(strip, hop, quarantine):
    sees = Sees("anew")
    await strip(sees, MAIL.replace(b"boundary=b", b"boundary=b; boundary=b"))
    assert hop.sent[0].count(b"=_pratique-000001") == 4
    # The second look orders the same again, and that would change nothing.
    assert (sees.looks, states(quarantine)) == (2, [("kept_original", "anew")])


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("second", "not accepted: refuse notes: the second look finds more"),
        ("more", "changed once more: once more"),
    ],
)
async def test_what_the_second_look_does_not_accept_is_held_whole(
    *, strip, hop, quarantine, subject, why
):
    assert (await strip(Sees(subject))).code == 250
    assert hop.sent == []
    assert states(quarantine) == [("held", "programs go")]
    assert why in reason(quarantine)


@pytest.mark.parametrize("heard_by", ["sender", "queue"])
@pytest.mark.parametrize("error", [NotRewritten("the worker died"), TimeoutError("no worker")])
async def test_what_cannot_be_changed_is_held_whole(*, strip, hop, quarantine, error, heard_by):
    sees = Sees()
    sees.error = error
    assert (await strip(sees, heard_by=heard_by)).code == 250
    assert hop.sent == []
    assert states(quarantine) == [("held", "programs go")]
    assert f"`strip` cannot be done: {error}" in reason(quarantine)


async def test_what_is_signed_is_held_whole(strip, hop, quarantine):
    await strip(Sees(), MAIL.replace(b"/mixed", b"/signed"))
    assert (hop.sent, states(quarantine)) == ([], [("held", "programs go")])
    assert "signed" in reason(quarantine)


async def test_without_a_nursery_it_comes_again(strip, hop, quarantine):
    sees = Sees()
    sees.error = NurseryLost("it ended")
    assert str(await strip(sees)).startswith("451 4.3.0")
    assert (hop.sent, states(quarantine)) == ([], [])


async def lost_part(facts):
    facts.parts[1].sha256 = "another"


async def one_more(facts):
    facts.parts.add(id=9, kind="text", sha256="more")


async def moved_field(facts):
    facts.mail.foreign_fields.append(ForeignField(name="X-Pratique-X", start=200, end=300))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lost_part, "1 parts of it are not in what was made"),
        (one_more, "parts that it had not"),
        (moved_field, "only we may write"),
    ],
)
async def test_a_second_look_that_shows_another_message_holds_it(
    *, strip, hop, quarantine, change, why
):
    sees = Sees()
    sees.change[2] = change
    await strip(sees)
    assert (hop.sent, states(quarantine)) == ([], [("held", "programs go")])
    assert why in reason(quarantine)


async def test_what_takes_too_long_is_held(strip, hop, quarantine):
    sees = Sees()

    async def late(facts):
        # Where the deadline has passed, the loop says so at the next turn.
        raise TimeoutError

    sees.change[2] = late
    await strip(sees)
    assert (hop.sent, states(quarantine)) == ([], [("held", "programs go")])
    assert f"{rewriting.SECONDS:g} s" in reason(quarantine)


async def test_who_gets_it_whole_and_who_gets_it_changed_each_get_theirs(strip, hop, quarantine):
    assert (await strip(Sees("eve"), apart=True)).code == 250
    sent = dict(zip((one for (one,) in hop.recipients), hop.sent, strict=True))
    assert b"MZ" in sent["eve@example.net"]
    assert b"MZ" not in sent["bob@Example.NET"]
    assert [one.recipients for one in quarantine.messages()] == [("bob@Example.NET",)]


async def test_where_one_content_can_leave_the_other_is_held(strip, hop, quarantine):
    assert (await strip(Sees("eve"))).code == 250
    assert hop.recipients == [["bob@Example.NET"]]
    rows = sorted((one.state, one.recipients) for one in quarantine.messages())
    assert rows == [("held", ("eve@example.net",)), ("kept_original", ("bob@Example.NET",))]


async def test_what_cannot_be_changed_for_some_is_held_for_them_alone(strip, hop, quarantine):
    sees = Sees("eve")
    sees.error = NotRewritten("the worker died")
    await strip(sees, apart=True)
    assert hop.recipients == [["eve@example.net"]]
    assert states(quarantine) == [("held", "programs go")]


async def test_what_was_made_for_some_is_not_held_back_by_what_is_decided_for_others(
    strip, hop, quarantine
):
    sees = Sees("eve")

    async def refused_for_eve(facts):
        facts.mail.subject = "not for eve"

    sees.change[2] = refused_for_eve
    assert (await strip(sees, apart=True)).code == 250
    assert sorted(hop.recipients) == [["bob@Example.NET"], ["eve@example.net"]]


@pytest.mark.parametrize(("past", "held"), [(0, False), (1, True)])
async def test_what_grows_beyond_what_the_door_takes_is_held(*, strip, hop, quarantine, past, held):
    await strip(Sees())
    size = len(hop.sent.pop()) - len(b"Received: here\r\nX-First: 1\r\n")
    (message,) = quarantine.messages()
    quarantine.delete(message.id)
    await strip(Sees(), most=size - past)
    assert states(quarantine) == [("held" if held else "kept_original", "programs go")]


@pytest.mark.parametrize("code", [451, 550])
async def test_an_original_is_withdrawn_when_nothing_goes_on(strip, hop, quarantine, code):
    hop.reply = Reply(code, ("4.0.0 no",))
    assert (await strip(Sees())).code == code
    assert states(quarantine) == []


async def test_an_original_of_an_earlier_try_stays(strip, hop, quarantine):
    await strip(Sees())
    hop.reply = Reply(451, ("4.3.0 later",))
    await strip(Sees())
    assert states(quarantine) == [("kept_original", "programs go")]


async def test_behind_a_queue_what_the_next_hop_refuses_is_held_as_it_came(strip, hop, quarantine):
    hop.reply = Reply(550, ("5.1.1 no",))
    assert (await strip(Sees(), heard_by="queue")).code == 250
    ((state, rule),) = states(quarantine)
    assert (state, rule) == ("held", "refused by the next hop")
    (message,) = quarantine.messages()
    assert message.size == len(MAIL)


async def test_where_the_original_cannot_be_kept_nothing_goes_on(strip, hop, quarantine):
    class Full:
        hold, delivered = quarantine.hold, quarantine.delivered
        withdraw = quarantine.withdraw

        async def put(self, held, stage):
            raise OSError(28, "No space left on device")

    assert str(await strip(Sees(), store=Full())).startswith("452 4.3.1")
    assert (hop.sent, states(quarantine)) == ([], [])


async def test_an_original_that_is_released_passes_as_it_came(strip, hop, quarantine, released):
    await strip(Sees())
    sent, _ = await released()
    hop.sent.clear()
    line = sent.partition(b"\r\n")[0]
    sees = Sees()

    async def token(facts):
        facts.mail.release_token = line.partition(b": ")[2].decode()
        facts.mail.foreign_fields.add(name="X-Pratique-Release", start=0, end=len(line) + 2)

    sees.change[1] = token
    await strip(sees, sent)
    assert hop.sent == [b"Received: here\r\n" + sent[len(line) + 2 :]]
    assert b"MZ" in hop.sent[0]


async def test_a_door_that_gives_up_leaves_no_content_open(strip, quarantine):
    sees, waits = Sees(), asyncio.Event()

    async def wait(facts):
        waits.set()
        await asyncio.Event().wait()

    sees.change[2] = wait
    task = asyncio.create_task(strip(sees))
    await waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [made.content.descriptor for made in sees.made] == [-1]
    assert states(quarantine) == []
