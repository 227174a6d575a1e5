"""Our mail, bounces of it, and a ledger in memory."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from pratique.milter.lookups.bounces.case import Case, case_of
from pratique.milter.lookups.bounces.lookup import Bounces, Ours
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.sent.domains import Domains
from pratique.milter.sent.keys import Key, Keys
from pratique.milter.sent.stated import StatedLedger
from pratique.scanners import facts_pb2 as facts

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
STRANGER = Client(ip="203.0.113.7", name="mx.there.example", helo="mx.there.example")


class Mail:
    """What Ann sent to Gone, and what comes back."""

    at, stranger, domain = AT, STRANGER, "contoso.example"
    ann, gone = "ann@contoso.example", "gone@there.example"
    message_id = "<original@contoso.example>"
    keys = Keys((Key(1, date(2026, 1, 1), b"k" * 32),))
    domains = Domains(("contoso.example",))

    @classmethod
    def envelope(cls, *recipients, **changed):
        fields = {"reverse_path": "", "client": STRANGER, **changed}
        forwards = tuple(map(Forward, recipients or (cls.ann,)))
        return Envelope("q1", fields.pop("at", AT), recipients=forwards, **fields)

    @classmethod
    def bounce(cls, **returned):
        """The facts of a bounce: of that message to Gone, unless something else is said."""
        fields = {"message_ids": [cls.message_id], "failed": [cls.gone], **returned}
        stated = facts.Bounce(claimed=True, returned=facts.Returned(**fields))
        stated.evidence.add(kind="structure")
        return facts.Facts(bounce=stated)

    @classmethod
    def reply(cls, author=None):
        """The facts of a vacation notice."""
        seen = facts.Facts()
        seen.bounce.other = "automatic_reply"
        seen.bounce.returned.message_ids.append(cls.message_id)
        seen.mail.header.from_.add(address=author or cls.gone)
        return seen

    @classmethod
    def ledger(cls, *recipients, days=1.0, sender=None):
        found = StatedLedger()
        to = recipients or (cls.gone,)
        found.add(cls.message_id, sender or cls.ann, to, AT - timedelta(days=days))
        return found

    @classmethod
    def case(cls, seen=None, **envelope) -> Case:
        recipients = envelope.pop("recipients", ())
        found = case_of(seen or cls.bounce(), cls.envelope(*recipients, **envelope), cls.domains)
        assert found is not None
        return found

    @classmethod
    def ours(cls, **changed):
        return Ours(cls.domains, **{"keys": cls.keys, **changed})


@pytest.fixture(scope="session")
def mail() -> type[Mail]:
    """Ann's mail."""
    return Mail


@pytest.fixture
def prove(mail):
    """Have a bounce judged; the ledger knows Ann's message unless another is given."""

    async def proved(seen, envelope=None, ledger=None, ours=None, signatures=None):
        bounces = Bounces(ledger or mail.ledger(), ours or mail.ours(), signatures)
        until = asyncio.get_running_loop().time() + 10
        before = len(seen.bounce.evidence)
        await bounces.prove(seen, envelope or mail.envelope(), until)
        return seen.bounce.verified, {one.kind: one for one in seen.bounce.evidence[before:]}

    return proved
