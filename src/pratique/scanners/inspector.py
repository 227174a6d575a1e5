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
from dataclasses import replace
from pathlib import Path
from typing import cast

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin import FOLLOWERS, MADE_FOLLOWERS, SCANNERS
from pratique.scanners.carried import Carried
from pratique.scanners.families.known import SHIPPED, Families, WrongFamilies
from pratique.scanners.formats import FORMATS
from pratique.scanners.keys import Keys
from pratique.scanners.mime import Mime
from pratique.scanners.mime.mail import mail_facts
from pratique.scanners.own.load import load as load_own
from pratique.scanners.own.patience import within
from pratique.scanners.part import Scanner, Unfit
from pratique.scanners.report import Report, Tell
from pratique.scanners.rewrite import rewrite
from pratique.scanners.text import load_codecs
from pratique.scanners.unpack import MAIL, Tools, Walk

__all__ = ["Inspector", "Unfit", "load"]


# A second is plenty; a scanner that is not ours may hang on our sample.
REHEARSAL_SECONDS = 20.0


def load(setup: wall.Setup) -> "Inspector":
    """Load all that is loaded late, so that a confined worker opens nothing any more.

    `Unfit` is raised in the admin's words where something that the admin gave is broken.
    """
    _give_large_blocks_back()
    load_codecs()
    tools = ours(setup)
    # They come last: what a part is, and what hides it, is known by then.
    own = cast(list[Scanner], load_own(setup, names_taken()))
    tools = replace(tools, scanners=[*tools.scanners, *own])
    inspector = Inspector(
        tools,
        Limits.from_wall(setup.budget),
        passwords=setup.passwords,
        families=families_of(setup.families),
    )
    # Once through every reader and scanner: what a library loads on first use is loaded.
    rehearsal = _Rehearsal()
    with within(REHEARSAL_SECONDS):
        inspector.inspect(memoryview(_sample()), wall.Inspect(), rehearsal)
    if rehearsal.trouble:
        raise Unfit(f"a rehearsal went wrong: {'; '.join(rehearsal.trouble)}")
    inspector.sources = tuple(rehearsal.sources)
    return inspector


def ours(setup: wall.Setup) -> Tools:
    """All readers and scanners that we ship."""
    scanners = [scanner(setup) for scanner in SCANNERS]
    made = [maker(setup) for maker in MADE_FOLLOWERS]
    # One that has nothing to look for is not asked about each part of each mail.
    followers = (*FOLLOWERS, *(one for one in made if getattr(one, "is_needed", True)))
    readers = [*(form() for form in FORMATS), Carried(), Mime()]
    return Tools(scanners, readers, mail_facts, followers)


def families_of(file: str) -> Families:
    """The families that we know, and those of a file.  Raises Unfit."""
    if not file:
        return SHIPPED
    try:
        return Families.read(Path(file).read_text("utf-8"), f"families: {file}")
    except (OSError, UnicodeDecodeError) as error:
        raise Unfit(f"families: {file}: {error}") from error
    except WrongFamilies as error:
        raise Unfit(str(error)) from error


def names_taken() -> frozenset[str]:
    """Every name of ours that is announced before a part, and left out by."""
    looking = (*SCANNERS, *FOLLOWERS, *MADE_FOLLOWERS, *FORMATS, Carried, Mime)
    return frozenset({*(one.name for one in looking), MAIL})


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
        self.sources: list[str] = []

    def started(self, name: str, part: int) -> None:
        """Nothing is blamed."""

    def handed_out(self, handed: wall.HandedOut) -> None:
        """Nothing is asked for."""

    def found(self, found: facts.Facts) -> None:
        """Keep what went wrong: a reader that fails on our sample fails on all."""
        self.sources += [source.name for source in found.sources]
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
        families: Families = SHIPPED,
    ) -> None:
        self.scanners: tuple[str, ...] = tools.names
        # Names of the signatures that they look with.
        self.sources: tuple[str, ...] = ()
        self._passwords = tuple(passwords)
        self._families = families
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
        Walk(self._tools, budget, keys, request, Report(tell, self._families)).run(octets, extras)

    def rewrite(self, octets: memoryview, request: wall.Rewrite) -> Iterator[wall.Rewritten]:
        """How the message is put together with the edits made; or why they are not made."""
        return rewrite(octets, request, Budget(self._limits, self._clock))
