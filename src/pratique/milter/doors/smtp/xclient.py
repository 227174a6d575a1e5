"""Take the place of a client that a listed peer names (Postfix XCLIENT_README).

Unlike XFORWARD these attributes are the client: they hold for all that follows on the
connection, who may relay is decided by the address that they name, and a LOGIN is an
authenticated identity.  So only peers in `xclient_from` may say them.  After XCLIENT the
conversation begins anew, with 220.
"""

from collections.abc import Mapping

from pratique.milter.doors.smtp import attributes
from pratique.milter.doors.smtp.attributes import Grammar


def _login(value: str) -> str:
    """A login name: UTF-8 text (RFC 4616 2), without what could end a line."""
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
    # Where the client connected to; nothing of ours depends on it.
    "DESTADDR": attributes.address,
    "DESTPORT": attributes.port,
}


def parse_xclient(argument: str) -> dict[str, str]:
    """Read the attributes; unknown values are empty.  Raises CommandError."""
    return attributes.read(argument, GRAMMARS)
