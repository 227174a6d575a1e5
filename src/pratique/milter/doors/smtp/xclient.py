"""Take the place of a client that a listed peer names (Postfix XCLIENT_README).

Unlike those of XFORWARD, these attributes replace the client: they hold for all that follows
on the connection, the address that they name decides who may relay, and a LOGIN is an
authenticated identity.  So only peers in `xclient_from` may send them.  After XCLIENT the
conversation starts over, with 220.
"""

from collections.abc import Mapping

from pratique.milter.doors.smtp import attributes
from pratique.milter.doors.smtp.attributes import Grammar


def _login(value: str) -> str:
    """Read a login name: UTF-8 text (RFC 4616 2), without anything that could end a line."""
    if not value.strip() or not value.isprintable():
        raise ValueError(value)
    return value


GRAMMARS: Mapping[str, Grammar] = {
    "NAME": attributes.host_name,
    "ADDR": attributes.address,
    "PORT": attributes.port,
    "PROTO": attributes.of(r"E?SMTP|LMTP"),
    "HELO": attributes.helo,
    "LOGIN": _login,
    # Where the client connected to; nothing here depends on it.
    "DESTADDR": attributes.address,
    "DESTPORT": attributes.port,
}


def parse_xclient(argument: str) -> dict[str, str]:
    """Read the attributes; unknown values are empty.  Raises CommandError."""
    return attributes.read(argument, GRAMMARS)
