"""Tell what somebody should wake up for: one line in the log, of level `alert`, with its facts.

What is told is bounded.  The same kind, about the same client or address and the same name of
what was found, is told once in ten minutes, and then with how many more there were.  A flood
of bounces is told when it begins, once a day while it lasts, and when it has ended.  All doors
of a service know what one of them has told (lately.py).

A listener must neither wait nor raise: the client is waiting for its reply.
"""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, replace

from pratique.milter import counters, logs
from pratique.milter.alerts.bursts import OF_BOUNCES
from pratique.milter.alerts.emergencies import Alert, Receiver, emergencies, flooded
from pratique.milter.alerts.lately import Lately
from pratique.milter.became import Became
from pratique.milter.sections.bursts import BurstsSection

log = logging.getLogger("pratique.alert")

KINDS = (
    "infected_client",
    "own_bounce_with_malware",
    "bounce_returns_malware",
    "burst_of_recipients",
    "burst_of_findings",
    "bounce_flood",
)

# Seconds.  One message a second of the same worm is 600 lines less; who reads the log once
# in ten minutes misses nothing.
ONCE_IN = 600
DAY = 86_400
# A flood has ended once nothing of it came for as long as it is counted over.
QUIET = OF_BOUNCES.seconds
# How often floods are looked at that may have ended.
LOOK_EVERY = 60
# Floods at the same time whose end a door will tell; past it that of the oldest is told once
# the address gets its next bounce, if ever.
FLOODS = 1000

# A counter that is not there yet has no first alert to rise by: Prometheus sees no increase.
for _kind in KINDS:
    counters.ALERTS.labels(_kind)


def to_log(alert: Alert) -> None:
    """Write the line of an alert."""
    fields = asdict(alert)
    del fields["about"]
    log.log(logs.ALERT, "alert", extra={"fields": fields})


class Alerts:
    """Tells those who want to know."""

    def __init__(
        self,
        lately: Lately,
        section: BurstsSection,
        receivers: Sequence[Receiver] = (to_log,),
    ) -> None:
        self._lately = lately
        self._section = section
        self._receivers = tuple(receivers)
        # Of each flood the last that this door saw of it, and when; the oldest first.
        self._floods: OrderedDict[tuple[str, ...], tuple[float, Alert]] = OrderedDict()
        self._looked = 0.0

    def tell(self, became: Became) -> None:
        """Tell what is in a message, if it is anything."""
        now = became.envelope.received_at.timestamp()
        for alert in emergencies(became, self._section):
            counters.ALERTS.labels(alert.kind).inc()
            if alert.kind == "bounce_flood":
                self._flood(alert, now)
            else:
                self._once(alert, now)
        bounce = became.facts.bounce
        if bounce.lately and not bounce.flood:
            self._ended(flooded(became), now)
        if abs(now - self._looked) >= LOOK_EVERY:
            self.look(now)

    def look(self, now: float) -> None:
        """Tell which floods have ended."""
        self._looked = now
        while self._floods:
            at, alert = next(iter(self._floods.values()))
            if abs(now - at) < QUIET:
                return
            # One that goes on at another door is told by that when it ends.
            del self._floods[alert.about]
            self._ended(alert, now)

    def _once(self, alert: Alert, now: float) -> None:
        occasion = self._lately.occasion(alert.about, ONCE_IN, now)
        if occasion is not None:
            self._say(replace(alert, since_last=occasion.since))

    def _flood(self, alert: Alert, now: float) -> None:
        self._floods[alert.about] = now, alert
        self._floods.move_to_end(alert.about)
        if len(self._floods) > FLOODS:
            self._floods.popitem(last=False)
        occasion = self._lately.occasion(alert.about, DAY, now)
        if occasion is not None:
            state = "begins" if occasion.is_first else "goes_on"
            self._say(replace(alert, state=state, since_last=occasion.since))

    def _ended(self, alert: Alert, now: float) -> None:
        """Tell the end of a flood, if it has ended and nobody has told it."""
        more = self._lately.over(alert.about, QUIET, now)
        if more is not None:
            self._floods.pop(alert.about, None)
            self._say(replace(alert, state="ended", since_last=more))

    def _say(self, alert: Alert) -> None:
        for receive in self._receivers:
            receive(alert)
