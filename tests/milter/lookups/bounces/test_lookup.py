"""A bounce is proved, or what speaks against it is said."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from pratique.milter.lookups.bounces.lookup import Bounces
from pratique.milter.lookups.bounces.proof import MORE_USES
from pratique.milter.mail import Client
from pratique.milter.sent import batv, watermark
from pratique.milter.sent.day import day_of
from pratique.milter.sent.stated import StatedLedger
from pratique.scanners import facts_pb2 as facts


async def test_a_message_id_of_ours_proves_it(mail, prove):
    verified, told = await prove(mail.bounce())
    assert verified
    assert set(told) == {"sent_message"}
    assert told["sent_message"].detail == mail.message_id


async def test_what_the_worker_said_stays(mail, prove):
    seen = mail.bounce()
    await prove(seen)
    assert [one.kind for one in seen.bounce.evidence] == ["structure", "sent_message"]


async def test_a_watermark_proves_it_without_a_ledger(mail, prove):
    text = watermark.mark(mail.keys, day_of(mail.at), mail.message_id, mail.ann)
    verified, told = await prove(mail.bounce(watermarks=[text]), ledger=StatedLedger())
    assert verified
    assert set(told) == {"watermark"}


async def test_a_tag_proves_it_without_anything_else(mail, prove):
    address = batv.tag(mail.keys, mail.ann, day_of(mail.at))
    bare = facts.Facts(bounce=facts.Bounce(claimed=True))
    verified, told = await prove(bare, mail.envelope(address), StatedLedger())
    assert verified
    assert set(told) == {"tagged_address"}


async def test_the_ledger_has_the_address_without_its_tag(mail, prove):
    tagged = batv.tag(mail.keys, mail.ann, day_of(mail.at))
    for address in (tagged, "prvs=9061598d7e=ann@contoso.example"):
        verified, told = await prove(mail.bounce(), mail.envelope(address))
        assert verified
        assert "sent_message" in told


class Signed:
    """Verifies all, or nothing."""

    def __init__(self, holds):
        self.holds, self.asked = holds, []

    async def verifies(self, signature, until):
        self.asked.append(signature.domain)
        return self.holds


def signed(mail, **signature):
    seen = mail.bounce(authors=[mail.ann], recipients=[mail.gone])
    stated = {"domain": "mail.contoso.example", "fields": ["from", "to"], **signature}
    one = seen.bounce.returned.signatures.add(**stated)
    one.signed_at.FromDatetime(mail.at)
    return seen


@pytest.mark.parametrize("holds", [True, False])
async def test_a_signature_of_ours_proves_it_if_it_verifies(mail, prove, holds):
    signatures = Signed(holds)
    verified, told = await prove(signed(mail), None, StatedLedger(), None, signatures)
    assert verified is holds
    assert ("own_signature" in told) is holds
    assert signatures.asked == ["mail.contoso.example"]


@pytest.mark.parametrize("other", [{"domain": "there.example"}, {"problem": "syntax"}])
async def test_nobody_asks_about_others_signatures(mail, prove, other):
    signatures = Signed(holds=True)
    assert not (await prove(signed(mail, **other), None, StatedLedger(), None, signatures))[0]
    assert signatures.asked == []


async def test_a_replayed_proof_is_weak(mail):
    bounces = Bounces(mail.ledger(), mail.ours())
    until = asyncio.get_running_loop().time() + 10
    verified = []
    for number in range(MORE_USES + 3):
        seen, envelope = mail.bounce(), replace(mail.envelope(), queue_id=f"q{number}")
        await bounces.prove(seen, envelope, until)
        verified.append(seen.bounce.verified)
    assert verified == [True] * (MORE_USES + 1) + [False] * 2
    kinds = {one.kind: one.weight for one in seen.bounce.evidence}
    assert kinds["replayed"] == 0.0
    assert kinds["sent_message"] == kinds["sent_recipient"] == 3.0


async def test_a_message_that_is_looked_at_again_uses_nothing(mail):
    bounces = Bounces(mail.ledger(), mail.ours())
    for _ in range(3 * MORE_USES):
        seen = mail.bounce()
        await bounces.prove(seen, mail.envelope(), asyncio.get_running_loop().time() + 10)
        assert seen.bounce.verified


@pytest.mark.parametrize(("days", "kinds"), [(6, {"sent_recipient"}), (8, set()), (-1, set())])
async def test_that_we_wrote_to_who_failed_is_a_weak_proof(mail, prove, days, kinds):
    ledger = mail.ledger(days=days)
    verified, told = await prove(mail.bounce(message_ids=[]), ledger=ledger)
    assert not verified
    assert set(told) == kinds


async def test_another_senders_message_proves_nothing(mail, prove):
    verified, told = await prove(mail.bounce(), mail.envelope("bob@contoso.example"))
    assert not verified
    assert told == {}


async def test_a_message_to_somebody_else_proves_nothing(mail, prove):
    verified, told = await prove(mail.bounce(failed=["x@y.example"]))
    assert not verified
    assert told == {}


async def test_what_is_too_old_is_told_once(mail, prove):
    seen = mail.bounce()
    seen.bounce.returned.date.FromDatetime(mail.at - timedelta(days=9))
    verified, told = await prove(seen, ledger=mail.ledger(days=9))
    assert not verified
    assert set(told) == {"too_old"}
    assert told["too_old"].detail == "sent 9 days ago"


async def test_a_bad_mark_is_told_and_never_a_missing_one_beside_it(mail, prove):
    ours = mail.ours(watermarked=lambda _: True, tags=lambda _, __: True, has_tags=lambda _: True)
    tag = batv.tag(mail.keys, "bob@contoso.example", day_of(mail.at)).replace("bob", "ann")
    verified, told = await prove(mail.bounce(), mail.envelope(tag), StatedLedger(), ours)
    assert not verified
    assert set(told) == {"mark_bad"}


async def test_a_tag_that_is_bad_is_anothers_where_we_do_not_tag(mail, prove):
    tag = batv.tag(mail.keys, "bob@contoso.example", day_of(mail.at)).replace("bob", "ann")
    for tags_there in (True, False):
        ours = mail.ours(has_tags=lambda domain, has=tags_there: has and domain == mail.domain)
        _, told = await prove(mail.bounce(), mail.envelope(tag), StatedLedger(), ours)
        assert set(told) == ({"mark_bad"} if tags_there else set())


async def test_a_missing_tag_is_told_where_all_mail_has_one(mail, prove):
    ours = mail.ours(tags=lambda domain, _: domain == "contoso.example")
    _, told = await prove(mail.bounce(message_ids=[]), ledger=StatedLedger(), ours=ours)
    assert set(told) == {"mark_missing"}
    quoted = mail.envelope('"a b"@contoso.example')
    assert (await prove(mail.bounce(), quoted, StatedLedger(), ours))[1] == {}


async def test_a_proof_excuses_what_speaks_against_it(mail, prove):
    seen = mail.bounce(reporter="mx.contoso.example")
    verified, told = await prove(seen)
    assert verified
    assert set(told) == {"sent_message"}
    _, told = await prove(mail.bounce(reporter="mx.contoso.example"), ledger=StatedLedger())
    assert set(told) == {"own_reporter"}


async def test_a_bounce_to_several_is_never_verified(mail, prove):
    envelope = mail.envelope(mail.ann, "bob@contoso.example")
    verified, told = await prove(mail.bounce(), envelope)
    assert not verified
    assert set(told) == {"several_recipients"}


async def test_a_vacation_notice_is_proved_by_what_it_answers(mail, prove):
    verified, told = await prove(mail.reply())
    assert verified
    assert set(told) == {"sent_message"}


@pytest.mark.parametrize("author", ["x@y.example", ""])
async def test_another_reply_has_nothing_held_against_it(mail, prove, author):
    ours = mail.ours(watermarked=lambda _: True, tags=lambda _, __: True)
    verified, told = await prove(mail.reply(author or None), ours=ours, ledger=StatedLedger())
    assert not verified
    assert told == {}
    if author:
        assert await prove(mail.reply(author)) == (False, {})


async def test_ordinary_mail_is_left_alone(mail, prove):
    seen = facts.Facts()
    assert await prove(seen) == (False, {})
    assert not seen.HasField("bounce") or not seen.bounce.ByteSize()


async def test_a_bounce_that_goes_out_answers_somebody_else(mail, prove):
    assert await prove(mail.bounce(), mail.envelope(direction="outbound")) == (False, {})


async def test_without_keys_the_ledger_is_enough(mail, prove):
    assert (await prove(mail.bounce(), ours=mail.ours(keys=None)))[0]


async def test_a_ledger_that_does_not_answer_is_a_failure_and_no_proof(mail):
    class Never(StatedLedger):
        async def by_message_id(self, message_id, reverse_path=None):
            await asyncio.Event().wait()

    seen = mail.bounce()
    bounces = Bounces(Never(), mail.ours())
    await bounces.prove(seen, mail.envelope(), asyncio.get_running_loop().time())
    assert not seen.bounce.verified
    assert [one.class_ for one in seen.failures] == ["engine_away"]


async def test_a_worker_that_says_too_much_is_not_asked_for_all_of_it(mail, prove):
    many = [f"<{number}@x.example>" for number in range(1000)]
    assert not (await prove(mail.bounce(message_ids=[*many, mail.message_id])))[0]
    failed = [f"{number}@x.example" for number in range(1000)]
    _, told = await prove(mail.bounce(message_ids=[], failed=[*failed, mail.gone]))
    assert told == {}


async def test_an_own_host_may_report(mail, prove):
    seen = mail.bounce(message_ids=[], reporter="mx.contoso.example")
    inside = mail.envelope(client=Client(ip="10.0.0.1"))
    _, told = await prove(seen, inside, StatedLedger())
    assert told == {}


@pytest.mark.parametrize(
    ("returned", "complete", "kinds"),
    [
        ({"message_ids": ["<x@y.example>"]}, True, {"never_sent"}),
        ({"message_ids": []}, True, {"never_sent"}),
        ({"message_ids": ["<x@y.example>"], "failed": []}, True, {"never_sent"}),
        # It says nothing that could be known.
        ({"message_ids": [], "failed": []}, True, set()),
        ({"message_ids": ["<x@y.example>"]}, False, set()),
    ],
)
async def test_what_was_never_sent_is_told_where_all_is_known_that_was(
    mail, prove, returned, complete, kinds
):
    ours = mail.ours(complete=lambda _: complete)
    ledger = mail.ledger("somebody@else.example")
    verified, told = await prove(mail.bounce(**returned), ledger=ledger, ours=ours)
    assert not verified or returned["message_ids"] == [mail.message_id]
    assert set(told) == kinds


@pytest.mark.parametrize("recipients", [("ann@contoso.example",), ("bob@contoso.example",)])
async def test_what_was_sent_by_whomever_was_sent(mail, prove, recipients):
    seen = mail.bounce(failed=["x@y.example"])
    ours = mail.ours(complete=lambda _: True)
    assert (await prove(seen, mail.envelope(*recipients), ours=ours)) == (False, {})


async def test_that_we_wrote_to_who_failed_is_enough_not_to_be_never_sent(mail, prove):
    seen, ours = mail.bounce(message_ids=["<x@y.example>"]), mail.ours(complete=lambda _: True)
    assert set((await prove(seen, ours=ours))[1]) == {"sent_recipient"}


async def test_who_only_writes_of_failures_is_not_asked_what_was_sent(mail, prove):
    seen, ours = mail.bounce(message_ids=["<x@y.example>"]), mail.ours(complete=lambda _: True)
    seen.bounce.evidence[0].kind = "daemon_author"
    envelope = mail.envelope(reverse_path="postmaster@there.example")
    assert (await prove(seen, envelope, StatedLedger(), ours)) == (False, {})


async def test_where_nobody_knows_to_whom_it_came_nothing_is_said(mail, prove):
    seen = mail.bounce(reporter="mx.contoso.example")
    assert await prove(seen, replace(mail.envelope(), recipients=())) == (False, {})


async def test_a_tag_that_has_expired_is_told_so_and_not_missed(mail, prove):
    ours = mail.ours(tags=lambda _, __: True)
    old = batv.tag(mail.keys, mail.ann, day_of(mail.at) - 8)
    seen = mail.bounce(message_ids=[], failed=[])
    verified, told = await prove(seen, mail.envelope(old), StatedLedger(), ours)
    assert not verified
    assert {kind: one.detail for kind, one in told.items()} == {"too_old": "its tag has expired"}
