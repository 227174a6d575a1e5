"""Take what a worker says of one message: in frames, and on the page that it writes on.

On the page stand the facts that went out in no frame, which for ordinary mail are all, and
the reader or scanner that was announced last.  It is read when the worker is done, or has
ended otherwise, and then these facts are as good as those that came in frames.  Of a
worker that lied, the place is where it was when it was ended, perhaps after the lie.
"""

from google.protobuf.message import DecodeError

from pratique.milter.wall.sighting import Lie, Sighting
from pratique.scanners import facts_pb2 as facts
from pratique.scanners import frames
from pratique.scanners.page import Page, Written
from pratique.scanners.wall_pb2 import Started

# 10,000 parts with a kilobyte each of names, and as much again in findings.
MAX_SAID = 32 * 1024 * 1024


class Said:
    """How much has been said."""

    def __init__(self) -> None:
        # Of the frames with facts that came.
        self._frames = self._octets = 0

    def found(self, found: facts.Facts, octets: int, sighting: Sighting) -> None:
        """Facts came in a frame of so many octets.  Raises FrameError or Lie."""
        self._frames += 1
        self._octets += octets
        if self._octets > MAX_SAID:
            raise frames.FrameError(f"more than {MAX_SAID} octets of facts")
        sighting.take(found)

    def rest(self, page: Page, sighting: Sighting) -> None:
        """The worker is done: take what stands on the page.  Raises FrameError or Lie."""
        self._take(page.read(), sighting)

    def left(self, page: Page, sighting: Sighting) -> None:
        """The worker has ended in midst of it: take what it left, and whom to blame."""
        written = page.read()
        if sighting.end != "lied":
            try:
                self._take(written, sighting)
            except (frames.FrameError, Lie) as error:
                sighting.end, sighting.detail = "lied", str(error)
        if written.name:
            try:
                sighting.start(Started(name=written.name, part=written.part))
            except Lie as lie:
                sighting.end, sighting.detail = "lied", str(lie)

    def _take(self, written: Written, sighting: Sighting) -> None:
        # It may have been ended between sending a frame and taking its facts off the page.
        if not written.facts or written.sent < self._frames:
            return
        try:
            found = facts.Facts.FromString(written.facts)
        except DecodeError as error:
            raise frames.FrameError(f"no facts on the page: {error}") from error
        sighting.take(found)
