"""Keep every policy that was ever in force, by its hash, so that a past verdict can be
explained and replayed by the very rules that gave it.

    texts/HASH     a text (a policy, an included one, a file of a list), deflated, by the
                   SHA-256 of its octets: what two versions share is kept once
    HASH.json      what a version is made of: the names and hashes of its texts
    history        which one came in force when (history.py)

The supervisor writes, before a policy is in force, and has the state folder alone; anybody
may read meanwhile.  Each file appears whole.  What is read is held against its hash: a
damaged text is told and never used.

A version stays for as long as a record of the journal, or a held message, may name it.
Older ones stay too, up to a bound; then the oldest goes first.
"""

import contextlib
import hashlib
import json
import logging
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pratique.milter import history
from pratique.milter.durable import Disk
from pratique.milter.history import Came
from pratique.milter.policy_file import LARGEST_LIST, PolicyFile
from pratique.policies.written.beside import Beside, hash_of

log = logging.getLogger(__name__)

FORMAT = 1

# A change a day for three years: more than anybody looks back, and each has some 100 KB.
MOST_VERSIONS = 1000
# As they lie on the disk: a hundred versions of a list of a million addresses.
MOST_OCTETS = 1024 * 1024 * 1024

# In a manifest of such a size ten thousand files would be named; more is damage.
_LARGEST_MANIFEST = 4 * 1024 * 1024

_HASH = re.compile(r"[0-9a-f]{64}")
_PREFIX = re.compile(r"[0-9a-f]{1,64}")


class NoVersion(Exception):
    """There is no such version, or it is damaged; the text is for an admin."""


@dataclass(frozen=True, slots=True)
class Version:
    """A policy with all that it names, as it was when it was in force."""

    hash: str
    name: str
    text: str
    beside: Beside


@dataclass(frozen=True, slots=True)
class Versions:
    """All that are kept in a folder, `policies` in the state folder."""

    folder: Path
    disk: Disk = field(default_factory=Disk)

    # What the supervisor does.

    def keep(self, found: PolicyFile, when: datetime) -> str:
        """Keep a policy and say its hash.  Raises OSError, and then nothing half is there."""
        digest = hash_of(found.text, found.beside)
        self.disk.make_folder(self._texts)
        beside = found.beside
        manifest = {
            "format": FORMAT,
            "hash": digest,
            "name": found.name,
            "kept": when.isoformat(),
            "text": self._keep_text(found.text),
            "policies": {name: self._keep_text(text) for name, text in beside.policies.items()},
            "lists": {name: self._keep_text(text) for name, text in beside.lists.items()},
        }
        # Texts first: a manifest that is there names only what is there.
        self.disk.sync_folder(self._texts)
        if not self._is_sound(digest):
            self.disk.replace_file(self._manifest(digest), json.dumps(manifest).encode("ascii"))
        return digest

    def enter(self, came: Came) -> None:
        """Write down that one came in force.  Raises OSError."""
        self.disk.make_folder(self.folder)
        history.add(self.folder, self.disk, came)

    def drop_old(
        self,
        now: datetime,
        keep_days: int,
        most: int = MOST_VERSIONS,
        most_octets: int = MOST_OCTETS,
    ) -> int:
        """Remove the oldest that are too many and no record can name; says how many.

        `keep_days` is for how long records of messages are kept.  Raises OSError.
        """
        named = self._named(now - timedelta(days=keep_days + 1))
        oldest = sorted(self._hashes(), key=lambda one: self._manifest(one).stat().st_mtime)
        free = [one for one in oldest if one not in named]
        left, dropped, makes_room = len(oldest), 0, True
        while free and (left > most or (makes_room and self._octets() > most_octets)):
            self.disk.remove_file(self._manifest(free.pop(0)))
            left, dropped = left - 1, dropped + 1
            makes_room = self._drop_texts()
        if left > most or self._octets() > most_octets:
            text = "%s: %d versions, %d octets: more than usual, and records may name each"
            log.warning(text, self.folder, left, self._octets())
        return dropped

    # What others ask.

    def find(self, which: str) -> Version:
        """The version of a hash, or of its first digits if no other begins so.

        Raises NoVersion.
        """
        digest = self._whole(which)
        said = self._said(digest)
        text = self._text(digest, said["text"])
        policies, lists = (
            {name: self._text(digest, one) for name, one in said[kind].items()}
            for kind in ("policies", "lists")
        )
        beside = Beside(policies, lists)
        if hash_of(text, beside) != digest:
            raise NoVersion(f"the policy {digest[:12]} is damaged: its texts give another hash")
        return Version(digest, said["name"], text, beside)

    def history(self) -> list[Came]:
        """Which came in force when, oldest first.  Raises OSError."""
        return list(history.read(self.folder))

    def was_in_force(self, digest: str) -> bool:
        """Whether this very policy decided before; a history that cannot be read says no."""
        with contextlib.suppress(OSError):
            return any(
                one.hash == digest and one.role == "enforce" for one in history.read(self.folder)
            )
        return False

    # What is in the folder.

    @property
    def _texts(self) -> Path:
        return self.folder / "texts"

    def _manifest(self, digest: str) -> Path:
        return self.folder / f"{digest}.json"

    def _hashes(self) -> list[str]:
        names = [path.stem for path in self.folder.glob("*.json")]
        return sorted(name for name in names if _HASH.fullmatch(name))

    def _whole(self, which: str) -> str:
        digits = which.strip().lower()
        if not _PREFIX.fullmatch(digits):
            raise NoVersion(f"{which!a} is no hash of a policy: it has digits and the letters a-f")
        found = [one for one in self._hashes() if one.startswith(digits)]
        if not found:
            raise NoVersion(f"no policy {digits} was in force as far as is known")
        if len(found) > 1:
            told = ", ".join(one[:12] for one in found[:5])
            raise NoVersion(f"{len(found)} policies begin with {digits}: {told}")
        return found[0]

    def _said(self, digest: str) -> dict[str, Any]:
        try:
            with self._manifest(digest).open("rb") as file:
                return _checked(digest, json.loads(file.read(_LARGEST_MANIFEST)))
        except FileNotFoundError as error:
            raise NoVersion(f"no policy {digest[:12]} is kept") from error
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            why = f"the policy {digest[:12]} is damaged: {self._manifest(digest)}: {error}"
            raise NoVersion(why) from error

    def _text(self, digest: str, one: str) -> str:
        octets = _inflated(self._texts / one)
        if octets is None:
            raise NoVersion(f"the policy {digest[:12]} is damaged: {self._texts / one}")
        return octets.decode("utf-8", "surrogateescape")

    def _is_sound(self, digest: str) -> bool:
        try:
            return self.find(digest).hash == digest
        except NoVersion:
            return False

    def _keep_text(self, text: str) -> str:
        octets = text.encode("utf-8", "surrogateescape")
        digest = hashlib.sha256(octets).hexdigest()
        path = self._texts / digest
        # One that was damaged is written anew.
        if _inflated(path) is None:
            fresh = path.with_name(digest + ".new")
            fresh.unlink(missing_ok=True)
            self.disk.write_file(fresh, (zlib.compress(octets),))
            self.disk.publish_file(fresh, path)
        return digest

    def _named(self, since: datetime) -> set[str]:
        """What was in force at any time since then, and what is."""
        named: set[str] = set()
        until: dict[str, datetime | None] = {}
        for one in reversed(history.read(self.folder)):
            ended = until.get(one.role)
            if one.hash and (ended is None or ended >= since):
                named.add(one.hash)
            until[one.role] = one.since
        return named

    def _octets(self) -> int:
        return sum(path.stat().st_size for path in self._texts.iterdir())

    def _drop_texts(self) -> bool:
        """Remove the texts that no version has; False: nobody knows which these are."""
        named: set[str] = set()
        for digest in self._hashes():
            try:
                said = self._said(digest)
            except NoVersion as error:
                log.warning("%s", error)
                return False
            named |= {said["text"], *said["policies"].values(), *said["lists"].values()}
        for path in self._texts.iterdir():
            if path.name not in named:
                self.disk.remove_file(path)
        return True


def _checked(digest: str, said: Any) -> dict[str, Any]:
    """A manifest, if it is one.  Raises ValueError, KeyError or TypeError."""
    if said["format"] != FORMAT:
        raise ValueError(f"it has the format {said['format']}, and {FORMAT} is known")
    if said["hash"] != digest or not isinstance(said["name"], str):
        raise ValueError("it is another's")
    for kind in ("policies", "lists"):
        if not isinstance(said[kind], Mapping):
            raise ValueError(f"{kind} is no table")
    for one in (said["text"], *said["policies"].values(), *said["lists"].values()):
        if not _HASH.fullmatch(one):
            raise ValueError("a text has no hash")
    return dict(said)


def _inflated(path: Path) -> bytes | None:
    """The octets of a text; None where there are none, or others than its name says."""
    try:
        inflating = zlib.decompressobj()
        octets = inflating.decompress(path.read_bytes(), LARGEST_LIST + 1)
    except (OSError, zlib.error):
        return None
    return octets if hashlib.sha256(octets).hexdigest() == path.name else None
