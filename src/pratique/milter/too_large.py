"""State what is known of a message that is too large to be looked into.

To a sender such a message is refused.  Behind a queue a refusal is a bounce, so there it
is taken, and nobody looks into it: that is a fact like any other, stated here instead of
by a worker and in the same words, so that the policy decides what it means.
"""

from pratique.milter.mail import Envelope
from pratique.scanners import facts_pb2 as facts


def seen(envelope: Envelope, octets: int) -> facts.Facts:
    """All facts about a message of so many octets that no worker has seen."""
    why = f"a message of {octets} octets is larger than what is looked into"
    known = facts.Facts(envelope=envelope.to_facts())
    known.mail.size = octets
    known.mail.direction = envelope.direction
    known.parts.add(
        parent=-1,
        type="message/rfc822",
        kind="message",
        size=octets,
        views=["standard"],
        unopened="over_budget",
        why=why,
    )
    known.limits.add(class_="octets", part=0, detail=why)
    return known
