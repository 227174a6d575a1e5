"""Listen to the walk as the other side of the wall does, and write bounces for it to see."""

import gc
import importlib.util
import runpy
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import resources
from pathlib import Path
from types import ModuleType

import pytest

from pratique.policies.policy import Policy
from pratique.policies.verdict import Verdict
from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Limits, OverBudget
from pratique.scanners.inspector import Inspector, load
from pratique.scanners.part import Member, Oddity
from pratique.scanners.unpack import Tools


class Listener:
    """Keeps what is told, as the other side of the wall does."""

    def __init__(self) -> None:
        self.started_in_order: list[tuple[str, int]] = []
        self.parts: dict[int, facts.Part] = {}
        self.sent: list[facts.Facts] = []
        self.facts = facts.Facts()

    def started(self, name: str, part: int) -> None:
        self.started_in_order.append((name, part))

    def found(self, found: facts.Facts) -> None:
        kept = facts.Facts()
        kept.CopyFrom(found)
        self.sent.append(kept)
        self.parts.update({part.id: part for part in kept.parts})
        self.facts.MergeFrom(kept)

    def whole(self) -> facts.Facts:
        """All facts, each part as it was stated last."""
        together = facts.Facts()
        together.CopyFrom(self.facts)
        del together.parts[:]
        together.parts.extend(self.parts[number] for number in sorted(self.parts))
        return together

    def limits(self) -> list[tuple[str, int]]:
        return [(limit.class_, limit.part) for limit in self.facts.limits]

    def failures(self) -> list[tuple[str, int, str]]:
        return [(one.class_, one.part, one.detail) for one in self.facts.failures]

    def unopened(self) -> dict[int, str]:
        return {number: part.unopened for number, part in self.parts.items() if part.unopened}

    def kinds(self) -> set[str]:
        return {part.kind for part in self.parts.values()}


DAEMON = b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
TEXT = b"Content-Type: text/plain\n\nI could not deliver it.\n"
STATUS = (
    b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
    b"Final-Recipient: rfc822; gone@there.example\nAction: failed\nStatus: 5.1.1\n"
)
HEADER = (
    b"Received: from a.example by mx.example\nFrom: ann@example.org\nTo: gone@there.example\n"
    b"Message-ID: <original@example.org>\nDate: Mon, 02 Mar 2026 09:00:00 +0900\n"
)


class Bounces:
    """The pieces of a bounce, and how they are put together."""

    daemon, text, status, header = DAEMON, TEXT, STATUS, HEADER
    returned = b"Content-Type: message/rfc822\n\n" + HEADER + b"\nhello\n"
    headers = b"Content-Type: text/rfc822-headers\n\n" + HEADER

    @staticmethod
    def multipart(*parts: bytes, type_: bytes = b"mixed", head: bytes = b"") -> bytes:
        """An entity of so many parts; its boundary is its own."""
        boundary = b"b%d" % len(b"".join(parts))
        start = head + b'Content-Type: multipart/%b; boundary="%b"\n\n' % (type_, boundary)
        return (
            start
            + b"".join(b"--%b\n%b\n" % (boundary, each) for each in parts)
            + (b"--%b--\n" % boundary)
        )

    @classmethod
    def report(cls, *parts: bytes, head: bytes = DAEMON) -> bytes:
        """A delivery report; without parts a whole one."""
        type_ = b"report; report-type=delivery-status"
        return cls.multipart(*(parts or (TEXT, STATUS, cls.returned)), type_=type_, head=head)

    @staticmethod
    def file(name: str, octets: bytes, type_: str = "application/octet-stream") -> bytes:
        """An attached file."""
        head = f'Content-Type: {type_}; name="{name}"\nContent-Disposition: attachment; '
        head += f'filename="{name}"\nContent-Transfer-Encoding: base64\n\n'
        return head.encode() + b2a_base64(octets)


@pytest.fixture(scope="session")
def bounces() -> type[Bounces]:
    """Write a bounce from its pieces."""
    return Bounces


@pytest.fixture(scope="session")
def listen() -> Callable[[], Listener]:
    """Make a new listener."""
    return Listener


@pytest.fixture(scope="session")
def see(listen: Callable[[], Listener]) -> Callable[..., facts.Facts]:
    """Have a message seen by all that we ship; nothing may fail on the way."""
    inspector = load(wall.Setup())

    def seen(octets: bytes, reverse_path: str | None = None) -> facts.Facts:
        heard, request = listen(), wall.Inspect(direction="inbound")
        if reverse_path is not None:
            request.envelope.reverse_path = reverse_path
        inspector.inspect(memoryview(octets), request, heard)
        assert heard.failures() == []
        return heard.whole()

    return seen


@pytest.fixture(scope="session")
def decide() -> Callable[..., Verdict]:
    """Put what was seen to the policy that we ship."""
    shipped = resources.files("pratique.policies") / "shipped" / "default.toml"
    policy = Policy.load(shipped.read_text("utf-8"))

    def decided(known: facts.Facts, reverse_path: str | None = None) -> Verdict:
        # The envelope is the door's; it is put to what was seen.
        asked = facts.Facts()
        asked.CopyFrom(known)
        if reverse_path is not None:
            asked.envelope.reverse_path = reverse_path
        return policy.decide(asked, facts.Recipient())

    return decided


class Kinds:
    """A part whose octets begin with "(" is an archive, any other is text."""

    name = "kinds"

    def scan(self, part):
        if part.known.id == 0:
            return
        box = bytes(part.octets[:1]) == b"("
        kind = "archive" if box else "text"
        stated = facts.Part(id=part.known.id, kind=kind, type="test/box" if box else "text/plain")
        yield facts.Facts(parts=[stated])


class Box:
    """Opens a part "(a b (c d))": words and boxes, nested."""

    name = "box"

    def recognize(self, part):
        return "whole" if part.known.kind == "archive" or part.known.id == 0 else ""

    def members(self, part, budget):
        for number, octets in enumerate(split(bytes(part.octets))):
            budget.charge_octets(len(octets))
            if octets == b"odd":
                yield Oddity("extra_octets", "odd")
            elif octets == b"huge":
                yield Member(f"{number}", name="huge", unopened="over_budget", why="huge")
            elif octets == b"bug":
                raise ZeroDivisionError("a bug of ours")
            elif octets == b"memory":
                raise MemoryError
            elif octets == b"bomb":
                raise OverBudget("ratio", "a bomb")
            else:
                yield Member(f"{number}", memoryview(octets), name=octets[:8].decode())


def split(octets):
    depth, words, start = 0, [], 1
    for at, octet in enumerate(octets):
        depth += {40: 1, 41: -1}.get(octet, 0)
        if (octet == 32 and depth == 1) or at == len(octets) - 1:
            words.append(octets[start:at])
            start = at + 1
    return [word for word in words if word]


@pytest.fixture
def walk(listen):
    def walked(message, /, *, scanners=(), readers=(), without=(), **limits):
        heard, clock = listen(), limits.pop("clock", lambda: 0.0)
        tools = Tools(
            [Kinds(), *scanners], readers or [Box()], lambda octets, budget: facts.Mail(subject="s")
        )
        request = wall.Inspect(direction="inbound", without=without)
        words = limits.pop("passwords", ())
        inspector = Inspector(tools, Limits(**limits), clock, passwords=words)
        inspector.inspect(memoryview(message), request, heard)
        return heard

    return walked


@pytest.fixture
def box() -> Box:
    """The reader that `walk` has if it is not given others."""
    return Box()


@pytest.fixture(scope="session")
def office_files() -> ModuleType:
    """Write documents by their specifications, for want of a tool."""
    path = Path(__file__).with_name("office_files.py")
    spec = importlib.util.spec_from_file_location("office_files", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def knows_a_word() -> Inspector:
    """One whose admin has a list of passwords."""
    return load(wall.Setup(passwords=["secret"]))


@pytest.fixture
def shown(knows_a_word: Inspector) -> Callable[..., list[bytes]]:
    """What is handed out of a message."""
    mails = runpy.run_path(str(Path(__file__).with_name("shown_mails.py")))

    def shown(message: bytes, show: str = "hidden") -> list[bytes]:
        heard = mails["Heard"]()
        knows_a_word.inspect(memoryview(message), wall.Inspect(show=show), heard)
        assert not heard.failures
        return heard.handed

    return shown


@contextmanager
def freed_at_once() -> Iterator[None]:
    """What is let go within is freed then: nothing waits for the collector, which comes late.

    (libarchive's binding leaves a few words of its own to it, but nothing of a file.)
    """
    gc.freeze()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
        gc.collect()
        assert [late for late in gc.garbage if is_of_the_file(late)] == []
    finally:
        gc.set_debug(0)
        gc.enable()
        gc.unfreeze()
        gc.garbage.clear()


def is_of_the_file(thing: object) -> bool:
    return isinstance(thing, memoryview) or type(thing).__module__.startswith("pratique.")


@pytest.fixture(name="freed_at_once")
def _freed_at_once() -> Callable[[], AbstractContextManager[None]]:
    return freed_at_once
