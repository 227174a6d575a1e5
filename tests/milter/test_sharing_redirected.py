"""A share that goes to another address: once, whoever else gets the message, and whatever fails.

Recipients are letters: A gets it as it is, X with a field, Q is held, R refused; D is redirected
to the analyst, E too and with a field, F to somebody else.
"""

import contextlib
from datetime import UTC, datetime

import pytest

from pratique.milter import actions
from pratique.milter.carry_out import carry_out
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.ways import Ways, Whole
from pratique.policies.verdict import Action, HeaderField, Verdict
from pratique.scanners.facts_pb2 import Facts

# Each opens a quarantine with its index.
pytestmark = pytest.mark.slow

OK, LATER = Reply(250, ("2.0.0 Ok",)), Reply(451, ("4.2.2 <analyst@o.example> is full",))
NO = Reply(550, ("5.1.1 <analyst@o.example> unknown",))
FIELD = (HeaderField("X-Note", "marked"),)
ANALYST = "analyst@o.example"
ORDERS = {
    "A": Verdict(Action.ACCEPT, "all", ""),
    "X": Verdict(Action.ACCEPT, "mark", "", FIELD),
    "Q": Verdict(Action.QUARANTINE, "hold", "held"),
    "R": Verdict(Action.REJECT, "refuse", "not wanted"),
    "S": Verdict(Action.REJECT, "refuse so", "not wanted", reply="5.6.0 Not so"),
    "D": Verdict(Action.REDIRECT, "look", "a program", redirect=ANALYST),
    "E": Verdict(Action.REDIRECT, "look", "a program", FIELD, redirect=ANALYST),
    "F": Verdict(Action.REDIRECT, "other", "a script", redirect="other@o.example"),
}


class Door:
    """Notes what it is given, in order; says what it was told to."""

    def __init__(self, store):
        self.store, self.said, self.answers = store, [], {}

    async def send(self, outgoing, recipients):
        return self.answer("".join(one.address[0] for one in recipients))

    async def redirect(self, outgoing, recipients, instead, is_last):
        names = "".join(one.address[0] for one in recipients)
        assert instead.parameters == ("NOTIFY=NEVER",)
        return self.answer(
            f"{names}>{instead.address.partition('@')[0]}{'' if is_last else ' apart'}"
        )

    def answer(self, what):
        self.said.append(what)
        left = self.answers.get(what[0], [])
        return left.pop(0) if left else OK


@pytest.fixture
def store(tmp_path):
    made = Quarantine(tmp_path / "quarantine")
    made.delivered.prepare()
    yield made
    made.close()


@pytest.fixture
def door(store):
    return Door(store)


@pytest.fixture
def shared(store, door):
    async def shared(letters, heard_by="sender", contents=8, **ways):
        content = content_of([b"A: b\r\n\r\nold\r\n"])
        forwards = tuple(Forward(f"{one}{n}@x.example") for n, one in enumerate(letters))
        at = datetime(2026, 11, 22, tzinfo=UTC)
        whole = Whole(content, Envelope("Q1", at, "a@b.example", recipients=forwards), Facts())
        plan = actions.plan([ORDERS[one] for one in letters], heard_by, contents=contents)
        ways = {"apart": door.send, "redirect": door.redirect, **ways}
        made = Ways(door.send, store.hold, heard_by, **ways)
        done = await carry_out(plan, whole, made, store, {})
        content.close()
        assert store.flush()
        return done

    return shared


def held(store):
    return ["".join(one[0] for one in each.recipients) for each in store.messages()]


@pytest.mark.parametrize("heard_by", ["sender", "queue"])
async def test_several_recipients_of_one_address_are_one_copy(shared, door, heard_by):
    done = await shared("DD", heard_by)
    assert str(done.reply) == "250 2.0.0 Ok: taken as Q1"
    assert done.outcomes == ("redirected", "redirected")
    assert done.plan.action is Action.REDIRECT
    assert door.said == ["DD>analyst"]


@pytest.mark.parametrize(
    ("letters", "said", "outcomes"),
    [
        ("AD", ["A", "D>analyst"], "delivered redirected"),
        ("AAD", ["AA", "D>analyst"], "delivered delivered redirected"),
        ("DQ", ["D>analyst"], "redirected held"),
        ("RD", ["D>analyst"], "held redirected"),
        ("DFA", ["D>analyst", "F>other", "A"], "redirected redirected delivered"),
        ("XAAD", ["X", "AA", "D>analyst"], "delivered delivered delivered redirected"),
        ("EAA", ["E>analyst apart", "AA"], "redirected delivered delivered"),
        ("EXXA", ["A", "E>analyst", "XX"], "redirected delivered delivered delivered"),
    ],
)
async def test_each_group_has_its_own(shared, door, letters, said, outcomes):
    done = await shared(letters)
    assert done.reply.accepted
    assert door.said == said
    assert done.outcomes == tuple(outcomes.split())


async def test_where_one_content_can_leave_what_has_the_same_goes_and_the_rest_is_held(
    shared, door, store
):
    done = await shared("AADE", contents=1)
    assert door.said == ["AA", "D>analyst"]
    assert done.outcomes == ("delivered", "delivered", "redirected", "held")
    assert held(store) == ["E"]


async def test_a_deferral_says_nothing_of_the_address_and_a_retry_makes_no_second_copy(
    shared, door
):
    door.answers = {"D": [LATER]}
    done = await shared("AD")
    assert done.reply == actions.NOT_PASSED_ON
    assert done.outcomes == ("delivered", "deferred")
    done = await shared("AD")
    assert done.outcomes == ("delivered", "redirected")
    assert door.said == ["A", "D>analyst", "D>analyst"]


async def test_who_was_redirected_is_left_out_by_a_retry(shared, door):
    door.answers = {"A": [LATER]}
    done = await shared("DAA")
    assert (done.reply, done.outcomes) == (LATER, ("redirected", "deferred", "deferred"))
    assert (await shared("DAA")).outcomes == ("redirected", "delivered", "delivered")
    assert door.said == ["D>analyst", "AA", "AA"]


@pytest.mark.parametrize("heard_by", ["sender", "queue"])
@pytest.mark.parametrize("letters", ["D", "DD", "AD"])
async def test_what_the_next_hop_refuses_is_held_and_no_client_hears_of_it(
    shared, door, store, heard_by, letters
):
    door.answers = {"D": [NO]}
    done = await shared(letters, heard_by)
    assert str(done.reply) == "250 2.0.0 Ok: taken as Q1"
    assert held(store) == [letters.removeprefix("A")]
    (message,) = store.messages()
    said = store.show(message.id).record.verdicts[0]
    assert said.action is Action.QUARANTINE
    assert said.reason == (
        "the next hop refuses it for analyst@o.example: 550 5.1.1 <analyst@o.example> unknown"
    )


async def test_what_goes_only_with_our_reply_is_not_written_down_before(shared, door, store):
    noted = []

    class Delivered:
        async def known(self, content, envelope):
            return frozenset()

        async def note(self, content, envelope, addresses):
            noted.append(list(addresses))

        async def strike(self, content, envelope):
            pass

        def close(self):
            pass

    with contextlib.closing(store.delivered):
        store.delivered = Delivered()
    done = await shared("AAD", by_reply=True)
    assert done.reply.accepted
    assert noted == []


async def test_in_lmtp_each_recipient_hears_what_his_rule_says(shared):
    done = await shared("RSR", by_recipient=True)
    usual = "550 5.7.1 Message refused by policy"
    assert [str(one) for one in done.reply.each] == [usual, "554 5.6.0 Not so", usual]
    done = await shared("RS")
    assert (str(done.reply), done.reply.each) == ("554 5.6.0 Not so", ())
