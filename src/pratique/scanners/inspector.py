"""Load all that looks at octets, once, and look at message after message with it.

What a library loads late it cannot load in a confined worker.  So a nursery loads
everything beforehand, and then rehearses: a message that holds the smallest container of
each format goes through every reader and every scanner.  Whatever fails there would fail
on every mail, and stops the start.
"""

import ctypes
import time
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Sequence

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin import FOLLOWERS, SCANNERS
from pratique.scanners.carried import Carried
from pratique.scanners.formats import FORMATS
from pratique.scanners.keys import Keys
from pratique.scanners.mime import Mime
from pratique.scanners.mime.mail import mail_facts
from pratique.scanners.part import Unfit
from pratique.scanners.report import Report, Tell
from pratique.scanners.rewrite import rewrite
from pratique.scanners.text import load_codecs
from pratique.scanners.unpack import Tools, Walk

__all__ = ["Inspector", "Unfit", "load"]


def load(setup: wall.Setup) -> "Inspector":
    """Load all that is loaded late, so that a confined worker opens nothing any more.

    `Unfit` is raised in the admin's words where something that the admin gave is broken.
    """
    _give_large_blocks_back()
    load_codecs()
    scanners = [scanner(setup) for scanner in SCANNERS]
    readers = [*(form() for form in FORMATS), Carried(), Mime()]
    tools = Tools(scanners, readers, mail_facts, FOLLOWERS)
    inspector = Inspector(tools, Limits.from_wall(setup.budget), passwords=setup.passwords)
    # Once through every reader and scanner: what a library loads on first use is loaded.
    rehearsal = _Rehearsal()
    inspector.inspect(memoryview(_sample()), wall.Inspect(), rehearsal)
    if rehearsal.trouble:
        raise Unfit(f"a rehearsal went wrong: {'; '.join(rehearsal.trouble)}")
    return inspector


# mallopt(3): from how many octets on a block is mapped by itself.  If nobody says so, glibc
# raises it to the largest that was freed, keeps what is smaller, and 25 MB of mail stay in a
# worker's memory for its life.  A decoded part is above it, what a reader works with below.
_M_MMAP_THRESHOLD, _LARGE = -3, 1024 * 1024


def _give_large_blocks_back() -> None:
    """Have the allocator return large blocks to the system as soon as they are free."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # it is glibc's, and others do that anyway
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def _sample() -> bytes:
    """A bounce, by its words, that holds the smallest container of each format."""
    head = (
        b'Subject: =?utf-8?q?Returned?= mail\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    )
    transfer = b"Content-Transfer-Encoding: base64\r\n\r\n"
    texts = b"--b\r\n\r\nbegin 644 a\r\n#86)C\r\n`\r\nend\r\n--b\r\n\r\n<html><p>\r\n"
    attached = b"".join(
        b"--b\r\nContent-Type: application/octet-stream\r\n" + transfer + b2a_base64(form.smallest)
        for form in FORMATS
    )
    return head + texts + attached + b"--b--\r\n"


class _Rehearsal:
    """Listens for what must not happen when our own sample is looked at."""

    def __init__(self) -> None:
        self.trouble: list[str] = []

    def started(self, name: str, part: int) -> None:
        """Nothing is blamed."""

    def handed_out(self, handed: wall.HandedOut) -> None:
        """Nothing is asked for."""

    def found(self, found: facts.Facts) -> None:
        """Keep what went wrong: a reader that fails on our sample fails on all."""
        self.trouble += [failure.detail for failure in found.failures]
        self.trouble += [f"{part.path}: {part.why}" for part in found.parts if part.unopened]


class Inspector:
    """Looks at messages, one after the other."""

    def __init__(
        self,
        tools: Tools,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        *,
        passwords: Sequence[str] = (),
    ) -> None:
        self.scanners: tuple[str, ...] = tools.names
        self._passwords = tuple(passwords)
        self._tools = tools
        self._limits = limits
        self._clock = clock

    def inspect(
        self,
        octets: memoryview,
        request: wall.Inspect,
        tell: Tell,
        extras: Sequence[memoryview] = (),
    ) -> None:
        """Find every part of the message and tell what each scanner sees in it.

        `extras` are the tar archives of `request.extras`, in the same order.
        """
        budget, keys = Budget(self._limits, self._clock), Keys(self._passwords, self._clock)
        Walk(self._tools, budget, keys, request, Report(tell)).run(octets, extras)

    def rewrite(self, octets: memoryview, request: wall.Rewrite) -> Iterator[wall.Rewritten]:
        """How the message is put together with the edits made; or why they are not made."""
        return rewrite(octets, request, Budget(self._limits, self._clock))
