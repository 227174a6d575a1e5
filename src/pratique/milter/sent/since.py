"""Know since when our mail has been stamped, so that a missing stamp means something.

A missing stamp speaks against a bounce only if what it answers must have had one: if all mail
has been stamped for longer than a stamp holds.  The ledger does not know that.  Its oldest file
may be from before a week without keys, and it never learns whether reverse-paths were tagged.
So the process that opens it notes, in a file next to it, the day on which each began.  The note
of a stamp that is switched off is removed: when switched on again it begins anew.

What cannot be read or written counts as no note: then nothing is held against anybody.
"""

import contextlib
import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from pratique.milter.sent.day import WINDOW

log = logging.getLogger(__name__)

NAME = "sent.since"
_WATERMARK, _TAGS, _OURS = "watermark", "tags", "ours"
# A thousand domains (sections/sent.py), each with its day, as many that are ours, and networks.
_MOST_OCTETS = 1024 * 1024
# A day more than a stamp holds: unstamped mail of the last such day may come back until then.
_ENOUGH = timedelta(days=WINDOW + 1)


@dataclass(frozen=True, slots=True)
class Since:
    """The days on which stamps began; None means nothing is stamped, or it is not known."""

    watermark: date | None = None
    # By the name in the settings, a domain or ".domain".
    tags: Mapping[str, date] = field(default_factory=dict)
    # Whose mail is stamped: domains, and networks of clients.
    ours: frozenset[str] = frozenset()

    def marks(self, today: date) -> bool:
        """Whether everything that bounces today had a watermark."""
        return _is_long(self.watermark, today)

    def tagged(self, covered_by: str, today: date) -> bool:
        """Whether everything that bounces today, within one table of the settings, had a tag."""
        return _is_long(self.tags.get(covered_by), today)


def _is_long(began: date | None, today: date) -> bool:
    return began is not None and today - began > _ENOUGH


def noted(state: Path, tagged: Iterable[str], today: date, ours: Iterable[str] = ()) -> Since:
    """Return what the note says, after adding what begins today.

    With another domain or network of ours all begins anew: until then, mail from there went
    another way, or was not ours.
    """
    path = state / NAME
    before, ours = read(state), frozenset(ours)
    began = before.watermark if ours <= before.ours else None
    since = Since(
        min(began or today, today),
        {one: min(before.tags.get(one, today), today) for one in tagged},
        ours,
    )
    if since != before:
        _write(path, since)
    return since


def forget(state: Path) -> None:
    """Remove the note: nothing is stamped any more."""
    with contextlib.suppress(OSError):
        (state / NAME).unlink(missing_ok=True)


def read(state: Path) -> Since:
    """Return what the note says; an empty one if there is none."""
    path = state / NAME
    try:
        with path.open("rb") as file:
            stated = json.loads(file.read(_MOST_OCTETS))
        tags = {str(one): date.fromisoformat(day) for one, day in stated[_TAGS].items()}
        ours = frozenset(map(str, stated[_OURS]))
        return Since(date.fromisoformat(stated[_WATERMARK]), tags, ours)
    except FileNotFoundError:
        return Since()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("%s is not read, it begins anew: %s", path, error)
        return Since()


def _write(path: Path, since: Since) -> None:
    days = {one: day.isoformat() for one, day in since.tags.items()}
    began = since.watermark.isoformat() if since.watermark is not None else ""
    # Several doors start at the same time, and write the same.
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        written = {_WATERMARK: began, _TAGS: days, _OURS: sorted(since.ours)}
        fresh.write_text(json.dumps(written), "utf-8")
        fresh.replace(path)
    except OSError as error:
        log.warning("%s is not written, and begins anew: %s", path, error)
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
