"""What only our mail had, held against the case."""

from datetime import timedelta

import pytest

from pratique.milter.lookups.bounces import candidates
from pratique.milter.lookups.bounces.proof import AGE, OWNER, RECIPIENT
from pratique.milter.sent import batv, watermark
from pratique.milter.sent.day import day_of
from pratique.milter.sent.stated import StatedLedger
from pratique.scanners import facts_pb2 as facts

WINDOW = timedelta(days=7)


async def faults(case, ledger):
    return [one.fault for one in await candidates.in_ledger(case, ledger, WINDOW)]


@pytest.mark.parametrize(
    ("days", "fault"), [(0, ""), (7, ""), (7.001, AGE), (-1, ""), (-1.001, AGE)]
)
async def test_a_message_in_the_ledger_has_its_time(mail, days, fault):
    assert await faults(mail.case(), mail.ledger(days=days)) == [fault]


async def test_who_failed_was_a_recipient(mail):
    others = mail.ledger("x@there.example")
    assert await faults(mail.case(), others) == [RECIPIENT]
    assert await faults(mail.case(mail.bounce(failed=[])), others) == [RECIPIENT]
    # One that was forwarded: its header still says to whom it went.
    forwarded = mail.bounce(recipients=["X@there.example"])
    assert await faults(mail.case(forwarded), others) == [""]


async def test_it_comes_to_whom_the_message_was_from(mail):
    bobs = mail.ledger(sender="bob@contoso.example")
    assert await faults(mail.case(), bobs) == [OWNER]
    several = mail.case(recipients=(mail.ann, "bob@contoso.example"))
    assert await faults(several, mail.ledger()) == [OWNER]


async def test_what_was_not_sent_is_not_found(mail):
    assert await faults(mail.case(), StatedLedger()) == []
    assert await faults(mail.case(mail.bounce(message_ids=[])), mail.ledger()) == []


async def test_recipients_are_counted(mail):
    (one,) = await candidates.in_ledger(mail.case(), mail.ledger(mail.gone, "x@y.example"), WINDOW)
    assert one.recipients == 2


def marked(mail, days=0, sender=None, message_id=None):
    day = day_of(mail.at) - days
    return watermark.mark(mail.keys, day, message_id or mail.message_id, sender or mail.ann)


def by_mark(mail, text, case=None, known=()):
    return candidates.by_watermark(
        case or mail.case(mail.bounce(watermarks=[text])), mail.keys, list(known)
    )


@pytest.mark.parametrize(("days", "fault"), [(0, ""), (7, ""), (8, AGE)])
def test_a_watermark_has_its_time(mail, days, fault):
    made = by_mark(mail, marked(mail, days))
    assert [one.fault for one in made.found] == [fault]
    assert made.bad == ""


@pytest.mark.parametrize("other", [{"sender": "bob@contoso.example"}, {"message_id": "<x@y>"}])
def test_a_watermark_of_another_message_is_a_bad_one(mail, other):
    made = by_mark(mail, marked(mail, **other))
    assert not made.found
    assert made.bad


@pytest.mark.parametrize("text", ["", "x", "9-20514-abcdefghijklmnopqrstuvwxyz"])
def test_what_is_no_watermark_of_ours_says_nothing(mail, text):
    assert by_mark(mail, text) == candidates.Made()


def test_a_watermark_needs_one_recipient(mail):
    null = watermark.mark(mail.keys, day_of(mail.at), mail.message_id, "")
    several = mail.case(mail.bounce(watermarks=[null]), recipients=(mail.ann, "b@contoso.example"))
    assert by_mark(mail, null, several) == candidates.Made()


async def test_where_the_ledger_knows_the_message_it_knows_its_recipients(mail):
    text = marked(mail)
    case = mail.case(mail.bounce(watermarks=[text]))
    known = await candidates.in_ledger(case, mail.ledger("x@there.example"), WINDOW)
    assert [one.fault for one in by_mark(mail, text, case, known).found] == [RECIPIENT]


@pytest.mark.parametrize(("days", "fault"), [(0, ""), (7, ""), (8, AGE)])
def test_a_tag_has_its_time(mail, days, fault):
    address = batv.tag(mail.keys, mail.ann, day_of(mail.at) - days)
    made = candidates.by_tag(mail.case(recipients=(address,)), mail.keys)
    assert [one.fault for one in made.found] == [fault]


def test_a_tag_that_is_not_ours_is_bad_or_anothers(mail):
    address = batv.tag(mail.keys, "bob@contoso.example", day_of(mail.at)).replace("bob", "ann")
    assert candidates.by_tag(mail.case(recipients=(address,)), mail.keys).bad
    foreign = "prvs=9061598d7e=ann@contoso.example"
    for other in (foreign, mail.ann):
        made = candidates.by_tag(mail.case(recipients=(other,)), mail.keys)
        assert made == candidates.Made()


@pytest.fixture
def sign(mail):
    def signed(*, fields=("from", "to", "date"), days=1.0, timed=True, **returned):
        stated = {"authors": [mail.ann], "recipients": [mail.gone], **returned}
        seen = mail.bounce(**stated)
        seen.bounce.returned.date.FromDatetime(mail.at - timedelta(days=days))
        signature = facts.Signature(domain="contoso.example", fields=fields, value=b"v")
        if timed:
            signature.signed_at.FromDatetime(mail.at - timedelta(days=days))
        return candidates.signed(mail.case(seen), signature, WINDOW).fault

    return signed


def test_a_signature_proves_what_it_covers(sign):
    assert sign() == ""
    assert sign(timed=False) == ""
    assert sign(days=8) == sign(days=8, timed=False) == AGE
    assert sign(timed=False, fields=("from", "to")) == AGE
    assert sign(fields=("from", "date")) == RECIPIENT
    assert sign(recipients=["x@y.example"]) == RECIPIENT
    assert sign(failed=[]) == RECIPIENT
    assert sign(authors=["bob@contoso.example"]) == OWNER
    assert sign(authors=[]) == OWNER
