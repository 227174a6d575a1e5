"""Say who we are and what we can do: the greeting, and the answer to EHLO and LHLO.

Extensions that depend on the next hop are announced only where they can be passed through:
8BITMIME, SMTPUTF8 and DSN if the next hop has them.  A next hop of which nothing is known is
away, or does not speak ESMTP.  For it, 8BITMIME and SMTPUTF8 are announced: a client that may
not use them would bounce or rewrite its mail although the next hop is perhaps only restarting,
and while it is away MAIL gets 4yz anyway.  DSN is not: without it, the client itself tells its
sender that it handed the message to a server without DSN (RFC 3461 5.2.2).

Behind a queue all of them are announced: what a queue cannot pass on it bounces, or reports
to the reverse-path of a worm (docs/decisions/10-behind-a-queue.md).  For the same reason
it is told no maximum size (0: no fixed maximum, RFC 1870 4).

If a client uses what was not announced: DSN parameters are unknown ones (555, RFC 5321
4.1.1.11); SMTPUTF8 is refused on the next hop's side (550 5.6.7, RFC 6531 3.6), since the
client ignored the announcement or the next hop has changed; BODY=8BITMIME is left out and the
content goes on as it is, since re-encoding would break what is signed.

CHUNKING is never announced: with BDAT no dot would mark the end of content.
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
    """Return the greeting."""
    return Reply(220, (f"{settings.hostname} {'LMTP' if settings.lmtp else 'ESMTP'}",))


def hello(settings: DoorSettings) -> Reply:
    """Return the answer to HELO."""
    return Reply(250, (settings.hostname,))


def protocol(greeted: str, *, utf8: bool) -> str:
    """Return what the trace field calls the protocol of a transaction (RFC 6531 4.3)."""
    return f"UTF8{greeted.removeprefix('E')}" if utf8 else greeted


def passed_through(settings: DoorSettings, of_next_hop: Collection[str]) -> frozenset[str]:
    """Return the extensions that are announced because mail that uses them can go on."""
    if settings.reply == "queue":
        return frozenset(PASSED_THROUGH)
    return frozenset(PASSED_THROUGH).intersection(of_next_hop) if of_next_hop else _OF_UNKNOWN


def offered(settings: DoorSettings, peer: Peer, through: Collection[str]) -> Reply:
    """Return the answer to EHLO or LHLO."""
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
