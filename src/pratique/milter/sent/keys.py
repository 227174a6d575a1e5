"""Read the keys that sign what we send: several at once, the first signs, all verify.

The file is one that a person can read, with one key per line:

    # number  made on     at least 32 random octets, in base64
    2         2026-11-22  c4sEb2m...
    1         2026-05-01  9Qe0d1f...

A new key goes on top, and the old one stays below it until nothing that it signed holds any
more.  Where several hosts share their keys, the new one is first put below the top key
everywhere, and then moved to the top: so no host signs with a key that another does not know.

A number says which key signed: the watermark has all of it, BATV's one digit its last digit.
Each use has a key of its own, derived from these (RFC 5869 3.2): what leaks from one use is
worthless for another.

An error in the file stops a start, or a reload: otherwise a service that cannot sign would be
noticed only when bounces come back, which is too late.
"""

import base64
import binascii
import hmac
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from pratique.milter.durable import Disk, withdraw
from pratique.milter.sent.day import WINDOW

# As many as SHA-256 gives (RFC 2104 3: fewer weaken it).
LEAST_OCTETS = 32
# Enough for a year of weekly keys; nobody has more.
MOST_KEYS = 64
_MOST_OCTETS = 64 * 1024
_MOST_NUMBER = 999_999

# A replaced key is kept as long as its last stamp holds, and a week more: a bounce that comes
# too late is then reported as late, and not as forged.
GRACE = timedelta(days=2 * WINDOW)

_LINE = re.compile(r"(\d{1,6})\s+(\d{4}-\d\d-\d\d)\s+([A-Za-z0-9+/]+={0,2})")
_HEAD = "# Keys that sign what we send: the first signs, all verify.  Keep this file secret.\n"
_COLUMNS = "# number, made on, random octets in base64\n"


class KeysError(Exception):
    """The keys cannot be used; the text is for an admin, and says what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key, its number and its day."""

    number: int
    made_on: date
    octets: bytes = field(repr=False)

    def for_use(self, use: str) -> bytes:
        """Return the key for one use."""
        return hmac.digest(self.octets, b"pratique " + use.encode("utf-8"), "sha256")


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of a file, in its order.  At least one."""

    all: tuple[Key, ...]

    @property
    def signing(self) -> Key:
        """The key that signs."""
        return self.all[0]

    def numbered(self, number: int) -> Key | None:
        """Return the key of this number."""
        return next((key for key in self.all if key.number == number), None)

    def with_digit(self, digit: int) -> tuple[Key, ...]:
        """Return the keys whose number ends in this digit."""
        return tuple(key for key in self.all if key.number % 10 == digit)


def read(path: Path, user: int | None = None) -> Keys:
    """Read the keys of a file that no other user may read, as `user`.  Raises KeysError."""
    return parse(read_text(path, user), path)


def read_text(path: Path, user: int | None = None) -> str:
    """Return what such a file says, once it is checked.  Raises KeysError."""
    user = os.geteuid() if user is None else user
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeysError(f"there are no keys in {path}: {_command(path)}") from None
    except PermissionError:
        raise KeysError(
            f"the keys {path} may not be read by the service: run `chown {user} {path}`"
        ) from None
    except OSError as error:
        raise KeysError(f"the keys {path} cannot be read: {error.strerror or error}") from error
    try:
        _check_rights(path, os.fstat(descriptor), user)
        octets = os.read(descriptor, _MOST_OCTETS + 1)
    except OSError as error:
        raise KeysError(f"the keys {path} cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if len(octets) > _MOST_OCTETS:
        raise KeysError(f"{path} has more than {_MOST_OCTETS} octets, this is no file of keys")
    text = octets.decode("utf-8", "replace")
    parse(text, path)
    return text


def _check_rights(path: Path, status: os.stat_result, user: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeysError(f"{path} is no file: {_command(path)}")
    # A group may read it: so only the service reads root's file (root:pratique, 0640).
    if status.st_mode & 0o027:
        raise KeysError(
            f"the keys {path} may be read or written by others (mode "
            f"{stat.S_IMODE(status.st_mode):04o}): run `chmod 0600 {path}`, and if others could "
            f"have read them, put a new one on top with `pratique keys new {path}`"
        )
    # Root inspects the file of the service: `pratique keys new`, `pratique config check`.
    if user != 0 and status.st_uid not in (0, user):
        raise KeysError(
            f"the keys {path} belong to another user (uid {status.st_uid}): run "
            f"`chown {user} {path}`"
        )


def parse(text: str, path: Path) -> Keys:
    """Return the keys that a text states.  Raises KeysError."""
    keys = tuple(_keys(text, path))
    if not keys:
        raise KeysError(f"there are no keys in {path}: {_instead(path)}")
    if len(keys) > MOST_KEYS:
        raise KeysError(f"{path} has {len(keys)} keys, {MOST_KEYS} at most: remove the last ones")
    numbers = [key.number for key in keys]
    for number in numbers:
        if numbers.count(number) > 1:
            raise KeysError(f"{path}: two keys have the number {number}; numbers stay unique")
    return Keys(keys)


def _keys(text: str, path: Path) -> Iterator[Key]:
    for number, line in enumerate(text.splitlines(), 1):
        written = line.strip()
        if written and not written.startswith("#"):
            yield _key(written, f"{path}:{number}", path)


def _key(written: str, where: str, path: Path) -> Key:
    """Return the key of a line.  Errors do not repeat the line: it may be half a secret."""
    matched = _LINE.fullmatch(written)
    if matched is None:
        raise KeysError(
            f"{where}: no key; a line is a number, a date such as 2026-11-22, and base64: "
            f"{_instead(path)}"
        )
    try:
        made_on = date.fromisoformat(matched[2])
        octets = base64.b64decode(matched[3], validate=True)
    except (ValueError, binascii.Error) as error:
        raise KeysError(f"{where}: no key: {error}; {_instead(path)}") from None
    if len(octets) < LEAST_OCTETS:
        raise KeysError(
            f"{where}: the key is too short: {len(octets)} octets, {LEAST_OCTETS} at least; "
            f"{_instead(path)}"
        )
    # 32 random octets have fewer than eight distinct values once in 10^50 files.
    if len(set(octets)) < 8:
        raise KeysError(f"{where}: the key is not random; {_instead(path)}")
    return Key(int(matched[1]), made_on, octets)


def _command(path: Path) -> str:
    return f"make one with `pratique keys new {path}`"


def _instead(path: Path) -> str:
    # A file that cannot be read gets no key on top: which numbers are free is unknown.
    return f"mend the file, or move it away and {_command(path)}"


def with_a_new_key(keys: Keys | None, today: date) -> str:
    """Return the text of a file with a new key on top, without keys that are no longer needed."""
    number = max((key.number for key in keys.all), default=0) + 1 if keys else 1
    if number > _MOST_NUMBER:
        raise KeysError(f"the number {_MOST_NUMBER} is the last: begin with 1 in a new file")
    new = Key(number, today, secrets.token_bytes(LEAST_OCTETS))
    kept = (new, *_needed(keys.all if keys else (), today))
    return _HEAD + _COLUMNS + "".join(map(_written, kept[:MOST_KEYS]))


def _needed(keys: tuple[Key, ...], today: date) -> Iterator[Key]:
    """Yield the first, which has signed until now, and those whose successor is recent."""
    for place, key in enumerate(keys):
        if place == 0 or today - keys[place - 1].made_on <= GRACE:
            yield key


def _written(key: Key) -> str:
    return f"{key.number} {key.made_on.isoformat()} {base64.b64encode(key.octets).decode()}\n"


def add(path: Path, today: date, disk: Disk | None = None) -> Keys:
    """Put a new key on top of the file, or make the file.  Raises KeysError.

    An existing file keeps its owner, its group and its mode: this is run as root, and the service
    must still be able to read it.
    """
    disk = disk or Disk()
    text = with_a_new_key(read(path) if path.exists() else None, today)
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        disk.write_file(fresh, (text.encode("ascii"),))
        if path.exists():
            before = path.stat()
            os.chown(fresh, before.st_uid, before.st_gid)
            fresh.chmod(stat.S_IMODE(before.st_mode))
        disk.publish_file(fresh, path)
    except OSError as error:
        withdraw(fresh)
        raise KeysError(f"{path} cannot be written: {error.strerror or error}") from error
    return parse(text, path)
