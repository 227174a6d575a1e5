"""Each group of recipients gets its share, one reply is true for all, and a retry doubles nothing.

Recipients are letters: what a policy says for each.  A is accepted as it is, X with a field,
S in another form than it came, Q is held, R refused.
"""

import asyncio
import errno
import os
import threading
from collections import Counter
from datetime import UTC, datetime

import pytest

from pratique.milter import actions
from pratique.milter.content import content_of
from pratique.milter.durable import Disk
from pratique.milter.mail import Envelope, Forward, Outgoing, Rewritten
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.folders import QuarantineError
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.sharing import Sharing
from pratique.milter.ways import Ways, Whole
from pratique.policies.verdict import Action, Edit, HeaderField, Verdict
from pratique.scanners.facts_pb2 import Facts

# Each opens a quarantine with its index.
pytestmark = pytest.mark.slow

OK, LATER, NO = Reply(250, ("2.0.0 Ok",)), Reply(451, ("4.3.0 later",)), Reply(550, ("5.1.1 no",))
ORDERS = {
    "A": Verdict(Action.ACCEPT, "all", ""),
    "X": Verdict(Action.ACCEPT, "mark", "", (HeaderField("X-Note", "marked"),)),
    "S": Verdict(Action.ACCEPT, "strip", "", edits=(Edit("strip", "strip", "", (1,)),)),
    "Q": Verdict(Action.QUARANTINE, "hold", "held"),
    "R": Verdict(Action.REJECT, "refuse", "not wanted"),
}
CONTENT = b"A: b\r\n\r\nold\r\n"


class Failing:
    """A disk that is full after some writes, or broken."""

    def __init__(self):
        self.left, self.broken = None, False

    def write(self, descriptor, octets):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(descriptor, octets)

    def fsync(self, descriptor):
        if self.broken:
            raise OSError(errno.EIO, "Input/output error")
        os.fsync(descriptor)

    def rename(self, source, target):
        source.rename(target)


@pytest.fixture
def disk():
    return Failing()


@pytest.fixture
def store(tmp_path, disk):
    made = Quarantine(tmp_path / "quarantine", disk=Disk(disk))
    made.delivered.prepare()
    yield made
    made.close()


class Door:
    """Takes what it is sent, unless it is told what to say to a letter."""

    def __init__(self, store):
        self.store = store
        # By letter, one reply a try; or for a whole transaction, each reply.
        self.answers = {}
        self.sent = []
        self.held = []
        self.apart = 0
        self.meanwhile = None

    async def send(self, outgoing, recipients):
        if self.meanwhile is not None:
            await self.meanwhile()
        names = "".join(one.address[0] for one in recipients)
        self.held.append(self.listed())
        replies = [self.answer(name) for name in names]
        octets = b"".join(outgoing.chunks())
        accepted = "".join(name for name, one in zip(names, replies, strict=True) if one.accepted)
        if accepted:
            self.sent.append((accepted, octets))
        if len(set(replies)) == 1:
            return replies[0]
        worst = min((one for one in replies if not one.accepted), key=lambda one: one.code)
        return Reply(worst.code, worst.lines, tuple(replies))

    async def sent_apart(self, outgoing, recipients):
        self.apart += 1
        return await self.send(outgoing, recipients)

    def answer(self, name):
        left = self.answers.get(name, [])
        return left.pop(0) if left else OK

    def listed(self):
        """The letters of those for whom something is in quarantine, and where it stands."""
        return sorted(
            ("".join(one[0] for one in each.recipients), each.state)
            for each in self.store.messages()
        )

    @property
    def delivered(self):
        """How often each letter was sent something."""
        return Counter(name for names, _ in self.sent for name in names)


@pytest.fixture
def door(store):
    return Door(store)


@pytest.fixture
def shared(store, door):
    """Share one message out by the letters of its recipients; what was done."""

    async def shared(letters, heard_by="sender", octets=CONTENT, **ways):
        content, new = content_of([octets]), content_of([b"A: b\r\n\r\nnew\r\n"])
        forwards = tuple(Forward(f"{one}{n}@x.example") for n, one in enumerate(letters))
        at = datetime(2026, 11, 22, tzinfo=UTC)
        whole = Whole(content, Envelope("Q1", at, "a@b.example", recipients=forwards), Facts())
        plan = actions.plan([ORDERS[one] for one in letters], heard_by)
        changed = {
            share.places: Outgoing(content, rewritten=Rewritten(new, 6, (), b"", 6, 8))
            for share in plan.accepted
            if share.edits
        }
        made = Ways(door.send, store.hold, heard_by, apart=door.sent_apart, **ways)
        done = await Sharing(plan, whole, made, store, changed).carry_out()
        content.close()
        new.close()
        assert len(done.outcomes) == len(letters)
        assert store.flush()
        return done

    return shared


async def test_some_get_it_and_for_others_it_is_held_before(shared, door):
    done = await shared("AQR")
    assert str(done.reply) == "250 2.0.0 Ok: taken as Q1"
    assert done.outcomes == ("delivered", "held", "held")
    assert door.sent == [("A", CONTENT)]
    # On the disk before anything went out.
    assert door.held == [[("QR", "held")]]
    (held,) = door.store.messages()
    assert done.held_as == held.id
    said = [one.reason for one in door.store.show(held.id).record.verdicts]
    assert said == ["held", "held, for its recipients differ: the rule says reject; not wanted"]


async def test_who_gets_it_whole_and_who_gets_it_changed_are_two_transactions(shared, door):
    done = await shared("ASA")
    assert done.outcomes == ("delivered",) * 3
    # Those who are fewer first.
    assert door.sent == [("S", b"A: b\r\n\r\nnew\r\n"), ("AA", CONTENT)]
    assert door.apart == 1
    assert door.listed() == [("S", "kept_original")]
    assert (await shared("ASA")).reply.accepted
    # The first was done with: this is another mail.
    assert door.delivered == {"A": 4, "S": 2}


@pytest.mark.parametrize("letters", ["AQ", "XQA", "ASQ", "SXAQR"])
async def test_what_is_deferred_leaves_no_copy_and_the_retry_makes_one(shared, door, letters):
    door.answers = {"A": [LATER]}
    done = await shared(letters)
    assert done.reply == LATER
    assert [one for one in door.listed() if one[1] == "held"] == []
    assert set(done.outcomes) <= {"deferred", "delivered"}
    done = await shared(letters)
    assert done.reply.accepted
    wanted = Counter(one for one in letters if one in "ASX")
    assert door.delivered == wanted
    held = "".join(one for one in letters if one in "QR")
    assert [one for one in door.listed() if one[1] == "held"] == ([(held, "held")] if held else [])


async def test_who_has_it_is_left_out_by_each_retry_until_all_have_it(shared, door):
    door.answers = {"A": [LATER, LATER]}
    assert (await shared("XA")).outcomes == ("delivered", "deferred")
    assert (await shared("XA")).outcomes == ("delivered", "deferred")
    assert (await shared("XA")).outcomes == ("delivered", "delivered")
    assert door.delivered == {"X": 1, "A": 1}
    # Nothing of it is left: who sends the same again means another mail.
    await shared("XA")
    assert door.delivered == {"X": 2, "A": 2}


async def test_another_message_to_the_same_is_not_left_out(shared, door):
    door.answers = {"A": [LATER]}
    await shared("XA")
    await shared("XA", octets=b"another")
    assert door.delivered == {"X": 2, "A": 1}


@pytest.mark.parametrize("heard_by", ["sender", "queue"])
async def test_what_is_refused_for_some_is_held_for_them(shared, door, heard_by):
    door.answers = {"X": [NO]}
    done = await shared("XAQ", heard_by)
    assert (done.reply.code, done.outcomes) == (250, ("held", "delivered", "held"))
    assert door.listed() == [("Q", "held"), ("X", "held")]
    reasons = [door.store.show(one.id).record.worst.reason for one in door.store.messages()]
    assert sorted(reasons) == ["held", "the next hop refuses it: 550 5.1.1 no"]


async def test_what_is_refused_for_all_is_refused(shared, door):
    door.answers = {"X": [NO], "S": [NO]}
    done = await shared("XS")
    assert (done.reply, done.outcomes) == (NO, ("refused", "refused"))
    assert door.listed() == []


async def test_behind_a_queue_what_is_refused_for_all_is_held(shared, door):
    door.answers = {"X": [NO], "S": [NO]}
    done = await shared("XS", "queue")
    assert (done.reply.code, done.outcomes) == (250, ("held", "held"))
    # What would have been changed is held as it came, and needs no original beside it.
    assert door.listed() == [("S", "held"), ("X", "held")]


# A next hop that answers for each recipient at the end of data (LMTP).


async def test_each_reply_of_an_lmtp_server_counts_for_its_recipient(shared, door):
    door.answers = {"A": [OK, NO, OK]}
    done = await shared("AAAQ")
    assert (done.reply.code, done.outcomes) == (250, ("delivered", "held", "delivered", "held"))
    assert [names for names, _ in door.sent] == ["AA"]
    assert door.listed() == [("A", "held"), ("Q", "held")]


async def test_who_was_deferred_by_an_lmtp_server_gets_it_by_the_retry_and_nobody_else(
    shared, door
):
    door.answers = {"A": [OK, LATER, NO]}
    done = await shared("AAAQ")
    assert done.reply == LATER
    assert done.outcomes == ("delivered", "deferred", "deferred", "deferred")
    assert door.listed() == []
    door.answers = {"A": [OK, NO]}
    done = await shared("AAAQ")
    assert (done.reply.code, done.outcomes) == (250, ("delivered", "delivered", "held", "held"))
    assert door.delivered == {"A": 2}


@pytest.mark.parametrize(("replies", "reply"), [([NO, LATER], LATER), ([NO, NO], NO)])
async def test_where_an_lmtp_server_takes_none_nothing_is_held(shared, door, replies, reply):
    door.answers = {"A": list(replies)}
    done = await shared("AA")
    assert (done.reply, door.listed(), door.sent) == (reply, [], [])


async def test_an_original_stays_for_who_was_sent_what_was_made_of_it(shared, door):
    door.answers = {"S": [OK, LATER]}
    assert (await shared("SS")).reply == LATER
    assert door.listed() == [("SS", "kept_original")]
    assert (await shared("SS")).reply.accepted
    assert door.listed() == [("SS", "kept_original")]
    assert door.delivered == {"S": 2}
    door.answers = {"S": [OK, NO]}
    done = await shared("SS", octets=CONTENT + b"more\r\n")
    assert done.held_as in [one.id for one in door.store.messages() if one.state == "held"]
    assert door.listed() == [("S", "held"), *[("SS", "kept_original")] * 2]


async def test_an_original_that_nobody_was_sent_is_withdrawn_once(shared, door, caplog):
    door.answers = {"S": [NO, LATER]}
    assert (await shared("SS")).reply == LATER
    assert door.listed() == []
    assert "not withdrawn" not in caplog.text


# A door that hands a message on by its reply alone.


async def test_who_waits_for_our_reply_is_not_written_down_as_served(shared, door, disk):
    door.answers = {"X": [NO]}

    async def full():
        disk.left = 0

    door.meanwhile = full
    done = await shared("XAA", by_reply=True)
    assert str(done.reply).startswith("452 4.3.1")
    assert done.outcomes == ("deferred",) * 3
    disk.left = door.meanwhile = None
    assert (await shared("XAA", by_reply=True)).outcomes == ("delivered",) * 3
    assert door.delivered == {"X": 1, "A": 4}


# Disks that fail.


@pytest.mark.parametrize("steps", range(7))
async def test_a_disk_that_is_full_at_any_step_loses_nothing_and_the_retry_is_whole(
    *, shared, door, disk, steps
):
    disk.left = steps
    done = await shared("AQS")
    disk.left = None
    if not done.reply.accepted:
        assert str(done.reply).startswith("452 4.3.1")
        assert (door.sent, door.listed()) == ([], [])
        assert (await shared("AQS")).reply.accepted
    assert door.delivered == {"A": 1, "S": 1}
    assert door.listed() == [("Q", "held"), ("S", "kept_original")]


async def test_a_delivery_that_cannot_be_noted_is_still_deferred(shared, door, disk, caplog):
    door.answers = {"A": [OK, LATER]}
    disk.broken = True
    assert (await shared("AA")).reply == LATER
    assert "a retry may double it" in caplog.text


async def test_what_cannot_be_held_after_some_have_it_is_deferred_and_they_are_left_out(
    shared, door, disk
):
    door.answers = {"X": [NO, NO]}

    async def full():
        disk.left = 0

    door.meanwhile = full
    assert str((await shared("XAA")).reply).startswith("452 4.3.1")
    disk.left = door.meanwhile = None
    done = await shared("XAA")
    assert (done.reply.code, done.outcomes) == (250, ("held", "delivered", "delivered"))
    assert door.delivered == {"A": 2}
    assert door.listed() == [("X", "held")]


async def test_a_send_that_breaks_off_leaves_the_copies_where_they_are(shared, door):
    async def broken():
        raise ConnectionError("our own mistake")

    door.meanwhile = broken
    with pytest.raises(ConnectionError):
        await shared("AQ")
    assert door.listed() == [("Q", "held")]
    assert door.store.flush()
    door.meanwhile = None
    assert (await shared("AQ")).reply.accepted
    assert door.listed() == [("Q", "held")]
    # Nobody is at it any more.
    (held,) = door.store.messages()
    door.store.delete(held.id)


async def test_a_send_that_breaks_off_behind_another_doubles_nothing(shared, door):
    async def broken():
        if door.sent:
            raise ConnectionError("our own mistake")

    door.meanwhile = broken
    with pytest.raises(ConnectionError):
        await shared("XAA")
    door.meanwhile = None
    assert (await shared("XAA")).reply.accepted
    assert door.delivered == {"X": 1, "A": 2}


async def test_a_copy_is_nobody_s_until_it_is_withdrawn_though_all_break_off(shared, door, disk):
    begun, go_on = threading.Event(), threading.Event()

    async def slow():
        disk.rename = lambda *paths: (begun.set(), go_on.wait(10), os.rename(*paths))

    door.meanwhile = slow
    door.answers = {"A": [LATER]}
    taking = asyncio.create_task(shared("AQ"))
    await asyncio.to_thread(begun.wait, 10)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    (copy,) = door.store.messages()
    with pytest.raises(QuarantineError, match="being worked on"):
        door.store.delete(copy.id)
    go_on.set()
    # It waits for who is still writing.
    door.store.close()
    assert door.listed() == []
