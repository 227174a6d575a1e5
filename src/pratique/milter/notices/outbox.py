"""Keep notices in a folder until they are sent: one file each, on the disk before anybody sends.

    outbox/lock     whoever writes has it (flock); all doors share the folder
    outbox/sending  whoever sends has it
    outbox/new/     a file for each notice that waits
    outbox/tmp/     files that are being written
    outbox/aside/   what is no notice of ours: a file that was half written, is damaged or of
                    another version, or cannot be read
    outbox/rates    how many were told within the hour (rate.py)
    outbox/key      what proves our Message-IDs (own_ids.py)

A file is a line that names the format, a line of JSON, and the mail.
"""

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pratique.milter.durable import Disk
from pratique.milter.notices import rate
from pratique.milter.notices.own_ids import KEY_OCTETS
from pratique.milter.notices.rate import Rates
from pratique.milter.sections.notices import is_mailbox
from pratique.milter.stores.turns import lock

log = logging.getLogger("pratique.notices")

FORMAT = b"pratique notice 1\n"
# Notices that wait: a day of a next hop that is away, for seven rules of six an hour.
WAITING = 1000
# Octets of one; letter.py writes some 50 KB at most.
LARGEST = 128 * 1024
# Seconds that a writer waits for another; one writes for some milliseconds.
_PATIENCE = 5.0
# Octets of the counts: a thousand kinds with four hundred times each have some 5 MB.
_LARGEST_RATES = 8 * 1024 * 1024


class Unfit(Exception):
    """What lies there is no notice of ours."""


class Full(Exception):
    """As many notices wait as may."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that waits."""

    address: str
    rule: str
    # What we call the message that it is about.
    about: str
    # Seconds since 1970.
    made_at: int
    mail: bytes


class Outbox:
    """The folder."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self._disk = disk or Disk()

    def prepare(self) -> bytes:
        """Make the folder, and set aside what a crash left half written; gives the key.

        Raises OSError.
        """
        with self.writing():
            for path in sorted((self.folder / "tmp").iterdir()):
                self._move_aside(path, "it was half written")
            return self._key()

    def _key(self) -> bytes:
        path = self.folder / "key"
        if path.exists() and len(key := path.read_bytes()) == KEY_OCTETS:
            return key
        key = secrets.token_bytes(KEY_OCTETS)
        self._disk.replace_file(path, key)
        return key

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only one who writes.  Raises OSError.

        What the start could not make, on a full disk, is made as soon as it can be.
        """
        for name in ("new", "tmp", "aside"):
            if not (self.folder / name).is_dir():
                self._disk.make_folder(self.folder / name)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            lock(descriptor, _PATIENCE)
            yield
        finally:
            os.close(descriptor)

    def turn(self) -> int | None:
        """Have the turn to send, until this descriptor is closed; None: somebody else has it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.folder / "sending", flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    # While writing.

    def put(self, notice: Waiting) -> None:
        """Add a notice: on the disk when this returns.  Raises Full, OSError."""
        if len(self.names()) >= WAITING:
            raise Full(f"{WAITING} notices wait in {self.folder} already")
        name = f"{notice.made_at:010}-{secrets.token_hex(6)}"
        fresh = self.folder / "tmp" / name
        self._disk.write_file(fresh, (_encoded(notice),))
        self._disk.publish_file(fresh, self.folder / "new" / name)

    def rates(self) -> Rates:
        """What was told within the hour; what cannot be read is forgotten, and told."""
        path = self.folder / "rates"
        try:
            with path.open("rb") as file:
                return rate.load(file.read(_LARGEST_RATES))
        except FileNotFoundError:
            return Rates()
        except (ValueError, OSError) as error:
            log.warning("%s: counts begin anew: %s", path, error)
            return Rates()

    def keep_rates(self, rates: Rates) -> None:
        """Keep them; not synced (rate.py).  Raises OSError."""
        fresh = self.folder / "rates.new"
        fresh.write_bytes(rates.dump())
        fresh.rename(self.folder / "rates")

    # While it is our turn to send.

    def names(self) -> list[str]:
        """The notices that wait, the oldest first.  Raises OSError."""
        with os.scandir(self.folder / "new") as found:
            # Twice as many as we put there; somebody else's files are no reason to stop.
            return sorted(one.name for one in islice(found, 2 * WAITING))

    def read(self, name: str) -> Waiting:
        """One of them.  Raises Unfit; FileNotFoundError if somebody took it away."""
        # What somebody put there may be a pipe, which nobody writes to.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            # Opened by its path, so that nothing stays open where it is a folder.
            path = self.folder / "new" / name
            with open(path, "rb", opener=lambda it, _: os.open(it, flags)) as file:
                octets = file.read(LARGEST + 1)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Unfit(f"it cannot be read: {error.strerror}") from error
        return _decoded(octets)

    def remove(self, name: str) -> None:
        """It is sent, or given up.  Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            self._disk.remove_file(self.folder / "new" / name)

    def set_aside(self, name: str, why: str) -> None:
        """What is no notice of ours is kept apart, and told once.  Raises OSError."""
        self._move_aside(self.folder / "new" / name, why)

    def _move_aside(self, path: Path, why: str) -> None:
        log.error("%s is set aside, and nobody is told what it says: %s", path, why)
        path.rename(self.folder / "aside" / f"{path.name}.{secrets.token_hex(2)}")


def _encoded(notice: Waiting) -> bytes:
    said = {
        "address": notice.address,
        "rule": notice.rule,
        "about": notice.about,
        "made_at": notice.made_at,
        "sha256": hashlib.sha256(notice.mail).hexdigest(),
    }
    return FORMAT + json.dumps(said).encode("ascii") + b"\n" + notice.mail


def _decoded(octets: bytes) -> Waiting:
    if len(octets) > LARGEST:
        raise Unfit(f"it has more than {LARGEST:,} octets")
    if not octets.startswith(FORMAT):
        raise Unfit("it is no notice, or one of another version")
    head, _, mail = octets.removeprefix(FORMAT).partition(b"\n")
    try:
        said = json.loads(head)
        if said["sha256"] != hashlib.sha256(mail).hexdigest():
            raise Unfit("it is damaged")
        address, rule, about = (str(said[name]) for name in ("address", "rule", "about"))
        made_at = int(said["made_at"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Unfit("it is damaged") from error
    if not is_mailbox(address):
        # It becomes a line of SMTP.
        raise Unfit("whom it is for is no address")
    return Waiting(address, rule, about, made_at, mail)
