"""Let a released message pass our own doors once, by a token that only it carries.

A release may come back to us: the next hop that takes it is often the mail server in
front of our door.  So a released message carries `X-Pratique-Release: TOKEN`; a door
that is shown a token which we issued, and which was not spent yet, lets the message
pass.  What lies on the disk is the token's SHA-256 only: who can read the store, or
a backup of it, cannot make a message pass.

A door *redeems* a token (nobody else can have it then), and once the next hop has the
message it is *spent*; if the next hop refuses, it is given *back* for the next try.
The reservation is flock(2) on the token's file: it ends with a door that dies.
"""

import asyncio
import fcntl
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pratique.milter.durable import Disk

log = logging.getLogger(__name__)

FIELD = "X-Pratique-Release"

# A mail server tries for five days by default (Postfix, maximal_queue_lifetime), and
# a token must outlive the last of those tries.
LIFETIME = timedelta(days=7)

# token_urlsafe(24): 192 bits, 32 characters.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Redemption:
    """A token that nobody else can have until it is spent or given back."""

    message_id: str
    _path: Path
    _descriptor: int
    _disk: Disk

    async def spent(self) -> None:
        """The next hop has the message: the token is gone for good when this returns."""
        try:
            await asyncio.to_thread(self._disk.remove_file, self._path)
        finally:
            self.back()

    def back(self) -> None:
        """Let the next try have it; after `spent`, and a second time, it does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens that are out."""

    folder: Path
    disk: Disk
    clock: Callable[[], datetime]

    def make(self) -> None:
        """Make the folder."""
        self.disk.make_folder(self.folder)

    def issue(self, message_id: str) -> str:
        """A new token, on the disk when this returns."""
        token = secrets.token_urlsafe(24)
        digest = _digest(token)
        expires = self.clock() + LIFETIME
        written = {"token_sha256": digest, "message": message_id, "expires": expires.isoformat()}
        self.disk.write_file(self.folder / digest, (json.dumps(written).encode("ascii"),))
        self.disk.sync_folder(self.folder)
        return token

    def withdraw(self, token: str) -> None:
        """Make a token worthless."""
        self.disk.remove_file(self.folder / _digest(token))

    async def redeem(self, token: str) -> Redemption | None:
        """Reserve a token; None if it is none of ours, spent, too old, or reserved."""
        # The text comes from a stranger: its form is known before anything is done with it.
        if not _TOKEN.fullmatch(token):
            return None
        return await asyncio.to_thread(self._redeem, _digest(token))

    def _redeem(self, digest: str) -> Redemption | None:
        path = self.folder / digest
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        message_id = None
        try:
            message_id = self._reserve(path, descriptor, digest)
        finally:
            if message_id is None:
                os.close(descriptor)
        return None if message_id is None else Redemption(message_id, path, descriptor, self.disk)

    def _reserve(self, path: Path, descriptor: int, digest: str) -> str | None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another door may have spent it between open and flock.
            path.stat()
            written = json.loads(path.read_bytes())
            known = hmac.compare_digest(written["token_sha256"], digest)
            young = datetime.fromisoformat(written["expires"]) > self.clock()
            return str(written["message"]) if known and young else None
        except (BlockingIOError, FileNotFoundError):
            return None
        except (ValueError, KeyError, TypeError) as error:
            log.error("release token %s cannot be read: %r", path, error)
            return None

    def expire(self) -> int:
        """Remove the tokens that nobody can redeem any more."""
        # An issuer that died half way left a file that no `expires` stands in: the age
        # of the file itself serves as well, and for all of them.
        oldest = (self.clock() - LIFETIME).timestamp()
        known = (path for path in self.folder.iterdir() if _DIGEST.fullmatch(path.name))
        old = [path for path in known if path.stat().st_mtime < oldest]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
