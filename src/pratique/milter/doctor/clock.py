"""Check the clock: rules, expiry, tokens and the journal's days go by it."""

import ctypes
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pratique
from pratique.milter.doctor.line import Case, Line, ok, unseen, warning, wrong
from pratique.milter.stores.days import files_in

# What adjtimex(2) returns for a clock that is not synchronised (TIME_ERROR), as timedatectl
# reports it.
_UNSET = 5
# struct timex has 208 octets on 64 bits; all zero, it asks and changes nothing.
_TIMEX = 512
# A clock that is off by more than a day was set, not slewed.
_AHEAD = timedelta(days=1)
_DO = "timedatectl set-ntp true, or chrony"


def clock(case: Case) -> Iterator[Line]:
    """Check whether the clock can be right."""
    now = case.now()
    made = datetime.fromtimestamp(Path(pratique.__file__).stat().st_mtime, UTC)
    if now < made - _AHEAD:
        yield wrong(
            f"the clock says {now:%Y-%m-%d}, and this program was installed on {made:%Y-%m-%d}",
            _DO,
        )
    else:
        yield ok(f"the clock says {now:%Y-%m-%d %H:%M} UTC")
    yield from _ahead(case.settings.state / "journal", now)


def synchronised(_: Case) -> Iterator[Line]:
    """Check whether something keeps the clock right."""
    try:
        said = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX))
    except AttributeError:
        yield unseen("whether the clock is set by NTP", "this host's C library cannot tell")
        return
    yield of_adjtimex(said)


def of_adjtimex(said: int) -> Line:
    """Say what the kernel's answer means."""
    if said < 0:
        return unseen("whether the clock is set by NTP", "the kernel does not tell it here")
    if said == _UNSET:
        return warning("nobody sets the clock right (NTP)", _DO)
    return ok("the clock is set by NTP")


def _ahead(journal: Path, now: datetime) -> Iterator[Line]:
    try:
        files = files_in(journal)
    except FileNotFoundError:
        return
    except OSError as error:
        yield unseen(f"the newest day of {journal}", str(error.strerror))
        return
    if files and files[0].day > (now + _AHEAD).date():
        yield wrong(
            f"the journal's newest day is {files[0].day}: the clock was ahead, or is behind now",
            f"{_DO}; then a file of days to come may be moved away from {journal}",
        )
