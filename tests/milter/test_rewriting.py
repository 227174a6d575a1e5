"""A message that a rule wants changed: what goes on, what is kept, and when it is held whole."""

import asyncio
import os
import runpy
from pathlib import Path

import pytest

from pratique.milter import rewriting
from pratique.milter.wall.faults import NurseryLost
from pratique.milter.wall.workers import NotRewritten
from pratique.scanners.facts_pb2 import ForeignField

REWRITTEN = runpy.run_path(str(Path(__file__).with_name("rewritten.py")))
Sees, MAIL, HEAD, TEXT = (REWRITTEN[name] for name in ("Sees", "MAIL", "HEAD", "TEXT"))


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
    assert b"\nMZ" not in sent
    assert states(quarantine) == [("kept_original", "programs go")]
    (message,) = quarantine.messages()
    descriptor = quarantine.content(message.id)
    assert os.read(descriptor, 1000) == MAIL
    os.close(descriptor)


async def test_a_message_that_is_nothing_but_the_part_becomes_the_note(strip, hop):
    head = b"From: a@b.example\r\nContent-Type: application/octet-stream\r\n"
    await strip(Sees(), head + b"X-Last: 1\r\n\r\nMZ\r\n")
    assert hop.sent[0].startswith(
        b"Received: here\r\nX-First: 1\r\nFrom: a@b.example\r\nX-Last: 1\r\nMIME-Version: 1.0\r\n"
    )
    assert b"\nMZ" not in hop.sent[0]


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
    assert b"\nMZ" not in sent["bob@Example.NET"]
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
