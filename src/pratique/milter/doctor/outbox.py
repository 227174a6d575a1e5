"""Check the notices that wait, and those that were set aside.

An addressee does not learn of a notice that cannot be sent; the log says so, once.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pratique.milter.doctor.line import Case, Line, ok, unseen, warning
from pratique.milter.notices.outbox import WAITING

# If a next hop is away for less, sending is simply tried again.
OLD = timedelta(hours=1)
# How many of our files are listed.
_MOST = 2 * WAITING


def outbox(case: Case) -> Iterator[Line]:
    """Report how many wait, and since when."""
    folder = case.settings.state / "outbox"
    if not case.settings.notices.addresses:
        yield from _left_behind(folder)
        return
    try:
        waiting, aside = _names(folder / "new"), _names(folder / "aside")
    except FileNotFoundError:
        yield warning(f"there is no {folder} yet", "the service makes it")
        return
    except OSError as error:
        yield unseen(f"the notices in {folder}", str(error.strerror))
        return
    oldest = min((made for name in waiting if (made := _made_at(name))), default=None)
    if oldest is not None and case.now() - oldest > OLD:
        yield warning(
            f"{len(waiting)} notices wait, the first since {oldest:%Y-%m-%d %H:%M} UTC",
            "the log says why (pratique.notices); [notices] next_hop; after a day they are dropped",
        )
    else:
        yield ok(f"{len(waiting)} notices wait")
    if aside:
        yield warning(
            f"{len(aside)} files in {folder / 'aside'} were no notices: {aside[0]}",
            "nobody was told what they say; look at them, and remove them",
        )


def _left_behind(folder: Path) -> Iterator[Line]:
    """Report notices that still wait from before, when none are sent any more."""
    try:
        waiting = _names(folder / "new")
    except FileNotFoundError:
        return
    except OSError as error:
        yield unseen(f"the notices in {folder}", str(error.strerror))
        return
    if waiting:
        yield warning(
            f"{len(waiting)} notices wait in {folder / 'new'}, and nobody sends them",
            "[notices] addresses is empty: name somebody there, or remove the files",
        )


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as found:
        return sorted(one.name for one, _ in zip(found, range(_MOST), strict=False))


def _made_at(name: str) -> datetime | None:
    """Return when a notice was made, by its name (outbox.py)."""
    seconds = name.partition("-")[0]
    # Ten digits last until the year 2286.
    known = len(seconds) == 10 and seconds.isascii() and seconds.isdigit()
    return datetime.fromtimestamp(int(seconds), UTC) if known else None
