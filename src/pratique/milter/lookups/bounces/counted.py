"""Count uses of proofs, each once per message, however often that message is inspected.

A message whose parts are taken out is inspected once more, and a client that was told to come
again brings it again.  The former is the same transaction, and no new use.  The latter is a
new use: it cannot be told from a replay, and the limits leave room for some.
"""

from collections import OrderedDict

from pratique.milter.sent.ledger import Ledger

# Many times the number of transactions that are under way at a time.
KEPT = 1000


class Counted:
    """Recently counted uses, by transaction and proof."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kept: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def uses(self, transaction: str, proof: str) -> int:
        """Return how often a proof was used, this transaction included."""
        known = self._kept.get((transaction, proof)) if transaction else None
        if known is not None:
            return known
        uses = await self._ledger.used(proof)
        if transaction:
            self._kept[transaction, proof] = uses
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return uses
