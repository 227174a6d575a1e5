"""What one SMTP listener is told, each number with its reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pratique.milter.doors.direction import Direction
from pratique.milter.doors.networks import Networks
from pratique.milter.doors.room import MAX_IN_FLIGHT
from pratique.milter.doors.smtp.ending import Fault


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """One listener."""

    # The listener's name in the log and in `envelope.door`.
    name: str
    # What we call ourselves: in the greeting, in EHLO, in Received.
    hostname: str
    # An address, or "unix:PATH".
    host: str = "127.0.0.1"
    port: int = 10025
    direction: Direction = "inbound"
    # Clients whose mail is ours, where the client tells the direction.
    own_networks: Networks = ()
    # Mail for these domains is taken from anybody; ".example.org" is every name below.
    domains: tuple[str, ...] = ()
    # Clients that may send anywhere.
    relay_from: Networks = ()
    # Peers whose XFORWARD is believed: a Postfix in front of us.
    xforward_from: Networks = ()
    # Peers whose XCLIENT is believed: a proxy in front of us, which takes its client's place.
    xclient_from: Networks = ()
    # LMTP (RFC 2033): LHLO, and a reply for each recipient at the end of data.
    lmtp: bool = False
    # Who hears our replies.  Behind a "queue" a 5yz makes a bounce, so none is said there.
    reply: Literal["sender", "queue"] = "sender"
    # Content with a bare CR or LF: refused with 550, or made CRLF before it is seen.
    bare_line_ends: Literal["refuse", "repair"] = "refuse"
    # Content of these forms is refused, or held behind a queue (forms.py).  Real mail has all
    # of them, so none is by default.
    unwanted_forms: frozenset[Fault] = frozenset()
    # Octets of content; providers take 25 to 50 MB, a third of it is base64.  Behind a queue
    # what is larger is taken as well, as far as there is room, and not looked into.
    max_size: int = 50 * 1024 * 1024
    # RFC 5321 4.5.3.1.8 wants 100 at least; Postfix takes 1000.
    max_recipients: int = 1000
    # Commands out of grammar or order, a connection; Postfix's smtpd_hard_error_limit.
    max_errors: int = 20
    # Octets of a command line with its CRLF.  RFC 5321 4.5.3.1.4 says 512; extensions add to
    # it: to MAIL 26 (SIZE, RFC 1870), 17 (BODY, RFC 6152), 10 (RFC 6531), 111 (DSN), to RCPT
    # 500 (ORCPT) and 28 (NOTIFY); XFORWARD and XCLIENT say several values of 255 octets at
    # a time.  Postfix takes 2048.
    max_command: int = 2048
    # Commands from one message to the next that bring none: NOOP, RSET, VRFY, HELP, greetings,
    # MAIL that is not taken.  Postfix's smtpd_junk_command_limit.
    max_idle_commands: int = 100
    # Recipients refused for good, per connection.  A client that asks for more guesses addresses;
    # a list with so many dead ones gets on all the same, for those that were refused are known.
    max_refused: int = 100
    # Messages a connection: none should live for ever.
    max_messages: int = 10_000
    # Connections at one time; each may hold one message of max_size.
    max_connections: int = 500
    # Connections of one client; Postfix's smtpd_client_connection_count_limit.  Large senders
    # open some ten to twenty.  A client with rights has no such limit (crowd.py).
    max_connections_per_client: int = 50
    # Messages of one client that are looked into at one time; those that come meanwhile wait.
    turns_per_client: int = 1
    # How long they wait.  Looking takes up to a minute more, and RFC 5321 4.5.3.2.6 has a
    # client wait ten for the reply to the end of data.
    turn_seconds: float = 60.0
    # TLS: not at all, offered by STARTTLS, demanded before MAIL, or spoken from the start.
    tls: Literal["none", "opportunistic", "required", "implicit"] = "none"
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    # To agree on TLS takes a few round trips and a signature.
    handshake_seconds: float = 30.0
    # Peers that name their client in a PROXY header: a load balancer in front of us.
    proxy_protocol_from: Networks = ()
    # A balancer sends its header at once; a packet that is lost comes again within 3 s.
    proxy_seconds: float = 10.0
    # RFC 5321 4.5.3.2.7: a server waits at least five minutes for a command.
    idle_seconds: float = 300.0
    # Content, from 354 to its end.  RFC 5321 4.5.3.2.5 gives each block three minutes, so
    # that an octet now and then would keep a content open for ever.  This is 50 MB at
    # 230 kbit/s (compare Postfix's smtpd_per_request_deadline).
    content_seconds: float = 1800.0
    # Octets of content on all connections at one time: they are memory.  Twenty messages
    # of max_size, or 2 MB on each of 500 connections, where a usual message has 75 KB.
    max_in_flight: int = MAX_IN_FLIGHT
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
