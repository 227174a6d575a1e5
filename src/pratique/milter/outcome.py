"""Name what came of a message for a recipient, in the words of the log, the journal and notices.

    action        what the policy ordered         accept, reject, ... (policies/verdict.py)
    outcome       what came of it                 delivered, refused, ... (here)

They differ where the next hop refuses what the policy accepts, or a disk is full.
"""

from enum import StrEnum

from pratique.milter.next_hop import Reply


class Outcome(StrEnum):
    """What came of a message for a recipient; `SPLIT` is said of a message alone."""

    DELIVERED = "delivered"
    # Delivered to another address, which the policy named.
    REDIRECTED = "redirected"
    # In quarantine.
    HELD = "held"
    # Taken, and given to nobody.
    DROPPED = "dropped"
    # By 5yz: whoever has it does not come again.
    REFUSED = "refused"
    # By 4yz: whoever has it comes again.
    DEFERRED = "deferred"
    # Not the same for all recipients.
    SPLIT = "split"

    @classmethod
    def of(cls, reply: Reply) -> "Outcome":
        """What comes of a message that goes on and gets this reply."""
        if reply.accepted:
            return cls.DELIVERED
        return cls.REFUSED if reply.refused else cls.DEFERRED
