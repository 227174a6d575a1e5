"""Say who we are and what we can do: the greeting, and the answer to EHLO and LHLO.

What must be passed through is announced only where it can be: 8BITMIME, SMTPUTF8 and DSN
if the next hop has them.  A next hop of which nothing is known is away, or speaks no ESMTP.
There 8BITMIME and SMTPUTF8 are announced: a client that may not use them would bounce or
rewrite its mail for a next hop that only starts, while MAIL hears 4yz as long as it does.
DSN is not: its client then tells its sender itself that it hands the message to a server
without it (RFC 3461 5.2.2).

Behind a queue all of them are announced: what a queue may not hand on it bounces, or tells
to the reverse-path of a worm (docs/decisions/10-behind-a-queue.md).  For the same reason
it is told no largest size (0: no fixed maximum, RFC 1870 4).

Who uses what was not announced: DSN parameters are unknown ones (555, RFC 5321 4.1.1.11);
SMTPUTF8 is refused by the next hop's side (550 5.6.7, RFC 6531 3.6), since the client was
told what is so or the next hop has changed; BODY=8BITMIME is left out and the content goes
on as it is, for to encode it anew would break what is signed.

CHUNKING is never announced: BDAT would bring content whose end no dot marks.
"""

from collections.abc import Collection

from pratique.milter.doors.smtp import xclient, xforward
from pratique.milter.doors.smtp.peer import Peer
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.next_hop import Reply

# Announced where the next hop has them.
PASSED_THROUGH = ("8BITMIME", "SMTPUTF8", "DSN")
_OF_UNKNOWN = frozenset({"8BITMIME", "SMTPUTF8"})


def banner(settings: DoorSettings) -> Reply:
    """The first thing that a client hears."""
    return Reply(220, (f"{settings.hostname} {'LMTP' if settings.lmtp else 'ESMTP'}",))


def hello(settings: DoorSettings) -> Reply:
    """The answer to HELO."""
    return Reply(250, (settings.hostname,))


def protocol(greeted: str, *, utf8: bool) -> str:
    """What the trace field calls the protocol of a transaction (RFC 6531 4.3)."""
    return f"UTF8{greeted.removeprefix('E')}" if utf8 else greeted


def passed_through(settings: DoorSettings, of_next_hop: Collection[str]) -> frozenset[str]:
    """Which extensions are announced because mail that uses them can go on."""
    if settings.reply == "queue":
        return frozenset(PASSED_THROUGH)
    return frozenset(PASSED_THROUGH).intersection(of_next_hop) if of_next_hop else _OF_UNKNOWN


def offered(settings: DoorSettings, peer: Peer, through: Collection[str]) -> Reply:
    """The answer to EHLO or LHLO."""
    lines = [
        settings.hostname,
        "PIPELINING",
        f"SIZE {settings.max_size if settings.reply == 'sender' else 0}",
        *(keyword for keyword in (*PASSED_THROUGH, "STARTTLS") if keyword in through),
        "ENHANCEDSTATUSCODES",
    ]
    if peer.may_forward:
        lines.append(f"XFORWARD {' '.join(xforward.GRAMMARS)}")
    if peer.may_name:
        lines.append(f"XCLIENT {' '.join(xclient.GRAMMARS)}")
    return Reply(250, tuple(lines))
