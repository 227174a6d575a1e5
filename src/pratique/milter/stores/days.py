"""Tell which day file to write to, and remove those that are too old.

Days are in UTC, by the clock when the record is written: a message that was received
before midnight may end up in the file of the next day, which does no harm, since each
record has its own time.

A clock may jump: a machine wakes up in 1970 or in 2099, or an admin sets it, and corrects it
an hour later.  A jump must neither create a file for each day that the clock names nor
remove what is not old.  So the wall clock is compared with the monotonic one, which never
jumps.  After a jump the day stays what it was, and nothing is removed, until both clocks
have run in step for an hour.  The same hour passes after a start, when nothing is
known of the clock yet.

By a clock that is a year ahead, and stays so, everything is old.  So after a jump of more
than a day nothing is removed for three days, in which an admin may notice.  Jumps before a
start go unseen: until a process itself has seen three days of a steady clock,
old files are removed only if younger ones of three days exist.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

log = logging.getLogger(__name__)

# Larger steps are jumps.  NTP slews by at most half a millisecond a second, and smaller steps
# do no harm: they move midnight by a minute.
JUMP = 60.0

# Many times what it usually takes to set a wrong clock right after a start.
STEADY = 3600.0

# After a jump of this length old files are kept for as long as a weekend with a day off.
FAR = 86400.0
FAR_STEADY = 3 * 86400.0
# Days of which there must be younger files, by the same reasoning.
YOUNGER = 3

ENDINGS = ("-wal", "-shm")
_OURS = re.compile(r"(\d{4}-\d\d-\d\d)\.sqlite3(?:\.(?:damaged|other)-[0-9TZ.-]{1,40})?")


@dataclass(frozen=True, slots=True)
class DayName:
    """A file of a store: its path, and the day in its name."""

    path: Path
    day: date

    @property
    def is_set_aside(self) -> bool:
        """True for a file that was damaged, or written by a version with another layout."""
        return self.path.suffix != ".sqlite3"


def path_of(folder: Path, day: date) -> Path:
    """Return the path of a day's file."""
    return folder / f"{day.isoformat()}.sqlite3"


def files_in(folder: Path) -> list[DayName]:
    """Return the files of a store, newest day first, ignoring all other names."""
    return sorted(_ours(folder), key=lambda one: (one.day, one.path.name), reverse=True)


def _ours(folder: Path) -> Iterator[DayName]:
    for path in folder.iterdir():
        matched = _OURS.fullmatch(path.name)
        if matched is None:
            continue
        try:
            day = date.fromisoformat(matched[1])
        except ValueError:
            continue
        yield DayName(path, day)


class Days:
    """The day to write to, by a clock that is checked."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._apart: float | None = None
        self._steady_since = 0.0
        self._jumped = False
        self._patience = STEADY
        self.day = date.min
        # True once both clocks have run in step for long enough.
        self.believed = False
        # True once the day may be used to remove old files.
        self.removes = False
        # True once it may do so without evidence of younger files.
        self.sure = False

    def look(self) -> date:
        """Check the clocks, and return which day to write to."""
        now, ticks = self._clock(), self._monotonic()
        apart = now.timestamp() - ticks
        if self._apart is None or abs(apart - self._apart) > JUMP:
            self._jumped = self._apart is not None
            self._steady_since = ticks
            if self._apart is not None and abs(apart - self._apart) > FAR:
                self._patience = FAR_STEADY
                self._tell(apart - self._apart)
        self._apart = apart
        self.believed = ticks - self._steady_since >= STEADY
        self.removes = ticks - self._steady_since >= self._patience
        self.sure = ticks - self._steady_since >= FAR_STEADY
        if self.removes:
            self._patience = STEADY
        if self.believed or not self._jumped:
            self._jumped = False
            self.day = now.astimezone(UTC).date()
        return self.day

    @staticmethod
    def _tell(jump: float) -> None:
        days, way = abs(jump) / 86400, "forward" if jump > 0 else "back"
        text = "the clock has jumped %s by %.1f days: no old file is removed for three days"
        log.warning(text, way, days)


def remove_old(folder: Path, today: date, keep_days: int, *, sure: bool = True) -> None:
    """Remove the files of days that are no longer kept.  Raises OSError.

    Removes none where the clock is not `sure` and hardly any younger files exist:
    it may be the clock that is wrong.
    """
    files = files_in(folder)
    kept = {one.day for one in files if 0 <= (today - one.day).days <= keep_days}
    if not sure and len(kept) < min(YOUNGER, keep_days + 1):
        if any(one.day < today for one in files if one.day not in kept):
            text = "%s: files of more than %d days stay until the clock is known to be right"
            log.warning(text, folder.name, keep_days)
        return
    for one in files:
        if _is_old(one, today, keep_days):
            for path in (one.path, *(with_ending(one.path, end) for end in ENDINGS)):
                path.unlink(missing_ok=True)
            text = "%s: removed %s, which is older than %d days"
            log.info(text, folder.name, one.path.name, keep_days)


def _is_old(one: DayName, today: date, keep_days: int) -> bool:
    if one.day <= today + timedelta(days=1):
        return today - one.day > timedelta(days=keep_days)
    # A day in the future: a clock was wrong.  Its name never gets old, so the time of the last
    # write counts, which is set back to today if it lies in the future as well.
    written = datetime.fromtimestamp(one.path.stat().st_mtime, UTC)
    if written.date() > today:
        stamp = datetime.combine(today, time.min, UTC).timestamp()
        os.utime(one.path, (stamp, stamp))
        return False
    return today - written.date() > timedelta(days=keep_days)


def with_ending(path: Path, ending: str) -> Path:
    """Return the path of a file that SQLite keeps beside a database."""
    return path.with_name(path.name + ending)
