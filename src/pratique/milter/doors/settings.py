"""Say what an admin sets for one SMTP listener, each number with its reason."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

# Connections that wait to be accepted while a door is busy, or is started again.
BACKLOG = 512

Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """One listener."""

    # The listener's name in the log and in `envelope.door`.
    name: str
    # What we call ourselves: in the greeting, in EHLO, in Received.
    hostname: str
    host: str = "127.0.0.1"
    port: int = 10025
    direction: str = "inbound"
    # Mail for these domains is taken from anybody; ".example.org" is every name below.
    domains: tuple[str, ...] = ()
    # Clients that may send anywhere.
    relay_from: Networks = ()
    # Peers whose XFORWARD is believed: a Postfix in front of us.
    xforward_from: Networks = ()
    # Who hears our replies.  Behind a "queue" a 5yz makes a bounce, so none is said there.
    reply: Literal["sender", "queue"] = "sender"
    # Content with a bare CR or LF: refused with 550, or made CRLF before it is seen.
    bare_line_ends: Literal["refuse", "repair"] = "refuse"
    # Octets of content; providers take 25 to 50 MB, a third of it is base64.  Behind a queue
    # what is larger is taken as well, as far as there is room, and not looked into.
    max_size: int = 50 * 1024 * 1024
    # RFC 5321 4.5.3.1.8 wants 100 at least; Postfix takes 1000.
    max_recipients: int = 1000
    # Commands out of grammar or order, a connection; Postfix's smtpd_hard_error_limit.
    max_errors: int = 20
    # Messages a connection: none should live for ever.
    max_messages: int = 10_000
    # Connections at one time; each may hold one message of max_size.
    max_connections: int = 500
    # RFC 5321 4.5.3.2.7: a server waits at least five minutes for a command.
    idle_seconds: float = 300.0
    # Content, from 354 to its end.  RFC 5321 4.5.3.2.5 gives each block three minutes, so
    # that an octet now and then would keep a content open for ever.  This is 50 MB at
    # 230 kbit/s (compare Postfix's smtpd_per_request_deadline).
    content_seconds: float = 1800.0
    # Octets of content on all connections at one time: they are memory.  Twenty messages
    # of max_size, or 2 MB on each of 500 connections, where a usual message has 75 KB.
    max_in_flight: int = 1024**3
    # How long the last replies may take to be read.  They are short and fit into what
    # the kernel keeps; who has not made room for them by then does not read at all.
    linger_seconds: float = 5.0
    # How long a client may take to MAIL when the door closes.  One that has just come, or
    # asks by RSET whether its connection is still good (a Postfix behind whose queue we
    # are), would have to defer a message if we hung up then.
    parting_seconds: float = 2.0
    # How long a next hop is kept waiting for content.  Content filters drop an idle
    # client after ten seconds and more (Postfix under stress: smtpd_timeout = 10s).
    keep_seconds: float = 8.0

    @property
    def most_taken(self) -> int:
        """Octets of the largest content that is taken."""
        return self.max_size if self.reply == "sender" else max(self.max_in_flight, self.max_size)
