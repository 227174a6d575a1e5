"""Count what becomes of mail, in the process that sees it; the supervisor adds it up.

Where the counters are kept, prometheus_client reads from the environment before it is
imported: a door is started with it (supervisor/process.py).  Nothing that a stranger
wrote is a label.
"""

from prometheus_client import Counter, Histogram

from pratique.milter.became import Became

MESSAGES = Counter(
    "pratique_messages",
    "Messages by the door they came by, what was decided, and what became of them.",
    ["door", "action", "outcome"],
)
OCTETS = Counter("pratique_message_octets", "Octets of these messages.", ["door"])
# From a small mail to the deadline of a big one; finer where most mail is.
SECONDS = Histogram(
    "pratique_message_seconds",
    "From the end of data to the reply.",
    ["door"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
JOURNAL_LOST = Counter("pratique_journal_lost", "Records that the journal did not keep.")
JOURNAL_TROUBLES = Counter(
    "pratique_journal_troubles", "Times that the journal could not be written."
)


def tell(became: Became) -> None:
    """Count a message."""
    door = became.envelope.door
    MESSAGES.labels(door, became.action, became.outcome).inc()
    OCTETS.labels(door).inc(became.size)
    SECONDS.labels(door).observe(became.ended - became.begun)
