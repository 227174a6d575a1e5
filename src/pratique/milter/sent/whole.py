"""Know since when the ledger has everything that was sent, so as to say what was not.

One half of it is the admin's word (`[sent] complete`): all mail of our domains passes here.  The
other is that nothing was lost on the way into the files.  So a note lies among them, whose mtime
is that of the last known or possible loss: a row whose writing was not confirmed, a boot of the
machine (a power cut takes the last moments), the creation of the note itself.  Removing the
folder removes the note with it; a damaged file stays there, set aside.

Changing the mtime needs no room on the disk.  Whatever cannot be known counts as a loss.
"""

import contextlib
import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pratique.milter.sent.day import WINDOW
from pratique.milter.stores.days import files_in

log = logging.getLogger(__name__)

NAME = "complete"
# As long as sent mail may come back, and a day for two sides of midnight.
_ENOUGH = timedelta(days=WINDOW + 1)
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Whole:
    """The note in the ledger's folder; without one nothing is known."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._note = folder / NAME
        # This process has lost something, and could not tell the others.
        self._lost = False

    def begin(self, ours: Iterable[str] = (), boot: str = "") -> None:
        """Note that everything is kept from now on, or leave an earlier note in force.

        An earlier note holds if the machine has run since, and the same domains and networks are
        ours.
        """
        try:
            boot = boot or _BOOT.read_text("ascii").strip()
            written = " ".join((boot, *sorted(ours)))
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if _said(self._note) != written:
                self._note.write_text(written, "ascii")
        except (OSError, ValueError) as error:
            log.warning("%s: the ledger does not count as complete: %s", self._note, error)
            self.lost()

    def forget(self) -> None:
        """Remove the note: the admin does not say that all mail passes here."""
        with contextlib.suppress(OSError):
            self._note.unlink()

    def lost(self) -> None:
        """Note that something was, or may have been, lost."""
        try:
            now = datetime.now(UTC).timestamp()
            # If the clock went back, the loss must not look like an old one.
            if now > self._note.stat().st_mtime:
                os.utime(self._note)
            else:
                self._note.unlink()
        except FileNotFoundError:
            pass
        except OSError:
            self._lost = True

    def holds(self, at: datetime) -> bool:
        """Whether it has everything that was sent and could come back at this time."""
        try:
            began = datetime.fromtimestamp(self._note.stat().st_mtime, UTC)
            damaged = any(one.is_set_aside for one in files_in(self._folder))
        except (OSError, OverflowError, ValueError):
            return False
        return not self._lost and not damaged and at - began > _ENOUGH


def _said(note: Path) -> str:
    try:
        return note.read_text("ascii")
    except FileNotFoundError:
        return ""
