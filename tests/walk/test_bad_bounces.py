"""Bounces, signatures and headers that nobody honest writes: real workers, a real ledger.

Each ends in time, with a limit where something was left out, and proves nothing; and what is
known of it then can be decided by each shipped policy that judges all mail.
"""

import asyncio
import base64
import io
import os
import quopri
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pratique.milter.assembly import setup_of, worker_settings
from pratique.milter.config import Settings
from pratique.milter.content import content_of
from pratique.milter.engines.asked import Asked, Beside
from pratique.milter.judging import judge
from pratique.milter.lookups.asked import Lookups
from pratique.milter.lookups.bounces.lookup import Bounces, Ours
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.policy_file import find
from pratique.milter.sent.domains import Domains
from pratique.milter.sent.kept import KeptLedger
from pratique.milter.sent.keys import Key, Keys
from pratique.milter.wall.workers import Workers, own_nursery
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.scanners import facts_pb2 as facts

pytestmark = [pytest.mark.slow, pytest.mark.real("kernel confinement")]

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANN, GONE = "ann@contoso.example", "gone@there.example"
# Processor time of all processes that look, on a machine of some years ago; most take 0.1.
SECONDS = 5.0

OWN = (
    b"From: MAILER-DAEMON@there.example\r\nTo: ann@contoso.example\r\n"
    b"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <b@there.example>\r\n"
    b"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n"
)
LETTER = (
    b"From: ann@contoso.example\r\nTo: gone@there.example\r\nSubject: x\r\n"
    b"Date: Sun, 22 Nov 2026 11:00:00 +0000\r\nMessage-ID: <never@contoso.example>\r\n"
    b"MIME-Version: 1.0\r\nReceived: from a by b; Sun, 22 Nov 2026 11:00:00 +0000\r\n"
)
STATUS = (
    b"Reporting-MTA: dns; mx.there.example\r\n\r\n"
    b"Final-Recipient: rfc822; gone@there.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
)
TEXT = b"It could not be delivered to <gone@there.example>.\r\n"


def report(*returned, status=STATUS, text=TEXT, own=OWN, edge=b"bb"):
    """A report as RFC 6522 has it; what is returned are whole entities."""
    entities = (
        b"Content-Type: text/plain\r\n\r\n" + text,
        b"Content-Type: message/delivery-status\r\n\r\n" + status,
        *returned,
    )
    parts = b"".join(b"\r\n--%b\r\n%b" % (edge, one) for one in entities)
    kind = b"Content-Type: multipart/report; report-type=delivery-status; boundary=%b\r\n\r\n"
    return own + kind % edge + parts + b"\r\n--%b--\r\n" % edge


def message(octets=LETTER + b"\r\nHello\r\n", kind=b"message/rfc822", encoding=b""):
    encoded = b"Content-Transfer-Encoding: %b\r\n" % encoding if encoding else b""
    return b"Content-Type: %b\r\n%b\r\n%b" % (kind, encoded, octets)


def header(octets, encoding=b""):
    return message(octets, b"text/rfc822-headers", encoding)


def nested(depth):
    """A bounce of a bounce of a bounce."""
    found = report(message())
    for level in range(depth):
        null = b"Return-Path: <>\r\n"
        found = report(message(null + found), edge=b"b%d" % level)
    return found


SIGNATURE = (
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=contoso.example; s=k%d;"
    b" h=from:to:date; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
)


def arc(numbers):
    return b"".join(
        b"ARC-Seal: i=%(n)d; a=rsa-sha256; cv=pass; d=l.example; s=k; b=AAAA\r\n"
        b"ARC-Message-Signature: i=%(n)d; a=rsa-sha256; d=l.example; s=k; h=from; bh=AAAA;"
        b" b=AAAA\r\n"
        b"ARC-Authentication-Results: i=%(n)d; l.example; spf=pass\r\n" % {b"n": number}
        for number in numbers
    )


def addresses(count):
    return b",\r\n ".join(b"a%d@there.example" % number for number in range(count))


def recipients(count):
    one = b"\r\nFinal-Recipient: rfc822; x%d@there.example\r\nAction: failed\r\n"
    return b"Reporting-MTA: dns; mx.there.example\r\n" + b"".join(one % n for n in range(count))


MARK = b"X-Pratique-Watermark: 1-20779-abcdefghijklmnopqrstuvwxyz\r\n"
ODD = b"".join(bytes([octet]) for octet in range(1, 256) if octet not in b"\r\n") + b"\0\xff\xfe"


def letter(front, author=b"From: bob@there.example\r\n"):
    return front + author + b"To: ann@contoso.example\r\nSubject: x\r\n\r\nHello\r\n"


RESULTS = b"Authentication-Results: mx.there.example; spf=pass smtp.mailfrom=a.example"
MEGABYTE = b"Message-ID: <" + b"a" * 2**20 + b"@b>\r\n"
THREAD = b"References: " + b"<a@b.example>\r\n " * 100_000 + b"\r\n"
SIGNATURES = b"".join(SIGNATURE % number for number in range(1000))
QUOTED = MARK + b"Message-ID: <x@y.example>\r\n"
FOLDED = b"X-Pratique-Watermark:" + b"\r\n 1" * 50_000
BROKEN = b"\xc3\x28\xf0\x28\x8c"
TO_MANY = OWN.replace(b"To: ann@contoso.example", b"To: " + addresses(10_000))
CUT = LETTER + b"X-Long: " + b"y" * 200 + b"\r\n"
QUOTED_CUT = quopri.encodestring(CUT)[:-3] + b"="

CASES = {
    "a bounce of a bounce": report(message(b"Return-Path: <>\r\n" + report(message(), edge=b"c"))),
    "three deep": nested(3),
    "thirty deep": nested(30),
    "100,000 in the status": report(message(), status=recipients(100_000)),
    "100,000 in the text": report(message(), text=addresses(100_000)),
    "1,000 messages returned": report(*[message()] * 1000),
    "1,000 returned signatures": report(header(SIGNATURES + LETTER)),
    "10,000 returned fields": report(header(LETTER + b"X-A: b\r\n" * 10_000)),
    "10,000 fields, then the letter": report(header(b"X-A: b\r\n" * 10_000 + LETTER)),
    "Message-ID of 1 MB": report(header(MEGABYTE + LETTER)),
    "own Message-ID of 1 MB": report(message(), own=MEGABYTE + OWN),
    "10,000 watermarks": report(header(MARK * 10_000 + LETTER)),
    "10,000 watermarks in the text": report(text=QUOTED * 10_000),
    "a watermark that is folded forever": report(text=FOLDED),
    "100,000 references": report(own=THREAD + OWN),
    "1,000 signatures": letter(SIGNATURES),
    "100 sets": letter(arc(range(100, 0, -1))),
    "sets with gaps": letter(arc([9, 7, 5, 3, 1])),
    "sets twice": letter(arc([3, 2, 2, 1, 1])),
    "10,000 results": letter((RESULTS + b"\r\n") * 10_000),
    "results of 1 MB": letter(RESULTS + b"; spf=pass (c)" * 75_000 + b"\r\n"),
    "results with comments": letter(RESULTS + b"(" * 100_000 + b"\r\n"),
    "30,000 authors": letter(b"From: ", addresses(30_000) + b"\r\n"),
    "to 10,000": report(message(), own=TO_MANY),
    "odd octets": report(message(LETTER + b"\r\n" + ODD), text=ODD * 100, status=STATUS + ODD),
    "broken UTF-8": report(header(LETTER.replace(b"never", BROKEN)), text=BROKEN * 9000),
    "NULs": report(header(LETTER.replace(b"never", b"ne\0ver")), text=TEXT.replace(b"i", b"i\0")),
    "an odd charset": report(text=TEXT).replace(b"text/plain", b"text/plain; charset=utf-7"),
    "CR alone": report(message()).replace(b"\r\n", b"\r"),
    "CR alone in what is returned": report(header(LETTER.replace(b"\r\n", b"\r"))),
    "quoted-printable, cut": report(header(QUOTED_CUT, b"quoted-printable")),
    "base64, cut": report(header(base64.encodebytes(CUT)[:-7], b"base64")),
}  # fmt: skip


def attached(name, octets, kind=b"application/octet-stream"):
    return (
        b"Content-Type: %b\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="%b"\r\n\r\n%b'
        % (kind, name, base64.encodebytes(octets))
    )


def zipped(name, octets, *, locked=False):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, octets)
    found = bytearray(written.getvalue())
    if locked:
        # APPNOTE 4.4.4, bit 0, in both headers.
        found[6] |= 1
        found[found.index(b"PK\x01\x02") + 8] |= 1
    return bytes(found)


# What a stranger who has one mail of ours puts beside it: what he returns is ours.
def real(number):
    return message(LETTER.replace(b"<never@", b"<%d@" % number) + b"\r\nHello\r\n")


PROGRAM = b"MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0" + b"\0" * 400
FOREIGN = {
    "a program": attached(b"a.exe", PROGRAM),
    "a program in an archive": attached(b"a.zip", zipped("a.exe", PROGRAM)),
    "an archive": attached(b"a.zip", zipped("a.txt", b"hello")),
    "an archive with a password": attached(b"a.zip", zipped("a.txt", b"hello", locked=True)),
    "a page": attached(b"a.html", b"<html><form action=//x.example></form></html>", b"text/html"),
    "a script": attached(b"a.js", b"new ActiveXObject('WScript.Shell')", b"text/javascript"),
    "a shortcut": attached(b"a.url", b"[InternetShortcut]\r\nURL=file://x.example/a.exe\r\n"),
}
# Where something is left out, it is said.
LIMITS = {
    "100,000 in the status": "header",
    "1,000 signatures": "signatures",
    "100 sets": "signatures",
    "own Message-ID of 1 MB": "header",
    "100,000 references": "header",
    "10,000 results": "header",
    "results of 1 MB": "header",
    "results with comments": "header",
    "30,000 authors": "header",
}


@dataclass(frozen=True)
class Outcome:
    seen: facts.Facts
    # By policy.
    judged: dict
    seconds: float


def processor_seconds(root):
    """Of all processes below this one."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        stats[int(path.parent.name)] = int(words[1]), sum(map(int, words[11:13]))
    below, found = {root}, 0
    for number, (parent, ticks) in sorted(stats.items()):
        if parent in below:
            below.add(number)
            found += ticks
    return found / os.sysconf("SC_CLK_TCK")


def envelope(name):
    client = Client(ip="203.0.113.7", name="mx.there.example", helo="mx.there.example")
    return Envelope(name, AT, "", recipients=(Forward(ANN),), client=client)


# Those that judge all mail, and not only tell or look at bounces.
POLICIES = ("default", "strict")


def loaded(name):
    found = find(name)
    return Policy.load(found.text, found.name, found.beside)


async def look_at_all(state):
    policies = {name: loaded(name) for name in POLICIES}
    settings = Settings()
    setup = setup_of(settings)
    setup.own_domains[:] = ["contoso.example"]
    workers = Workers(own_nursery(setup), worker_settings(settings))
    ledger = KeptLedger(state / "sent")
    keys = Keys((Key(1, AT.date(), b"k" * 32),))
    bounces = Bounces(ledger, Ours(Domains(("contoso.example",)), keys))
    await workers.start()
    sees = Asked(workers, [], 60.0, beside=Beside(Lookups([], 10.0, bounces=bounces)))
    found = {}
    try:
        for number in range(len(FOREIGN) + 1):
            ours = f"<{number}@contoso.example>"
            assert await ledger.record(ours, ANN, [GONE], AT - timedelta(hours=1))
        # The ledger is there, and would know a genuine one.
        genuine = report(real(len(FOREIGN)))
        beside = {name: report(one, real(n)) for n, (name, one) in enumerate(FOREIGN.items())}
        for name, octets in {"genuine": genuine, **CASES, **beside}.items():
            content, before = content_of([octets]), processor_seconds(os.getpid())
            try:
                seen = await sees.inspect(content, envelope(name))
            finally:
                content.close()
            seconds = processor_seconds(os.getpid()) - before
            judged = {
                one: judge(facts.Facts.FromString(seen.SerializeToString()), envelope(name), policy)
                for one, policy in policies.items()
            }
            found[name] = Outcome(seen, judged, seconds)
    finally:
        await workers.close()
        ledger.close()
    return found


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    found = asyncio.run(look_at_all(tmp_path_factory.mktemp("state")))
    slowest = sorted(found, key=lambda one: -found[one].seconds)[:5]
    print([(name, found[name].seconds) for name in slowest])
    return found


def test_a_genuine_one_among_them_is_verified(outcomes):
    assert outcomes["genuine"].seen.bounce.verified


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_verified_carries_nothing_else_past_a_policy(outcomes, name):
    one = outcomes[name]
    assert one.seen.bounce.verified
    assert "attachment" in {each.kind for each in one.seen.bounce.evidence}
    verdicts = {policy: each.verdicts[0].action for policy, each in one.judged.items()}
    assert Action.ACCEPT not in verdicts.values(), verdicts


@pytest.mark.parametrize("name", CASES)
def test_it_ends_in_time_and_proves_nothing(outcomes, name):
    one = outcomes[name]
    assert not one.seen.failures
    assert one.seconds < SECONDS
    assert not one.seen.bounce.verified
    for inspection in one.judged.values():
        (verdict,) = inspection.verdicts
        assert not inspection.facts.bounce.verified
        assert verdict.action in set(Action)
        assert verdict.rule


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_what_is_left_out_is_said_and_not_passed_on(outcomes, name, limit):
    one = outcomes[name]
    assert limit in {each.class_ for each in one.seen.limits}
    verdicts = [each.verdicts[0].action for each in one.judged.values()]
    # Signatures that nobody looked at are proof that is missing, and no content that is.
    assert limit == "signatures" or Action.ACCEPT not in verdicts


# A header of its own that is too long is no header, and is held for that.
CLAIMS = [name for name, octets in CASES.items() if OWN in octets and name not in LIMITS]


@pytest.mark.parametrize("name", CLAIMS)
def test_what_gives_itself_for_a_bounce_is_claimed(outcomes, name):
    assert outcomes[name].seen.bounce.claimed
