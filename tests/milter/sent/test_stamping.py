"""What is put in front of a message that goes out, and what is written down of it."""

import re
from datetime import UTC, datetime

import pytest

from pratique.milter.mail import Envelope, Forward
from pratique.milter.sent import batv, watermark
from pratique.milter.sent.day import day_of
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.sent.stamping import Stamping, lacks_message_id
from pratique.milter.sent.stated import StatedLedger
from pratique.scanners.facts_pb2 import Facts, Limit, Mail

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANN, BOB = "ann@example.org", "bob@example.net"
ID = "<given@elsewhere.example>"


def envelope(reverse_path=ANN):
    return Envelope("Q1", AT, reverse_path, recipients=(Forward(BOB),), direction="outbound")


def mail(message_id="", author="", **besides):
    seen = Facts(mail=Mail(message_id=message_id, **besides))
    seen.mail.header.SetInParent()
    if author:
        seen.mail.header.from_.add(address=author)
    return seen


@pytest.fixture
def ours(keys):
    return OurMail(StatedLedger(), ("example.org", "ours.example"), keys)


@pytest.fixture
def stamped(ours):
    """Stamp a message; gives the fields that are added."""

    async def stamped(seen, envelope, our_mail=ours):
        fields = await Stamping(our_mail, "host.example").stamped(seen, envelope, [BOB])
        assert fields == b"" or fields.endswith(b"\r\n")
        return dict(line.split(": ", 1) for line in fields.decode("ascii").split("\r\n")[:-1])

    return stamped


async def test_a_message_with_a_message_id_is_marked_and_written_down(ours, keys, stamped):
    fields = await stamped(mail(ID), envelope())
    assert set(fields) == {watermark.FIELD}
    assert watermark.verify(keys, fields[watermark.FIELD], ID, ANN, day_of(AT)).is_valid
    sent = await ours.ledger.by_message_id(ID, ANN)
    assert sent.sent_at == AT
    assert sent.recipients == {ours.ledger.hashed(BOB)}


async def test_one_without_gets_one_and_the_mark_is_over_that(ours, keys, stamped):
    fields = await stamped(mail(), envelope())
    assert list(fields) == ["Message-ID", watermark.FIELD]
    made = fields["Message-ID"]
    assert re.fullmatch(r"<Q1\.[0-9a-f]{24}@example\.org>", made)
    assert watermark.verify(keys, fields[watermark.FIELD], made, ANN, day_of(AT)).is_valid
    assert await ours.ledger.by_message_id(made, ANN) is not None
    assert (await stamped(mail(), envelope()))["Message-ID"] != made


@pytest.mark.parametrize(
    ("reverse_path", "author", "domain"),
    [
        (ANN, "x@ours.example", "example.org"),
        ("ann@Sub.Example.ORG", "", "sub.example.org"),
        ("x@stranger.example", "ann@ours.example", "ours.example"),
        ("", "ann@ours.example", "ours.example"),
        (None, "ann@ours.example", "ours.example"),
        ("x@stranger.example", "y@stranger.example", "host.example"),
        ("x@notexample.org", "", "host.example"),
        ("x@bad\r\n.example.org", "", "host.example"),
        ("x@b ad.example.org", "", "host.example"),
        ("x@f\u00fcr.example.org", "", "xn--fr-xka.example.org"),
        ("", "", "host.example"),
    ],
)
async def test_its_domain_is_that_of_whoever_sends_it(stamped, reverse_path, author, domain):
    fields = await stamped(mail(author=author), envelope(reverse_path))
    assert fields["Message-ID"].endswith(f"@{domain}>")


@pytest.mark.parametrize("reverse_path", ["", None])
async def test_what_has_no_bounces_has_no_mark_and_no_row(ours, stamped, reverse_path):
    assert await stamped(mail(ID), envelope(reverse_path)) == {}
    assert await ours.ledger.by_message_id(ID) is None


@pytest.mark.parametrize("maker", ["ours", "prvs=0061598d7e=ann@example.org", "ANN@Example.org."])
async def test_a_tag_is_no_part_of_what_is_stamped(ours, keys, stamped, maker):
    tagged = batv.tag(keys, ANN, day_of(AT)) if maker == "ours" else maker
    fields = await stamped(mail(ID), envelope(tagged))
    assert watermark.verify(keys, fields[watermark.FIELD], ID, ANN, day_of(AT)).is_valid
    assert await ours.ledger.by_message_id(ID, ANN) is not None


async def test_without_keys_there_is_no_mark_but_a_row(stamped):
    bare = OurMail(StatedLedger(), ("example.org",))
    assert await stamped(mail(ID), envelope(), bare) == {}
    assert await bare.ledger.by_message_id(ID, ANN) is not None


@pytest.mark.parametrize("unusable", ["<>", "<" + "x" * 1000 + ">", " < > "])
async def test_one_that_says_nothing_stays_the_only_one(ours, stamped, unusable):
    assert await stamped(mail(unusable), envelope()) == {}
    # That we wrote to him is known all the same.
    assert await ours.ledger.last_to(BOB, ANN) == AT


@pytest.mark.parametrize(
    ("seen", "lacks"),
    [
        (mail(), True),
        (mail(ID), False),
        (mail(header_anomalies=["empty_message_id"]), False),
        (mail(header_anomalies=["no_from"]), True),
        (Facts(mail=Mail()), False),
        (Facts(), False),
    ],
)
def test_a_message_id_is_missing_only_where_the_header_was_read(seen, lacks):
    assert lacks_message_id(seen) is lacks
    assert lacks_message_id(seen) is lacks


@pytest.mark.parametrize(("limit", "lacks"), [("header", False), ("parts", True)])
def test_behind_a_limit_of_the_header_there_may_be_one(limit, lacks):
    seen = mail()
    seen.limits.append(Limit(class_=limit))
    assert lacks_message_id(seen) is lacks


@pytest.mark.parametrize(("fields", "lacks"), [(["from", "message-id"], False), (["from"], True)])
def test_a_signature_that_says_there_is_none_is_not_broken(fields, lacks):
    seen = mail()
    seen.signatures.add(kind="dkim", fields=fields)
    assert lacks_message_id(seen) is lacks
