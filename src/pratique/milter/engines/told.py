"""Say what a spam filter is told of an envelope: words that cannot end a line.

What a client said of itself, and the addresses that it named, go into heads of other
protocols, where a line's end begins another field.  A control character becomes "?", which
no address has; nothing is told of what is longer than an address may be.
"""

from pratique.milter.mail import Envelope

# A path has 256 octets (RFC 5321 4.5.3.1.3), a domain 255; quotes and UTF-8 make more of it.
LONGEST = 500
# rspamd takes a head of 80 KB; a rule about many recipients knows of so many that there are.
RECIPIENTS = 100


def line(text: str) -> str:
    """A word fit for one line; empty if it is too long to be one."""
    safe = "".join(each if each.isprintable() else "?" for each in text[: LONGEST + 1])
    return safe if len(safe.encode()) <= LONGEST else ""


def path(address: str) -> str:
    """An address as a path, the null reverse-path among them; empty if it cannot be one."""
    safe = line(address)
    return f"<{safe}>" if safe or not address else ""


def forward_paths(envelope: Envelope) -> list[str]:
    """The first recipients, as paths."""
    first = envelope.recipients[:RECIPIENTS]
    return [told for each in first if each.address and (told := path(each.address))]
