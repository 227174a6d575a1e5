"""What a stranger tries who wants a bounce of his own making to be verified.

He has one mail of ours, or an archive of them, knows addresses, and sends what he likes with
any envelope.  With what he has he gets so far as docs/bounces.md says, and no further.
"""

import asyncio
import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.milter.lookups.bounces.lookup import Bounces
from pratique.milter.lookups.bounces.proof import MORE_USES
from pratique.milter.sent import batv, names, watermark
from pratique.milter.sent.day import WINDOW, day_of
from pratique.milter.sent.kept import KeptLedger
from pratique.milter.sent.keys import Key, Keys
from pratique.milter.sent.stated import StatedLedger
from pratique.scanners import facts_pb2 as facts

KELVIN, WIDE, INVISIBLE = "\N{KELVIN SIGN}", "\N{FULLWIDTH LATIN SMALL LETTER A}", "\u200b"


def mark_of(mail, days=0, sender=None, message_id=None):
    day = day_of(mail.at) - days
    return watermark.mark(mail.keys, day, message_id or mail.message_id, sender or mail.ann)


# What he has.


async def test_a_message_id_alone_proves_nothing_since_answers_quote_it(mail, prove):
    assert not (await prove(mail.bounce(failed=[])))[0]
    guesses = [f"somebody{number}@there.example" for number in range(20)]
    assert not (await prove(mail.bounce(failed=guesses)))[0]
    assert not (await prove(mail.bounce(failed=[*guesses, mail.gone])))[0]


async def test_a_mail_of_ours_is_worth_nothing_to_another_of_us(mail, prove):
    seen = mail.bounce(watermarks=[mark_of(mail)], recipients=[mail.gone], authors=[mail.ann])
    for other in ("bob@contoso.example", "ann@mail.contoso.example", "anne@contoso.example"):
        assert not (await prove(seen, mail.envelope(other)))[0]


async def test_nor_to_her_and_another_in_one_envelope(mail, prove):
    seen = mail.bounce(watermarks=[mark_of(mail)])
    for other in ("bob@contoso.example", "<>", " ", "x" * 1001, "x@" + "y" * 1001):
        verified, told = await prove(seen, mail.envelope(mail.ann, other))
        assert not verified
        assert "several_recipients" in told


async def test_one_recipient_of_a_large_mailing_has_no_more_than_one(mail):
    """Whoever got it knows his own address, not those of ten thousand others."""
    everybody = [mail.gone, *(f"a{number}@there.example" for number in range(10_000))]
    bounces = Bounces(mail.ledger(*everybody), mail.ours())
    seen = mail.bounce(watermarks=[mark_of(mail)])
    assert await replayed(mail, bounces, seen, MORE_USES + 3) == MORE_USES + 1
    other = mail.bounce(failed=["a7@there.example"])
    assert await replayed(mail, bounces, other, 1, "again") == 1


async def test_who_knows_all_recipients_has_no_more_than_all_of_them(mail):
    both = [mail.gone, "x@there.example"]
    bounces = Bounces(mail.ledger(*both), mail.ours())
    used = 0
    for number, failed in enumerate(both * 9):
        used += await replayed(mail, bounces, mail.bounce(failed=[failed]), 1, f"r{number}")
    assert used == MORE_USES + len(both)


async def replayed(mail, bounces, seen, times, name="q"):
    verified = 0
    for number in range(times):
        copy = facts.Facts.FromString(seen.SerializeToString())
        envelope = replace(mail.envelope(), queue_id=f"{name}-{number}")
        await bounces.prove(copy, envelope, asyncio.get_running_loop().time() + 10)
        verified += copy.bounce.verified
    return verified


async def test_several_processes_count_together(mail, tmp_path):
    """Each door has its own ledger on the same folder."""
    ledgers = [KeptLedger(tmp_path / "sent", patience=30) for _ in range(3)]
    try:
        sent = mail.at - timedelta(hours=1)
        assert await ledgers[0].record(mail.message_id, mail.ann, [mail.gone], sent)
        doors = [Bounces(one, mail.ours()) for one in ledgers]
        counts = [
            await replayed(mail, door, mail.bounce(), 4, f"d{number}")
            for number, door in enumerate(doors)
        ]
        assert sum(counts) == MORE_USES + 1
    finally:
        for one in ledgers:
            one.close()


@pytest.mark.parametrize("written", ["PRVS={}=ann@contoso.example", "prvs={}=ANN@Contoso.Example."])
async def test_a_tag_in_other_letters_is_the_same_tag(mail, written):
    plain = batv.tag(mail.keys, mail.ann, day_of(mail.at))
    other = written.format(plain.split("=")[1].upper())
    seen = facts.Facts(bounce=facts.Bounce(claimed=True))
    bounces = Bounces(StatedLedger(), mail.ours())
    used = 0
    for number, address in enumerate([plain, other] * 6):
        copy = facts.Facts.FromString(seen.SerializeToString())
        envelope = replace(mail.envelope(address), queue_id=f"q{number}")
        await bounces.prove(copy, envelope, asyncio.get_running_loop().time() + 10)
        used += copy.bounce.verified
    assert used == MORE_USES + 1


# Time.


@pytest.mark.parametrize("days", [WINDOW + 1, 1000 - WINDOW, 1000, 1001, 2000, 10_000])
def test_a_stolen_tag_does_not_come_to_life_when_its_number_comes_round(mail, days):
    made = day_of(mail.at)
    for day in range(made, made + 60):
        stolen = batv.tag(mail.keys, mail.ann, day)
        states = {batv.untag(mail.keys, stolen, day + days + more).state for more in range(-1, 2)}
        assert states <= ({"expired", "ours"} if days == WINDOW + 1 else {"expired", "bad"})


def test_a_tag_holds_on_each_day_of_its_time_wherever_the_thousand_ends(mail):
    for day in range(20_985, 21_010):
        tagged = batv.tag(mail.keys, mail.ann, day)
        held = [
            more
            for more in range(-3, WINDOW + 4)
            if batv.untag(mail.keys, tagged, day + more).state == "ours"
        ]
        assert held == list(range(-1, WINDOW + 1))


def test_keys_are_told_apart_by_the_last_digit_of_their_number():
    eleven, one = (Key(number, date(2026, 1, 1), bytes([number]) * 32) for number in (11, 1))
    tagged = batv.tag(Keys((eleven, one)), "ann@contoso.example", 20_000)
    assert tagged.startswith("prvs=1")
    assert batv.untag(Keys((one, eleven)), tagged, 20_000).state == "ours"
    assert batv.untag(Keys((one,)), tagged, 20_000).state == "bad"
    ten = Key(10, date(2026, 1, 1), b"t" * 32)
    assert batv.tag(Keys((ten,)), "ann@contoso.example", 20_000).startswith("prvs=0")


async def test_what_was_stamped_with_a_key_that_is_gone_proves_nothing(mail, prove):
    seen = mail.bounce(watermarks=[mark_of(mail)])
    other = mail.ours(keys=Keys((Key(2, date(2026, 1, 1), b"n" * 32),)))
    tag = batv.tag(mail.keys, mail.ann, day_of(mail.at))
    verified, _ = await prove(seen, mail.envelope(tag), StatedLedger(), other)
    assert not verified


@pytest.mark.parametrize("days", [-3, 9])
async def test_a_clock_that_is_wrong_verifies_nothing(mail, prove, days):
    seen = mail.bounce(watermarks=[mark_of(mail)])
    at = mail.at + timedelta(days=days)
    tag = batv.tag(mail.keys, mail.ann, day_of(mail.at))
    verified, told = await prove(seen, mail.envelope(tag, at=at))
    assert not verified
    assert "too_old" in told


# One message or address that is taken for another.


@pytest.mark.parametrize(
    ("one", "other"),
    [("<a@b>", "<A@b>"), ("<a@b>", f"<{WIDE}@b>"), ("<a@b>", f"<a{INVISIBLE}@b>"),
     ("<a@b>", "<a@b.>"), ("<a@b>", "<(c)a@b>"), ("<a@b>", '<"a"@b>'), ("<k@b>", f"<{KELVIN}@b>"),
     ("<e\u0301@b>", "<\u00e9@b>"), ("<a@b>", "<a%40b>")],
)  # fmt: skip
def test_message_ids_that_look_alike_are_not_one(one, other):
    assert names.message_id(one) != names.message_id(other)


@pytest.mark.parametrize(
    "other",
    [f"{WIDE}nn@contoso.example", f"ann{INVISIBLE}@contoso.example", "ann@contoso.example@x",
     "ann@contoso。example.x", "ann+x@contoso.example", '"ann "@contoso.example',
     '"an\\n"@contoso.example', "ann@contoso.example\0", "ann%contoso.example@x",
     "@x:ann@contoso.example", "ann(c)@contoso.example", "ann@c\u043entoso.example",
     "ann@contoso..example", "a.nn@contoso.example", "ann@[contoso.example]"],
)  # fmt: skip
async def test_an_address_that_looks_like_hers_is_not_hers(mail, prove, other):
    seen = mail.bounce(watermarks=[mark_of(mail)])
    assert not (await prove(seen, mail.envelope(other)))[0]


_ODD = st.text(
    st.sampled_from(string.ascii_letters[:6] + '@.<>"\\ \t+=-\0K\u0130\u017f\u00df。\ud800')
)


@given(_ODD)
def test_an_address_as_it_is_compared_is_its_own_form(written):
    once = names.address(written)
    assert names.address(once) == once
    assert names.message_id(names.message_id(written)) == names.message_id(written)


@given(st.tuples(_ODD, _ODD), st.tuples(_ODD, _ODD))
def test_no_two_messages_have_one_watermark(one, other):
    keys = Keys((Key(1, date(2026, 1, 1), b"k" * 32),))
    alike = [(names.message_id(each[0]), names.address(each[1])) for each in (one, other)]
    marks = [watermark.mark(keys, 20_000, *each) for each in (one, other)]
    assert (marks[0] == marks[1]) == (alike[0] == alike[1]) or not any(marks)


# What is no bounce, and what is beside one.


async def test_a_worm_that_quotes_our_message_id_is_no_bounce(mail, prove):
    seen = facts.Facts()
    seen.bounce.returned.message_ids.append(mail.message_id)
    assert await prove(seen) == (False, {})
    for other in ("feedback_report", "dmarc_report", "tls_report"):
        seen = mail.reply()
        seen.bounce.other = other
        assert await prove(seen) == (False, {})


async def test_several_message_ids_are_looked_at_and_no_more(mail, prove):
    ids = [f"<{number}@x.example>" for number in range(4)]
    assert (await prove(mail.bounce(message_ids=[*ids[:3], mail.message_id])))[0]
    assert not (await prove(mail.bounce(message_ids=[*ids, mail.message_id])))[0]


async def test_marks_and_signatures_are_looked_at_as_far_as_a_worker_states_them(mail, prove):
    other = mark_of(mail, message_id="<x@y>")
    for before, verified in ((3, True), (4, False)):
        seen = mail.bounce(watermarks=[*[other] * before, mark_of(mail)])
        assert (await prove(seen, ledger=StatedLedger()))[0] is verified


async def test_recipients_are_looked_at_as_far_as_a_worker_states_them(mail, prove):
    for before, verified in ((49, True), (50, False)):
        listed = [f"a{number}@x.example" for number in range(before)]
        seen = mail.bounce(failed=[], recipients=[*listed, mail.gone])
        assert (await prove(seen))[0] is verified
    for before, verified in ((19, True), (20, False)):
        listed = [f"a{number}@x.example" for number in range(before)]
        assert (await prove(mail.bounce(failed=[*listed, mail.gone])))[0] is verified


# A signature of ours.


class Signed:
    """Verifies all that it is asked about, but not in time if it is late."""

    def __init__(self, *, late=False):
        self.asked, self.late = 0, late

    async def verifies(self, signature, until):
        self.asked += 1
        if not self.late:
            return True
        loop = asyncio.get_running_loop()
        never = loop.create_future()
        loop.call_at(until, never.set_result, False)
        return await never


def signed(mail, count=1, **stated):
    returned = {"authors": [mail.ann], "recipients": [mail.gone], "message_ids": []}
    seen = mail.bounce(**returned)
    for number in range(count):
        fields = {"domain": "contoso.example", "fields": ["from", "to"], "value": bytes([number])}
        one = seen.bounce.returned.signatures.add(**{**fields, **stated})
        one.signed_at.FromDatetime(mail.at)
    return seen


@pytest.mark.parametrize(
    "stated", [{"fields": ["from"]}, {"fields": ["from", "cc"]}, {"domain": "contoso.example.x"},
               {"domain": "xcontoso.example"}, {"problem": "body_length"}],
)  # fmt: skip
async def test_a_signature_that_does_not_say_to_whom_proves_nothing(mail, prove, stated):
    seen = signed(mail, **stated)
    assert not (await prove(seen, None, StatedLedger(), None, Signed()))[0]


async def test_a_signature_is_asked_about_only_where_nothing_else_proves_it(mail, prove):
    seen, keys = signed(mail), Signed()
    seen.bounce.returned.message_ids.append(mail.message_id)
    assert (await prove(seen, None, None, None, keys))[0]
    assert keys.asked == 0


async def test_so_many_signatures_are_asked_about(mail, prove):
    keys = Signed()
    await prove(signed(mail, 9), None, StatedLedger(), None, keys)
    assert keys.asked == 4


async def test_a_signature_of_many_recipients_is_worth_one_to_each(mail):
    seen = signed(mail)
    seen.bounce.returned.recipients.extend(f"a{number}@there.example" for number in range(40))
    bounces = Bounces(StatedLedger(), mail.ours(), Signed())
    assert await replayed(mail, bounces, seen, MORE_USES + 3) == MORE_USES + 1


async def test_keys_that_dns_has_late_are_no_failure_and_the_ledger_is_asked_still(mail):
    seen, bounces = signed(mail), Bounces(mail.ledger(), mail.ours(), Signed(late=True))
    await bounces.prove(seen, mail.envelope(), asyncio.get_running_loop().time() + 0.2)
    assert not seen.failures
    assert not seen.bounce.verified
    assert "sent_recipient" in {one.kind for one in seen.bounce.evidence}


def test_the_day_on_which_the_thousand_ends_is_as_any_other():
    assert day_of(datetime(2027, 7, 1, tzinfo=UTC)) % 1000 == 0
