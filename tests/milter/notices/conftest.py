"""An outbox, a clock that is set by hand, and a next hop that says what it is told to."""

from datetime import UTC, datetime, timedelta

import pytest

from pratique.milter.became import Became
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.notices.outbox import Outbox
from pratique.policies.verdict import Action, Notice, Verdict
from pratique.scanners.facts_pb2 import Bounce, Facts, Mail, Part, Returned

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class Hop:
    """Takes what it is sent, or says what it was told to say for an address."""

    def __init__(self):
        self.sent, self.answers, self.asked = [], {}, []

    async def resume(self, envelope, forwards):
        (forward,) = forwards
        self.asked.append((envelope.reverse_path, forward))
        reply = self.answers.get(forward.address, Reply(250, ("2.1.5 Ok",)))
        self.forward = forward
        return (reply, self) if reply.accepted else (reply, None)

    async def send(self, outgoing):
        self.sent.append((self.forward.address, b"".join(outgoing.chunks())))
        return Reply(250, ("2.0.0 Ok",))


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def monotonic(self):
        return self.now.timestamp()

    def on(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def hop():
    return Hop()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path / "outbox")
    made.prepare()
    return made


NOTICE = Notice("sec@our.example", "programs", "a program came")


@pytest.fixture
def became():
    """Make what became of a message with a notice for each recipient."""

    def make(notices=((NOTICE,),), mail=None, returned=(), at=START, **rest):
        verdicts = tuple(
            Verdict(Action.QUARANTINE, "programs", "a program came", notices=tuple(one))
            for one in notices
        )
        envelope = Envelope(
            "Q1",
            at,
            "ann@sender.example",
            recipients=tuple(Forward(f"r{n}@our.example") for n in range(len(verdicts))),
            client=Client("192.0.2.1", "mx.sender.example"),
        )
        seen = Facts(
            mail=Mail(**(mail or {"subject": "see http://evil.example"})),
            parts=[Part(id=1, name="invoice.pdf.exe")],
            bounce=Bounce(returned=Returned(message_ids=returned)),
        )
        stated = {"action": "quarantine", "rule": "programs", "held_as": "H1", **rest}
        reply = Reply(250, ("2.0.0 Ok",))
        return Became(envelope, 7, 0.0, 0.1, seen, verdicts, reply=reply, **stated)

    return make
