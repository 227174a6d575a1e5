"""Read a line of a feed: which hash it has, who lists it, why, and for how long.

Feeds are texts of many forms, and a form is known by its lines:

    HASH                                     with `expires=2027-01-31`, `owner=NAME` and a reason
    HASH  file name                          sha256sum, md5sum
    SHA256 (file name) = HASH                the same of BSD
    HASH:size:name                           ClamAV's .hsb and .hdb
    "first_seen_utc","sha256_hash",...       CSV with a line of names: MalwareBazaar's, MISP's

A hash is SHA-256, MD5 or TLSH.  Where a row has both SHA-256 and MD5, MD5 is left out: to look
one up each part has to be hashed once more.  TLSH finds what is only like it, so beside another
hash it is taken only if the list says so.  SHA-1 and others are left out, and counted.

Whoever writes a feed writes for others, and makes mistakes: a line that cannot be read is told
with its number, and it is for `building.py` to say how many are too many.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pratique.scanners.near.digest import laid_out

# MalwareBazaar's rows have 500 octets, and file names 255.
LINE = 4096
# A reason goes into a note of 300 characters.
REASON, OWNER = 200, 80

_EPOCH = date(1970, 1, 1)
_SIZES = {32: "md5", 64: "sha256"}
_OTHERS = {40, 56, 96, 128}
_NOTHING = {kind: hashlib.new(kind, usedforsecurity=False).digest() for kind in _SIZES.values()}
_COMMENT = ("#", ";", "//")

_BARE = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}|(?:T1)?[0-9a-f]{70}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE)
_CLAMAV = re.compile(r"([0-9a-f]{32,128}):(?:\d+|\*):([^:\s]+)(?::[\d:]*)?", re.IGNORECASE)
_BSD = re.compile(r"(?:MD5|SHA\d{1,3}) ?\((.*)\) = ([0-9a-f]{32,128})", re.IGNORECASE)
_PLAIN = re.compile(r'\\?"?([^\s",]+)"?(?:[\s,]+\*?(.*))?')
_SAID = re.compile(r"(expires|owner)=(\S+)\s*")
_COLUMN = re.compile(r"[a-z0-9_|-]{1,40}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

_SHA256 = ("sha256", "sha256_hash", "hash_sha256")
_MD5 = ("md5", "md5_hash", "hash_md5")
_TLSH = ("tlsh", "tlsh_hash", "hash_tlsh")
# What stands in a field that has nothing; TNULL is what TLSH says of what has no digest.
_NOTHING_SAID = frozenset({"n/a", "null", "none", "tnull"})
_REASONS = ("reason", "signature", "malware", "malware_family", "threat", "comment", "file_name")
_SEEN = ("first_seen_utc", "first_seen", "date_added", "date")
# An event also names files that are harmless, as context (`to_ids`), or no longer meant.
_NO, _YES = {"0", "false"}, {"1", "true"}
_MISP = {"sha256", "md5", "filename|sha256", "filename|md5", "malware-sample"}
_MISP_TLSH = {"tlsh", "filename|tlsh"}


class WrongLine(ValueError):
    """A line that cannot be read, and why."""


class LeftOut(Exception):
    """A line that has something else than what is looked up, and what."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line lists.  Days are counted since 1970; 0 is not said."""

    digest: bytes
    reason: str = ""
    owner: str = ""
    expires: int = 0
    seen: int = 0
    # The TLSH digest that stands beside, as it is written.
    near: str = ""


class Feed:
    """Reads lines in their order: of CSV the first names the columns."""

    def __init__(self) -> None:
        self._columns: list[str] = []

    def entry(self, line: str) -> Entry | None:
        """What a line lists; None for a comment.  Raises WrongLine or LeftOut."""
        text = line.strip().lstrip("\ufeff")
        if _BARE.fullmatch(text) and not self._columns:
            # A million such lines are a usual feed.
            return Entry(_digest(text))
        if "\r" in text:
            raise WrongLine("a carriage return in it: lines end in LF, or CR LF")
        comment = text.startswith(_COMMENT)
        columns = _columns(text.lstrip("#;/ ") if comment else text)
        if columns:
            self._columns = columns
        if not text or comment or columns:
            return None
        if self._columns:
            return _of_row(dict(zip(self._columns, _row(text), strict=False)))
        if found := _CLAMAV.fullmatch(text):
            return Entry(_digest(found[1]), found[2][:REASON])
        if found := _BSD.fullmatch(text):
            return Entry(_digest(found[2]), found[1][:REASON])
        return _of_words(text)


def of_misp(text: str) -> Iterator[Entry | WrongLine]:
    """The hashes of an event as MISP exports it in JSON.  Raises WrongLine if it is none."""
    try:
        event = json.loads(text.lstrip("\ufeff"))["Event"]
        rows = _rows_of(event.get("Attribute", ()))
        for each in event.get("Object", ()):
            rows += _together(_rows_of(each.get("Attribute", ())))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WrongLine("it is no event of MISP's in JSON") from error
    for row in rows:
        row.setdefault("reason", row.get("comment") or str(event.get("info", "")))
        try:
            yield _of_row(row)
        except LeftOut:
            continue
        except WrongLine as wrong:
            yield wrong


def _rows_of(attributes: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    return [{key: str(value) for key, value in one.items()} for one in attributes]


def _together(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """An object is one file: its TLSH digest stands beside its hashes, as in a row of CSV."""
    meant = [row for row in rows if not _is_not_meant(row)]
    hashes = [row for row in meant if row.get("type") in _MISP]
    near = [row for row in meant if row.get("type") in _MISP_TLSH]
    if not hashes or not near:
        return rows
    for row in hashes:
        row["tlsh"] = _value(near[0])
    return [row for row in rows if row not in near]


def day_of(written: str) -> int:
    """A date (ISO 8601) as days since 1970.  Raises WrongLine."""
    try:
        day = (date.fromisoformat(written) - _EPOCH).days
    except ValueError:
        day = 0
    if day <= 0:
        raise WrongLine(f"{written[:40]!r} is no date; write 2027-01-31")
    return day


def _columns(text: str) -> list[str]:
    """The names of columns, if that is what a line has."""
    if "," not in text:
        return []
    names = [name.strip().lower() for name in _row(text)]
    if not all(map(_COLUMN.fullmatch, names)):
        return []
    known = {*_SHA256, *_MD5, *_TLSH}
    return names if known.intersection(names) or {"type", "value"} <= set(names) else []


def _row(text: str) -> list[str]:
    try:
        return next(csv.reader([text], skipinitialspace=True, strict=True), [])
    except csv.Error as error:
        raise WrongLine(f"it is no CSV: {error}") from error


def _of_row(row: dict[str, Any]) -> Entry:
    near = _first(row, _TLSH)
    exact = _first(row, _SHA256) or _first(row, _MD5)
    if not exact and (not near or "type" in row):
        exact = _of_misp_value(row)
    expires, seen = row.get("expires", ""), _first(row, _SEEN)
    return Entry(
        _digest(exact or near),
        reason=_first(row, _REASONS)[:REASON],
        owner=row.get("owner", "")[:OWNER],
        expires=day_of(expires) if expires else 0,
        seen=day_of(seen[:10]) if _DATE.match(seen) else 0,
        near=near if exact else "",
    )


def _of_misp_value(row: dict[str, Any]) -> str:
    kind = str(row.get("type", ""))
    if kind and kind not in _MISP | _MISP_TLSH:
        raise LeftOut(kind[:40])
    if _is_not_meant(row):
        raise LeftOut("said not to be looked for")
    return _value(row)


def _is_not_meant(row: dict[str, Any]) -> bool:
    return row.get("to_ids", "").lower() in _NO or row.get("deleted", "").lower() in _YES


def _value(row: dict[str, Any]) -> str:
    return str(row.get("value", "")).rpartition("|")[2]


def _first(row: dict[str, Any], columns: tuple[str, ...]) -> str:
    found = (str(row.get(column, "")).strip() for column in columns)
    return next((one for one in found if one and one.lower() not in _NOTHING_SAID), "")


def _of_words(text: str) -> Entry:
    found = _PLAIN.fullmatch(text)
    if found is None:
        raise WrongLine("there is no hash in it")
    said, rest = {}, found[2] or ""
    while one := _SAID.match(rest):
        said[one[1]], rest = one[2], rest[one.end() :]
    expires = day_of(said["expires"]) if "expires" in said else 0
    owner = said.get("owner", "")[:OWNER]
    return Entry(_digest(found[1]), rest.strip()[:REASON], owner, expires)


def _digest(written: str) -> bytes:
    """Raises WrongLine or LeftOut."""
    if near := laid_out(written):
        return near
    if not _HEX.fullmatch(written):
        raise WrongLine(f"{written[:40]!r} is no hash")
    kind = _SIZES.get(len(written))
    if kind is None:
        if len(written) in _OTHERS:
            raise LeftOut(f"a hash of {len(written)} digits")
        raise WrongLine(f"a hash of {len(written)} digits; SHA-256 has 64, MD5 32, TLSH 70")
    digest = bytes.fromhex(written)
    if digest == _NOTHING[kind]:
        raise WrongLine("it is the hash of an empty file: each empty part would be found")
    return digest
