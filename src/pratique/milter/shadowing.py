"""Ask a whole policy in the shadow: what it would have decided is told, and changes nothing.

It sees the facts and recipients that the policy in force has decided by, after it has.
Whatever goes wrong with it costs its own answer and no message: it is counted, and each kind
is told once.
"""

import logging
from collections.abc import Sequence

from pratique.milter import counters
from pratique.milter.journal.entry import Shadowed
from pratique.policies.policy import Policy
from pratique.scanners.facts_pb2 import Facts, Recipient

log = logging.getLogger("pratique.message")


class Shadowing:
    """Asks one policy beside the one in force."""

    def __init__(self, policy: Policy) -> None:
        # Its own mode may be the shadow: what is asked is what it would do.
        self._policy = policy.as_enforced()
        # The kinds of errors that were told.
        self._told: set[str] = set()

    def decided(self, known: Facts, recipients: Sequence[Recipient]) -> Shadowed | None:
        """What it would have decided for each recipient; None if it could not say."""
        try:
            verdicts = self._policy.decide_all(known, recipients)
        except Exception as error:  # the last resort: the message goes on
            counters.SHADOW_POLICY.labels("failed").inc()
            kind = type(error).__name__
            if kind not in self._told:
                self._told.add(kind)
                text = "the policy in the shadow, %s, has failed; mail goes on without it"
                log.error(text, self._policy.name, exc_info=error)
            return None
        return Shadowed(self._policy.hash, verdicts)
