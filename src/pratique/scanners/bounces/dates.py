"""Read a date as headers have it (RFC 5322 3.3, with the obsolete forms of 4.3).

The standard library's reader is that of `email`, which is not bounded.  This one takes what
it finds where a date usually begins, and nothing that is no moment.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

# As much of a field as a date can be in.
CHARACTERS = 200
_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
# RFC 5322 4.3: in hours; what else stands there says nothing, and counts as UTC.
_ZONES = {
    "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8,
    "jst": 9,
}  # fmt: skip
_DATE = re.compile(
    r"(?:[A-Za-z]{2,9},?\s{0,8})?(\d{1,2})[\s-]{1,8}([A-Za-z]{3})[a-z]{0,8}[\s-]{1,8}(\d{2,4})"
    r"\s{1,8}(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d{1,6})?\s{0,8}(?:([+-]\d{4})|([A-Za-z]{1,5}))?"
)


def read(text: str) -> datetime | None:
    """The moment, in UTC; None if there is none."""
    found = _DATE.search(text[:CHARACTERS])
    if found is None:
        return None
    day, month, year, hour, minute, second, offset, zone = found.groups()
    try:
        moment = datetime(
            _year(year), _MONTHS[month.lower()], int(day), int(hour), int(minute),
            # A leap second is told as 60.
            min(int(second or 0), 59), tzinfo=_zone(offset, zone),
        )  # fmt: skip
        return moment.astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return None


def _year(written: str) -> int:
    """RFC 5322 4.3: two digits below 50 are of this century, three are since 1900."""
    year = int(written)
    if len(written) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(written) == 3 else year


def _zone(offset: str | None, named: str | None) -> timezone:
    if offset is None:
        return timezone(timedelta(hours=_ZONES.get((named or "").lower(), 0)))
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
