"""Take what a Postfix in front of us says of its client (Postfix XFORWARD_README).

The attributes describe one transaction: Postfix repeats them before each.  They are
for facts, the log and the policy, and give no rights.  Postfix sends no LOGIN here.
"""

from collections.abc import Mapping

from pratique.milter.doors.smtp import attributes
from pratique.milter.doors.smtp.attributes import Grammar

GRAMMARS: Mapping[str, Grammar] = {
    "NAME": attributes.host_name,
    "ADDR": attributes.address,
    "PORT": attributes.port,
    "PROTO": attributes.of(r"[a-z0-9]{1,20}"),
    "HELO": attributes.helo,
    # That Postfix's name for the message: letters and digits, but other servers send it too.
    "IDENT": attributes.of(r"[!-~]+"),
    "SOURCE": attributes.of(r"LOCAL|REMOTE"),
}


def parse_xforward(argument: str) -> dict[str, str]:
    """Read the attributes; unknown values are empty.  Raises CommandError."""
    return attributes.read(argument, GRAMMARS)
