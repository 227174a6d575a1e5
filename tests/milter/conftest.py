"""A pipeline with a fake to see and to deliver, a real policy and a real quarantine."""

import runpy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.pipeline import Options, Pipeline
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.ways import Ways
from pratique.policies.policy import Policy
from pratique.scanners.facts_pb2 import Facts, ForeignField, Mail

ENVELOPE = Envelope(
    "Q1",
    datetime(2026, 11, 22, tzinfo=UTC),
    "ann@example.org",
    recipients=(Forward("bob@Example.NET"), Forward("eve@example.net")),
    mta_id="4F1B2",
)

POLICY = """
[[rule]]
name = "hold"
when = 'mail.subject == "hold"'
actions = ["quarantine"]
reason = "held"

[[rule]]
name = "refuse"
when = 'mail.subject == "refuse"'
actions = ["reject"]
reason = "refused"

[[rule]]
name = "defer"
when = 'mail.subject == "defer"'
actions = ["defer"]
reason = "later"

[[rule]]
name = "drop"
when = 'mail.subject == "drop"'
actions = ["discard"]
reason = "dropped"

[[rule]]
name = "mixed"
when = 'mail.subject == "mixed" && rcpt.domain == "example.net" && rcpt.address.startsWith("eve")'
actions = ["reject"]
reason = "not for eve"

[[rule]]
name = "mark"
when = 'mail.subject == "mark"'
actions = ["accept", { add_header = "X-Pratique-Note: marked" }]

[[rule]]
name = "too much"
when = 'limits.exists(l, l.class_ == "octets") && parts[0].unopened == "over_budget"'
actions = ["quarantine"]
reason = "too much to look at"

[[rule]]
name = "deliver"
actions = ["accept"]
"""


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Clocks:
    """A clock on the wall, which a test may set, and one that only runs."""

    # One number moves both, so that nobody sees one moved and the other not yet.
    ticks: float = 1000.0
    apart: timedelta = timedelta()

    def wall(self) -> datetime:
        return NOON + self.apart + timedelta(seconds=self.ticks - 1000)

    @property
    def now(self) -> datetime:
        return self.wall()

    @now.setter
    def now(self, moment: datetime) -> None:
        self.apart += moment - self.wall()

    def monotonic(self) -> float:
        return self.ticks

    def run(self, **passed: float) -> None:
        """Let time pass."""
        self.ticks += timedelta(**passed).total_seconds()


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


class FakeSees:
    """Answers with a subject that the message's own octets name."""

    def __init__(self, **mail):
        self.mail = mail
        self.error = None

    async def again(self, content, envelope, _first):
        return await self.inspect(content, envelope)

    async def inspect(self, content, envelope):
        if self.error:
            raise self.error
        subject = b"".join(content.span(0, content.size)).decode()
        mail = Mail(**{"subject": subject, **self.mail})
        return Facts(mail=mail, envelope=envelope.to_facts())

    async def rewrite(self, content, edits):
        raise AssertionError("no rule of this policy wants it")


class FakeHop:
    """Takes what it is sent, or says what it was told to say."""

    def __init__(self):
        self.sent, self.recipients = [], []
        self.reply = Reply(250, ("2.0.0 Ok",))

    async def send(self, outgoing, recipients):
        self.sent.append(b"".join(outgoing.chunks()))
        self.recipients.append([forward.address for forward in recipients])
        return self.reply


@pytest.fixture
def quarantine(tmp_path):
    made = Quarantine(tmp_path / "quarantine")
    yield made
    made.close()


@pytest.fixture
def hop():
    return FakeHop()


@pytest.fixture
def take(quarantine, hop):
    """Have octets taken, by a pipeline that sees with what is handed in."""

    async def take(octets, sees=None, heard_by="sender", too_large=0, **rest):
        content = content_of([octets])
        options = rest.get("options", Options())
        pipeline = Pipeline(sees or FakeSees(), Policy.load(POLICY), quarantine, options=options)
        ways = Ways(hop.send, quarantine.hold, heard_by, b"Received: here\r\n", too_large)
        try:
            return await pipeline.take(content, rest.get("envelope", ENVELOPE), ways)
        finally:
            content.close()

    return take


@pytest.fixture
def envelope():
    return ENVELOPE


@pytest.fixture
def policy():
    return Policy.load(POLICY)


@pytest.fixture
def fake_sees():
    """Make who sees: `fake_sees(received_count=51)`."""
    return FakeSees


class ReleasingHop:
    """A next hop that keeps what a release sends."""

    def __init__(self):
        self.sent = b""

    async def begin(self, envelope):
        return Reply(250, ("2.1.0 Ok",)), self

    async def recipient(self, forward):
        return Reply(250, ("2.1.5 Ok",))

    async def send(self, outgoing):
        self.sent = b"".join(outgoing.chunks())
        return Reply(250, ("2.0.0 Ok",))

    async def give_up(self):
        pass

    async def close(self):
        pass


@pytest.fixture
def released(quarantine):
    """Release the one held message; give what is sent, and who sees it when it comes back."""

    async def release(subject="hold"):
        (message,) = quarantine.messages()
        hop = ReleasingHop()
        await quarantine.release(message.id, hop)
        line = hop.sent.partition(b"\r\n")[0]
        field = ForeignField(name="X-Pratique-Release", start=0, end=len(line) + 2)
        token = line.partition(b": ")[2].decode()
        return hop.sent, FakeSees(subject=subject, release_token=token, foreign_fields=[field])

    return release


# A pipeline whose policy takes programs out.
strip = runpy.run_path(str(Path(__file__).with_name("rewritten.py")))["strip"]
