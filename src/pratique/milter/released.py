"""Know a released message when it comes back through our own doors.

It passes on an admin's word, so it must be that message and nothing more.  The token
is bound to the octets that follow its field (quarantine/bound.py).  Before its field
servers on the way put their trace fields; whoever is sent the message could put there
something else and send it once more: a Content-Type that makes a program of what was
text.  So nothing but trace fields may stand there, and these are told by comparing.

Where the token's field lies is a worker's word.  A worker that lies about it gains
nothing: what it names is cut, and what is left must be the message that was released.
"""

import re

from pratique.milter.mail import Content, Envelope, Outgoing
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.quarantine.tokens import FIELD, Redemption
from pratique.scanners.facts_pb2 import Mail

# Each says of itself that it is put in front of a message on its way: RFC 5321 4.4,
# RFC 9228, RFC 7208 9.1, RFC 8601 4, RFC 6376 3.5, RFC 8617 4.1.
_NAMES = (
    *(b"received", b"return-path", b"delivered-to", b"received-spf", b"authentication-results"),
    *(b"dkim-signature", b"arc-seal", b"arc-message-signature", b"arc-authentication-results"),
)
# A line of nothing but spaces ends the header for some readers, and so does a lone CR.
_TRACE = re.compile(
    rb"(?>(?:%b):[^\r\n\0]*+\r\n(?>[ \t]++[^ \t\r\n\0][^\r\n\0]*+\r\n)*+)*+" % b"|".join(_NAMES),
    re.IGNORECASE,
)
# Fifty Received fields, which is where a loop ends, of a kilobyte each, and some more.
MAX_TRACE = 64 * 1024


async def redemption(
    quarantine: Quarantine, content: Content, envelope: Envelope, mail: Mail
) -> Redemption | None:
    """The token that a message came with, reserved, if it was issued for this message."""
    fields = [field for field in mail.foreign_fields if field.name.lower() == FIELD.lower()]
    if not mail.release_token or len(fields) != 1:
        return None
    if not _is_trace(content, fields[0].start):
        return None
    tail = Outgoing(content, cut=((0, fields[0].end),))
    return await quarantine.redeem(mail.release_token, tail, envelope)


def _is_trace(content: Content, end: int) -> bool:
    return end <= MAX_TRACE and _TRACE.fullmatch(content.peek(0, end)) is not None
