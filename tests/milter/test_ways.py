"""How a message can leave, and the nouns that go with it."""

from datetime import UTC, datetime

import pytest

from pratique.milter import actions
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward
from pratique.milter.ways import Ways, Whole, outgoing
from pratique.policies.verdict import Action, HeaderField, Verdict
from pratique.scanners.facts_pb2 import Facts, ForeignField, Mail

B, C, D = (Forward(f"{name}@x.org") for name in "bcd")


async def nothing(*_):
    raise AssertionError("nobody calls it")


@pytest.mark.parametrize(
    ("apart", "divides", "contents"),
    [(None, True, 1), (nothing, True, actions.MOST_CONTENTS), (nothing, False, 0)],
)
def test_so_many_contents_can_leave(apart, divides, contents):
    ways = Ways(nothing, nothing, "sender", apart=apart, divides=divides)
    assert ways.contents == contents


@pytest.fixture
def whole():
    content = content_of([b"hello"])
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), "", recipients=(B, C, D))
    seen = Facts(mail=Mail(foreign_fields=[ForeignField(start=1, end=3)]))
    yield Whole(content, envelope, seen)
    content.close()


def test_fields_of_ours_go_in_front_and_forgeries_of_them_are_cut(whole):
    (share,) = actions.plan(
        [Verdict(Action.ACCEPT, "a rule", "", (HeaderField("X-Pratique-Note", "x"),))]
    ).shares
    out = outgoing(whole, b"Received: here\r\n", share)
    assert b"".join(out.chunks()) == b"Received: here\r\nX-Pratique-Note: x\r\nhlo"


def test_what_is_held_for_some_has_their_envelope_and_their_verdicts(whole):
    said = [Verdict(Action(one), one, "") for one in ("quarantine", "accept", "quarantine")]
    (share, _) = actions.plan(said).shares
    held = whole.held(share, outgoing(whole, b"", share))
    assert held.envelope.recipients == whole.forwards(share) == (B, D)
    assert [one.rule for one in held.verdicts] == ["quarantine"] * 2
    assert held.envelope.queue_id == "Q1"
