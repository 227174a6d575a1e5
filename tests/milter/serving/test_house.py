"""What a door sends its messages through: handed nurseries, and what it adds of ours."""

import asyncio
import contextlib
import socket
from datetime import UTC, datetime

import pytest

from pratique.milter.config import parse
from pratique.milter.mail import Envelope, Forward
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.sent.stated import StatedLedger
from pratique.milter.serving.house import HandedNurseries, own_fields_of, refusing
from pratique.milter.wall.faults import NurseryLost
from pratique.milter.wall.workers import NoMoreNurseries
from pratique.policies.policy import Policy
from pratique.scanners import frames
from pratique.scanners.facts_pb2 import Facts, Finding
from pratique.scanners.wall_pb2 import Answer, Hello

POLICY = Policy.load('[[rule]]\nname = "all"\nactions = ["accept"]\n')


async def nobody(_pid):
    pass


def nursery(name):
    """A nursery's end, and the control of it that is handed over."""
    theirs, ours = socket.socketpair()
    hello = Hello(format=frames.FORMAT, pid=1, scanners=[name])
    frames.send(theirs, Answer(hello=hello))
    return theirs, ours.detach()


async def test_a_nursery_is_waited_for_until_it_is_handed_over():
    handed = HandedNurseries(nobody)
    waiting = asyncio.create_task(handed())
    await asyncio.sleep(0)
    assert not waiting.done()
    theirs, control = nursery("first")
    handed.put(control)
    joined = await asyncio.wait_for(waiting, 5)
    assert joined.scanners == ("first",)
    joined.close()
    theirs.close()


async def test_who_wants_another_nursery_says_which_one_he_has_lost():
    lost = asyncio.Queue()
    handed = HandedNurseries(lost.put)
    theirs, control = nursery("first")
    handed.put(control)
    (await handed()).close()
    waiting = asyncio.create_task(handed())
    assert await asyncio.wait_for(lost.get(), 5) == 1
    theirs.close()
    theirs, control = nursery("second")
    handed.put(control)
    (await asyncio.wait_for(waiting, 5)).close()
    assert lost.empty()
    theirs.close()


async def test_only_the_last_nursery_counts():
    handed = HandedNurseries(nobody)
    ends = []
    for name in ("first", "second"):
        theirs, control = nursery(name)
        ends.append(theirs)
        handed.put(control)
    joined = await asyncio.wait_for(handed(), 5)
    assert joined.scanners == ("second",)
    with contextlib.suppress(ConnectionResetError):
        assert ends[0].recv(1) == b""
    joined.close()
    for end in ends:
        end.close()


async def test_a_nursery_that_has_ended_by_then_is_lost():
    handed = HandedNurseries(nobody)
    theirs, control = nursery("first")
    theirs.close()
    handed.put(control)
    joined = await handed()
    assert joined.lost
    joined.close()
    ours, control = socket.socketpair()
    ours.close()
    handed.put(control.detach())
    with pytest.raises(NurseryLost):
        await handed()


async def test_at_the_end_nobody_waits_for_a_nursery_and_nobody_gets_one():
    handed = HandedNurseries(nobody)
    waiting = [asyncio.create_task(handed()) for _ in range(2)]
    await asyncio.sleep(0)
    handed.end()
    for each in (*waiting, handed()):
        with pytest.raises(NoMoreNurseries):
            await asyncio.wait_for(each, 5)


async def test_a_nursery_that_came_before_the_end_is_given():
    handed = HandedNurseries(nobody)
    theirs, control = nursery("first")
    handed.put(control)
    handed.end()
    joined = await asyncio.wait_for(handed(), 5)
    assert joined.scanners == ("first",)
    joined.close()
    theirs.close()


REFUSING = Policy.load(
    """
[[rule]]
name = "bad"
when = 'findings.exists(f, f.severity == "malicious") && rcpt.domain == "corp.example"'
actions = ["reject"]
reason = "bad"
[[rule]]
name = "rest"
actions = ["accept"]
"""
)


@pytest.mark.parametrize(
    ("severity", "domains", "refused"),
    [
        ("malicious", ["corp.example", "corp.example"], True),
        ("malicious", ["corp.example", "else.example"], False),
        ("suspicious", ["corp.example"], False),
        ("malicious", [], False),
    ],
)
def test_refused_is_what_is_refused_to_each_recipient(severity, domains, refused):
    recipients = tuple(Forward(f"bob@{domain}") for domain in domains)
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), recipients=recipients)
    seen = Facts(findings=[Finding(severity=severity)])
    before = seen.SerializeToString(deterministic=True)
    assert refusing(REFUSING)(seen, envelope) is refused
    assert seen.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize(
    ("section", "is_ours", "adds"),
    [
        ("", False, False),
        ("[authentication]\n", False, False),
        ('[authentication]\nauthserv_id = "mx.example.org"\n', False, True),
        ("", True, True),
    ],
)
def test_fields_are_added_where_something_wants_them(section, is_ours, adds):
    our_mail = OurMail(StatedLedger(), ("example.org",)) if is_ours else None
    assert (own_fields_of(parse(section, "f"), our_mail) is not None) is adds
