"""Spend one budget of time for each message, from the end of its data to the reply.

Whoever waits for the reply gives up at a time of its own: a Postfix before a proxy after
100 s (smtpd_proxy_timeout), before a milter after 300 s (milter_content_timeout), and either
much sooner where an admin set it so for a server under stress.  A reply after that is never
heard: the message comes again, and perhaps a second time to its reader (RFC 1047).

So everything that looks at a message (workers, programs, engines, and what becomes of it
where a rule changes it) has one end, and enough is kept back to act on what was found.
Acting itself is never broken off: half a decision is none.
"""

# To fsync a held message of 50 MB on a busy disk, or to hand it to a next hop, takes seconds
# of the 60; the neighbours' patience has a reserve of its own above that.
_LOOKING = 5, 6


def for_looking(seconds: float) -> float:
    """What of a message's time is for looking at it."""
    part, of = _LOOKING
    return seconds * part / of


# Where the settings do not say.
LOOKING_SECONDS = for_looking(60.0)
