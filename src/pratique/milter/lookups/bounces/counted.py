"""Count uses of proofs, each once for a message, however often that is looked at.

A message whose parts are taken out is looked at once more, and a client that was told to come
again brings it again.  The first is the same transaction, and no new use.  The second is one:
nobody can tell it from a replay, and there is room for some.
"""

from collections import OrderedDict

from pratique.milter.sent.ledger import Ledger

# Transactions that are under way at a time, many times over.
KEPT = 1000


class Counted:
    """Uses that were counted of late, by transaction and proof."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kept: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def uses(self, transaction: str, proof: str) -> int:
        """How often a proof was used, this transaction included."""
        known = self._kept.get((transaction, proof)) if transaction else None
        if known is not None:
            return known
        uses = await self._ledger.used(proof)
        if transaction:
            self._kept[transaction, proof] = uses
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return uses
