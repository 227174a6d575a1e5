"""Count what becomes of mail, in the process that sees it; the supervisor adds it up.

A door says what it has counted once a second, over its pipe.  Counters in files that
several processes map, as prometheus_client offers, would end a door on a full disk: to
write into a mapped page that has no room is SIGBUS.  Nothing that a stranger wrote is a
label.
"""

import json
from collections.abc import Callable
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pratique.milter.became import Became

REGISTRY = CollectorRegistry()

MESSAGES = Counter(
    "pratique_messages",
    "Messages by the door they came by, what was decided, and what became of them.",
    ["door", "action", "outcome"],
    registry=REGISTRY,
)
OCTETS = Counter(
    "pratique_message_octets", "Octets of these messages.", ["door"], registry=REGISTRY
)
# From a small mail to the deadline of a big one; finer where most mail is.
SECONDS = Histogram(
    "pratique_message_seconds",
    "From the end of data to the reply.",
    ["door"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=REGISTRY,
)
JOURNAL_LOST = Counter(
    "pratique_journal_lost", "Records that the journal did not keep.", registry=REGISTRY
)
JOURNAL_TROUBLES = Counter(
    "pratique_journal_troubles",
    "Times that the journal could not be written.",
    registry=REGISTRY,
)
ALERTS = Counter(
    "pratique_alerts",
    "Times that somebody should have a look, those too that the log leaves out.",
    ["kind"],
    registry=REGISTRY,
)
NOTICES = Counter(
    "pratique_notices",
    "Notices to somebody of ours by what became of them: sent, left_out (counted, and told in "
    "the next one), not_written, set_aside (a file that is none of ours), dropped after a day.",
    ["result"],
    registry=REGISTRY,
)
for _result in ("sent", "left_out", "not_written", "set_aside", "dropped"):
    NOTICES.labels(_result)
STAMPED = Counter(
    "pratique_stamped_messages", "Messages of ours that were stamped.", registry=REGISTRY
)
LEDGER_LOST = Counter(
    "pratique_ledger_lost", "Rows that the ledger of sent mail did not keep.", registry=REGISTRY
)
LEDGER_TROUBLES = Counter(
    "pratique_ledger_troubles", "Times that the ledger could not be written.", registry=REGISTRY
)
BOUNCES = Counter(
    "pratique_bounces",
    "What gives itself for a bounce, by whether it is proved to answer mail of ours.",
    ["proof"],
    registry=REGISTRY,
)
# As many as rules in the shadow; their names are an admin's.
SHADOW_RULES = Counter(
    "pratique_shadow_rules",
    "Messages for which a rule in the shadow held, or had no answer.",
    ["rule"],
    registry=REGISTRY,
)
SHADOW_POLICY = Counter(
    "pratique_shadow_policy",
    "Messages for which a policy in the shadow decides as the one in force does ('same') or "
    "not ('other'), and those where it could not say ('failed').",
    ["result"],
    registry=REGISTRY,
)
# Of several processes the least is told (supervisor/counters.py): the worst that one knows.
ENGINE_PROVEN = Gauge(
    "pratique_engine_proven",
    "1 if an engine found the test files when it was tried last, 0 if not.",
    ["engine"],
    registry=REGISTRY,
)
SIGNATURES = Gauge(
    "pratique_signatures_timestamp_seconds",
    "When the signatures of a source were made.",
    ["source"],
    registry=REGISTRY,
)


def tell(became: Became) -> None:
    """Count a message."""
    message, octets, seconds = _of(became.envelope.door, became.action, became.outcome)
    message()
    octets(became.size)
    seconds(became.ended - became.begun)
    if became.facts.bounce.claimed:
        BOUNCES.labels("verified" if became.facts.bounce.verified else "unverified").inc()
    for rule in {shadow.rule for verdict in became.verdicts for shadow in verdict.shadows}:
        SHADOW_RULES.labels(rule).inc()
    if became.shadowed is not None:
        SHADOW_POLICY.labels("same" if became.agrees else "other").inc()


# As many as there are doors, actions and outcomes: to look one up takes longer than to count.
@lru_cache(maxsize=256)
def _of(
    door: str, action: str, outcome: str
) -> tuple[Callable[[], None], Callable[[float], None], Callable[[float], None]]:
    message = MESSAGES.labels(door, action, outcome)
    return message.inc, OCTETS.labels(door).inc, SECONDS.labels(door).observe


def counted() -> str:
    """All that was counted since this process started, as JSON: see supervisor/counters.py."""
    rows = [
        (family.name, sample.name, sorted(sample.labels.items()), sample.value)
        for family in REGISTRY.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    ]
    return json.dumps(rows)
