"""Recognize a message of ours by its DKIM signature, which came back with its header.

The signature covers a hash of the body, which stands in the signed field, so the header is
verified without the body: a third of genuine bounces return none.  That a signature has expired
means nothing (its date is checked elsewhere), nor does l=, since nothing in the body is believed.
"""

from pratique.milter.lookups.auth import dkim
from pratique.milter.lookups.auth.answers import Asks
from pratique.scanners import facts_pb2 as facts

_VERIFIES = frozenset({"pass", "policy"})


class Signatures:
    """Verifies headers by keys in DNS."""

    def __init__(self, asks: Asks) -> None:
        self._asks = asks

    async def verifies(self, signature: facts.Signature, until: float) -> bool:
        """Whether the key's owner signed the header."""
        alone = facts.Signature()
        alone.CopyFrom(signature)
        alone.body_ok = True
        alone.ClearField("expires_at")
        checked = await dkim.check(self._asks, alone, None, until)
        return checked.word in _VERIFIES
