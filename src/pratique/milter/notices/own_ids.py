"""Give notices Message-IDs that we know again, so that no notice is written about a notice.

A notice may pass a door of ours on its way, and a server that does not know RFC 5321 4.5.5 may
bounce it.  Its Message-ID has a random number and a proof of it by a key of ours (HMAC,
RFC 2104); a stranger who has seen none cannot make his mail look like one.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

KEY_OCTETS = 32
_OURS = re.compile(r"<?([0-9a-f]{24})\.([0-9a-f]{24})@notices\.")


class OwnIds:
    """Message-IDs by one key."""

    def __init__(self, key: bytes, host: str) -> None:
        self._key = key
        self._host = host

    def new(self) -> str:
        """One more, without angle brackets."""
        number = secrets.token_hex(12)
        return f"{number}.{self._proof(number)}@notices.{self._host}"

    def has(self, message_ids: Iterable[str]) -> bool:
        """True if one of them is ours."""
        return any(self._is_ours(one) for one in message_ids)

    def _is_ours(self, message_id: str) -> bool:
        found = _OURS.match(message_id)
        return found is not None and hmac.compare_digest(self._proof(found[1]), found[2])

    def _proof(self, number: str) -> str:
        return hmac.new(self._key, number.encode("ascii"), hashlib.sha256).hexdigest()[:24]
