"""Check the stamps on mail that we send, and the ledger that remembers it.

A missing key and a full ledger are otherwise noticed only when bounces come back, and by then it
is too late.
"""

import os
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

from pratique.milter.doctor import service
from pratique.milter.doctor.line import Case, Line, ok, unseen, warning, wrong
from pratique.milter.sent import keys as key_files
from pratique.milter.sent import since
from pratique.milter.sent.whole import Whole
from pratique.milter.stores.days import DayName, files_in, with_ending

# docs/sent.md: once a year is often enough.
OLD = timedelta(days=400)
# Of a day's share: the rest is gone within an hour of a busy day.
NEARLY_FULL = 0.95
_LOST = re.compile(rb"^pratique_ledger_lost_total (\d{1,15})(?:\.\d*)?$", re.MULTILINE)


def stamps(case: Case) -> Iterator[Line]:
    """Check the keys, and since when mail is stamped."""
    settings, path = case.settings, case.settings.sent.keys
    if path is None:
        if _sends(case):
            yield warning(
                "mail that goes out is not stamped: bounces of it cannot be told from false ones",
                "`pratique keys new FILE`, and keys = 'FILE' in [sent] (docs/sent.md)",
            )
        return
    if not (case.user.is_me or os.geteuid() == 0):
        yield unseen(f"the keys {path}", f"only {case.user.name} and root may look")
        return
    try:
        keys = key_files.read(path, case.user.uid)
    except key_files.KeysError as error:
        yield wrong(f"no service starts: {error}", "docs/sent.md, 'Keys'")
        return
    today, first = case.now().date(), keys.signing
    told = f"key {first.number} of {first.made_on} signs what we send, {len(keys.all)} verify"
    if today - first.made_on > OLD:
        yield warning(told, f"a new one: `pratique keys new {path}`, then `pratique reload`")
    else:
        yield ok(told)
    began = since.read(settings.state).watermark
    if began is None:
        yield warning("no mail has been stamped yet", "`pratique reload`, or start the service")
    else:
        yield ok(f"mail that we send is stamped since {began}")


def _sends(case: Case) -> bool:
    """Whether any setting says that mail goes out here."""
    settings = case.settings
    directions = {one.direction for one in settings.listeners}
    directions |= {one.direction for one in settings.milter}
    return bool(settings.sent.networks) or "outbound" in directions


async def ledger(case: Case) -> AsyncIterator[Line]:
    """Report what is remembered, and what could not be."""
    if case.settings.sent.keys is None:
        return
    for line in (*_files(case), *_whole(case)):
        yield line
    address = case.settings.health.address
    if address is None:
        yield unseen("how much the ledger could not keep", "[health] has no address to ask")
        return
    try:
        _, told = await service.got(address, "/metrics")
    except (OSError, TimeoutError):
        # That the service is away is reported elsewhere (service.py).
        return
    if (found := _LOST.search(told)) and int(found[1]):
        yield warning(
            f"the ledger of sent mail did not keep {int(found[1]):,} rows since the start",
            "room on the disk; a larger max_size in [sent]; the service's log says when",
        )


def _files(case: Case) -> Iterator[Line]:
    folder, section = case.settings.state / "sent", case.settings.sent
    try:
        files = files_in(folder)
        sizes = {one.path: _size(one) for one in files}
    except FileNotFoundError:
        yield warning(f"there is no ledger of sent mail in {folder} yet", "the service makes it")
        return
    except OSError as error:
        yield unseen(f"the ledger of sent mail in {folder}", str(error.strerror))
        return
    days = [one for one in files if not one.is_set_aside]
    what = f"{sum(sizes.values()) / 1024**2:,.0f} MB of sent mail are remembered, {len(days)} days"
    if days and sizes[days[0].path] > NEARLY_FULL * section.octets_a_day:
        yield warning(f"{what}: the share of {days[0].day} is used up", "max_size in [sent]")
    else:
        yield ok(what)
    if aside := [one.path.name for one in files if one.is_set_aside]:
        yield warning(
            f"{len(aside)} files of the ledger were damaged and set aside: {aside[0]}",
            "what was in them is not known any more; remove them",
        )


def _whole(case: Case) -> Iterator[Line]:
    """Check whether what the ledger does not have counts as never sent."""
    if not case.settings.sent.complete:
        return
    if Whole(case.settings.state / "sent").holds(case.now()):
        yield ok("what is not remembered was never sent")
    else:
        yield warning(
            "[sent] complete = true, but not all that may still be bounced is remembered",
            "eight days without a loss (docs/sent.md, 'What was never sent')",
        )


def _size(day: DayName) -> int:
    return day.path.stat().st_size + _octets(with_ending(day.path, "-wal"))


def _octets(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
