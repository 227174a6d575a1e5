"""The settings of one milter, each number with its reason."""

from dataclasses import dataclass
from typing import Literal

from pratique.milter.doors.direction import Direction
from pratique.milter.doors.networks import Networks
from pratique.milter.doors.room import MAX_IN_FLIGHT


@dataclass(frozen=True, slots=True)
class MilterSettings:
    """One milter."""

    # The milter's name in the log and in `envelope.door`.
    name: str = "milter"
    # As Postfix writes it: "unix:PATH" or "inet:IP:PORT".
    socket: str = "unix:/run/pratique/milter.sock"
    # Who gets a refusal: a client, or a queue that turns it into a bounce.
    reply: Literal["sender", "queue"] = "sender"
    direction: Direction = "inbound"
    # Clients whose mail is ours, where `direction` is "by_client".
    own_networks: Networks = ()
    # Octets of content; providers take 25 to 50 MB, of which a third is base64 overhead.
    max_size: int = 50 * 1024 * 1024
    # Postfix holds one connection for each smtpd process that talks to a client, and one for
    # each cleanup process; by default it has up to a hundred of each.
    max_connections: int = 500
    # Octets of content on all connections together: they take memory.
    max_in_flight: int = MAX_IN_FLIGHT
    # How long the inspection of a message may take.  Postfix waits 300 s for our answer
    # (milter_content_timeout), and then does milter_default_action.
    seconds: float = 120.0
    # How long a silent connection is kept; libmilter's own default, two hours and ten
    # seconds.  Postfix passes MAIL and RCPT on as they come and the content at once after the
    # final dot, so this is the longest that a client may take over its content.
    idle_seconds: int = 7210
