"""Take what a worker says of one message: in frames, and on the page that it writes on.

On the page are the facts that were sent in no frame, which for ordinary mail are all of them,
and the reader or scanner that was announced last.  The page is read when the worker is done,
or has ended in another way, and then these facts are as good as those that came in frames.
For a worker that lied, the place is where it was when it was killed, perhaps after the lie.
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
        # The frames with facts that came, and their octets.
        self._frames = self._octets = 0

    def found(self, found: facts.Facts, octets: int, sighting: Sighting) -> None:
        """Take facts that came in a frame of this many octets.  Raises FrameError or Lie."""
        self._frames += 1
        self._octets += octets
        if self._octets > MAX_SAID:
            raise frames.FrameError(f"more than {MAX_SAID} octets of facts")
        sighting.take(found)

    def rest(self, page: Page, sighting: Sighting) -> None:
        """Take what is on the page of a worker that is done.  Raises FrameError or Lie."""
        self._take(page.read(), sighting)

    def left(self, page: Page, sighting: Sighting) -> None:
        """Take what a worker that ended halfway left on its page, and whom to blame."""
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
        # It may have ended between sending a frame and taking its facts off the page.
        if not written.facts or written.sent < self._frames:
            return
        try:
            found = facts.Facts.FromString(written.facts)
        except DecodeError as error:
            raise frames.FrameError(f"no facts on the page: {error}") from error
        sighting.take(found)
