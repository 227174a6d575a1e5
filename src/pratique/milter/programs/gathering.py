"""Gather the frames in which a worker hands parts out, and believe none of them.

A worker states a part's size first and then sends that many octets.  More parts, more octets
or more words than were asked for are a lie, and so is a part that is never completed.
"""

import hashlib
from collections.abc import Container

from pratique.milter.content import ContentWriter
from pratique.milter.programs.handed import Handed
from pratique.milter.wall.sighting import Lie
from pratique.scanners import frames
from pratique.scanners.wall_pb2 import HandedOut

# Limits: the number of parts, and the octets in them.
_SHOWN = frames.SHOWN_PARTS, frames.SHOWN_OCTETS
_FOR_PROGRAMS = frames.HAND_OUT_PARTS, frames.HAND_OUT_OCTETS


class _Part:
    """A part that is still arriving."""

    def __init__(self, first: HandedOut) -> None:
        self.type = first.type
        self.shown, self.hidden = first.shown, first.hidden
        self.size = first.size
        self.passwords = tuple(word for word in first.passwords if "\0" not in word)
        self.writer = ContentWriter()
        self.hash = hashlib.sha256()

    def take(self, octets: bytes) -> bool:
        """Add a piece; return whether that was the last.  Raises Lie."""
        if not octets or self.writer.size + len(octets) > self.size:
            raise Lie("a part is handed out in other pieces than was said")
        self.writer.write(octets)
        self.hash.update(octets)
        return self.writer.size == self.size

    def sealed(self) -> Handed:
        """Return the whole part."""
        digest = self.hash.hexdigest()
        content = self.writer.seal()
        return Handed(self.type, digest, self.passwords, content, self.shown, self.hidden)


class Gathering:
    """What one worker hands out of one message; once closed, it keeps nothing."""

    def __init__(self, types: Container[str], show: str = "") -> None:
        self._types = types
        self._show = show
        self._whole: list[Handed] = []
        # What came for programs (index 0), and for engines (index 1).
        self._counts = [0, 0]
        self._octets = [0, 0]
        self._coming: _Part | None = None

    def take(self, frame: HandedOut) -> None:
        """Take one frame.  Raises Lie."""
        if self._coming is None:
            self._check(frame)
            self._counts[frame.shown] += 1
            self._octets[frame.shown] += frame.size
            self._coming = _Part(frame)
        if self._coming.take(frame.octets):
            self._whole.append(self._coming.sealed())
            self._coming = None

    def _check(self, first: HandedOut) -> None:
        if not self._show if first.shown else first.type not in self._types:
            raise Lie("a part is handed out that nobody asked for")
        parts, octets = _SHOWN if first.shown else _FOR_PROGRAMS
        if self._counts[first.shown] >= parts:
            raise Lie(f"more than {parts} parts are handed out")
        if first.size < 1 or self._octets[first.shown] + first.size > octets:
            raise Lie(f"more than {octets} octets are handed out")
        if len(first.passwords) > frames.HAND_OUT_WORDS:
            raise Lie(f"more than {frames.HAND_OUT_WORDS} words beside a part")

    def whole(self) -> list[Handed]:
        """Return all parts, which the caller must close.  Raises Lie."""
        if self._coming is not None:
            raise Lie("a part that is handed out does not come to its end")
        whole, self._whole = self._whole, []
        return whole

    def close(self) -> None:
        """Drop what the caller did not take."""
        for handed in self._whole:
            handed.content.close()
        self._whole.clear()
        if self._coming is not None:
            self._coming.writer.discard()
            self._coming = None
