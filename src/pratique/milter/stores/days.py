"""Tell which day file to write to, and remove those that are too old.

A day is one of UTC, by the clock when the record is written: a message that was received
before midnight may stand in the file of the next day, which costs nothing, since each
record has its own time.

A clock may jump: a machine wakes up in 1970 or in 2099, somebody sets it, and corrects it
an hour later.  A jump must neither make a file for each day that the clock names nor
remove what is not old.  So the wall clock is held against the monotonic one, which never
jumps.  After a jump the day stays what it was, and nothing is removed, until both clocks
have gone side by side for an hour.  The same hour passes after a start, when nothing is
known of the clock yet.

A clock that is a year ahead, and stays so, names everything old.  So after a jump of more
than a day nothing is removed for three days, in which somebody may notice.  What happened
before a start nobody has seen: until a process has seen three days of a steady clock itself,
old files go only where younger ones of three days stand beside them.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

log = logging.getLogger(__name__)

# Larger steps are jumps.  NTP slews by at most half a millisecond a second, and steps of
# less do no harm: they move midnight by a minute.
JUMP = 60.0

# As long as a wrong clock after a start usually takes to be set right, many times over.
STEADY = 3600.0

# After a jump of this length old files wait for as long as a weekend lasts, with a day off.
FAR = 86400.0
FAR_STEADY = 3 * 86400.0
# Days of which there must be younger files, by the same reasoning.
YOUNGER = 3

ENDINGS = ("-wal", "-shm")
_OURS = re.compile(r"(\d{4}-\d\d-\d\d)\.sqlite3(?:\.(?:damaged|other)-[0-9TZ.-]{1,40})?")


@dataclass(frozen=True, slots=True)
class DayName:
    """A file of the journal: its path, and the day in its name."""

    path: Path
    day: date

    @property
    def is_set_aside(self) -> bool:
        """True for one that was damaged, or written by a version with another layout."""
        return self.path.suffix != ".sqlite3"


def path_of(folder: Path, day: date) -> Path:
    """The file of a day."""
    return folder / f"{day.isoformat()}.sqlite3"


def files_in(folder: Path) -> list[DayName]:
    """The journal's files, newest day first; what has another name is not ours."""
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
    """The day that is written to, by a clock that is believed."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._apart: float | None = None
        self._steady_since = 0.0
        self._jumped = False
        self._patience = STEADY
        self.day = date.min
        # True once both clocks have gone side by side for long enough.
        self.believed = False
        # True once the day may say what is old.
        self.removes = False
        # True once it may say so alone.
        self.sure = False

    def look(self) -> date:
        """Look at the clocks, and say which day to write to."""
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

    None of them where nobody is sure of the clock, and hardly any younger ones stand beside
    them: it may be the clock that is wrong.
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
    # Of a day that has not come: a clock was wrong.  Its name never gets old, so the time
    # at which it was last written counts, which is set right if it lies ahead as well.
    written = datetime.fromtimestamp(one.path.stat().st_mtime, UTC)
    if written.date() > today:
        stamp = datetime.combine(today, time.min, UTC).timestamp()
        os.utime(one.path, (stamp, stamp))
        return False
    return today - written.date() > timedelta(days=keep_days)


def with_ending(path: Path, ending: str) -> Path:
    """The file that SQLite keeps beside a database."""
    return path.with_name(path.name + ending)
