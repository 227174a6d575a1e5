"""Let a released message pass our own doors once, by a token that only it carries.

A release may come back to us: the next hop that takes it is often the mail server in
front of our door.  So a released message carries `X-Pratique-Release: TOKEN`; a door
that is shown a token which we issued for this very message (bound.py), and which was
not spent yet, lets it pass.  What lies on the disk is the token's SHA-256 only: who can
read the store, or a backup of it, cannot make a message pass.

A message that was changed on its way back is another message, and is held again: by a
server that adds a Message-ID or a footer, rewrites an address, or sends each recipient
a copy of its own (the first copy passes).  Fields put in front of ours do no harm.

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
from pratique.milter.quarantine.bound import Bound

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

    def issue(self, message_id: str, bound: Bound) -> str:
        """A new token for one message, on the disk when this returns."""
        token = secrets.token_urlsafe(24)
        digest = _digest(token)
        expires = self.clock() + LIFETIME
        written = {
            "token_sha256": digest,
            "message": message_id,
            "expires": expires.isoformat(),
            "bound": bound.to_json(),
        }
        self.disk.write_file(self.folder / digest, (json.dumps(written).encode("ascii"),))
        self.disk.sync_folder(self.folder)
        return token

    def withdraw(self, token: str) -> None:
        """Make a token worthless."""
        self.disk.remove_file(self.folder / _digest(token))

    def redeem(self, token: str, came: Callable[[], Bound]) -> Redemption | None:
        """Reserve a token; None if it is none of ours, spent, too old, or reserved.

        None too if it was issued for another message than the one it came with; `came`
        tells of that one, and is asked only where there is such a token.
        """
        # The text comes from a stranger: its form is known before anything is done with it.
        if not _TOKEN.fullmatch(token):
            return None
        path = self.folder / _digest(token)
        try:
            message_id = self._issued_for(path, came)
            # Only now: what is not the message never keeps the token from what is.
            return self._reserve(path, message_id) if message_id else None
        except FileNotFoundError:
            return None
        except OSError as error:
            log.error("release token %s cannot be redeemed: %s", path, error)
            return None

    def _issued_for(self, path: Path, came: Callable[[], Bound]) -> str:
        """The id of the message that a token was issued for, if that is what came."""
        try:
            written = json.loads(path.read_bytes())
            known = hmac.compare_digest(written["token_sha256"], path.name)
            young = datetime.fromisoformat(written["expires"]) > self.clock()
            message_id, bound = str(written["message"]), Bound.from_json(written["bound"])
            if not (known and young):
                return ""
            if bound.opens_for(came()):
                return message_id
            log.warning("the release token of %a came with another message", message_id)
        except (ValueError, KeyError, TypeError) as error:
            log.error("release token %s cannot be read: %r", path, error)
        return ""

    def _reserve(self, path: Path, message_id: str) -> Redemption | None:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another door may have spent it between open and flock.
            path.stat()
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                return None
            raise
        return Redemption(message_id, path, descriptor, self.disk)

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
