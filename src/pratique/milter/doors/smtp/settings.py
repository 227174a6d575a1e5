"""The settings of one SMTP listener, each number with its reason."""

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
    # Clients whose mail is ours, where `direction` is "by_client".
    own_networks: Networks = ()
    # Mail for these domains is taken from anyone; ".example.org" means every name below it.
    domains: tuple[str, ...] = ()
    # Clients that may relay to any domain.
    relay_from: Networks = ()
    # Peers whose XFORWARD is believed: a Postfix in front of us.
    xforward_from: Networks = ()
    # Peers whose XCLIENT is believed: a proxy in front of us, which takes its client's place.
    xclient_from: Networks = ()
    # LMTP (RFC 2033): LHLO, and one reply per recipient at the end of data.
    lmtp: bool = False
    # Who gets our replies.  A "queue" would turn a 5yz into a bounce, so it never gets one.
    reply: Literal["sender", "queue"] = "sender"
    # Content with a bare CR or LF: refused with 550, or made CRLF before anything inspects it.
    bare_line_ends: Literal["refuse", "repair"] = "refuse"
    # Content of these forms is refused, or held behind a queue (forms.py).  Real mail comes in
    # all of them, so the default is none.
    unwanted_forms: frozenset[Fault] = frozenset()
    # Octets of content; providers take 25 to 50 MB, of which a third is base64 overhead.  Behind a
    # queue, larger content is taken as well, as far as there is room, and not inspected.
    max_size: int = 50 * 1024 * 1024
    # RFC 5321 4.5.3.1.8 requires at least 100; Postfix takes 1000.
    max_recipients: int = 1000
    # Commands out of grammar or order, per connection; Postfix's smtpd_hard_error_limit.
    max_errors: int = 20
    # Octets of a command line with its CRLF.  RFC 5321 4.5.3.1.4 says 512; extensions add to
    # it: to MAIL 26 (SIZE, RFC 1870), 17 (BODY, RFC 6152), 10 (RFC 6531), 111 (DSN), to RCPT
    # 500 (ORCPT) and 28 (NOTIFY); XFORWARD and XCLIENT carry several values of 255 octets at
    # a time.  Postfix takes 2048.
    max_command: int = 2048
    # Commands between two messages that bring none: NOOP, RSET, VRFY, HELP, greetings,
    # MAIL that is not taken.  Postfix's smtpd_junk_command_limit.
    max_idle_commands: int = 100
    # Recipients refused for good, per connection.  A client that exceeds this guesses addresses; a
    # mailing list with as many dead ones still gets on, since it learns which were refused.
    max_refused: int = 100
    # Messages per connection: none should live forever.
    max_messages: int = 10_000
    # Connections at one time; each may hold one message of max_size.
    max_connections: int = 500
    # Connections of one client; Postfix's smtpd_client_connection_count_limit.  Large senders
    # open some ten to twenty.  A client with rights has no such limit (crowd.py).
    max_connections_per_client: int = 50
    # Messages of one client that are inspected at one time; others wait for their turn.
    turns_per_client: int = 1
    # How long they wait.  The inspection takes up to a minute more, and RFC 5321 4.5.3.2.6 has a
    # client wait ten minutes for the reply to the end of data.
    turn_seconds: float = 60.0
    # TLS: not at all, offered by STARTTLS, required before MAIL, or spoken from the start.
    tls: Literal["none", "opportunistic", "required", "implicit"] = "none"
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    # A TLS handshake takes a few round trips and a signature.
    handshake_seconds: float = 30.0
    # Peers that name their client in a PROXY header: a load balancer in front of us.
    proxy_protocol_from: Networks = ()
    # A balancer sends its header at once; a lost packet is sent again within 3 s.
    proxy_seconds: float = 10.0
    # RFC 5321 4.5.3.2.7: a server waits at least five minutes for a command.
    idle_seconds: float = 300.0
    # Content, from 354 to its end.  RFC 5321 4.5.3.2.5 gives each block three minutes, so
    # an octet now and then would keep a content open forever.  This is 50 MB at
    # 230 kbit/s (compare Postfix's smtpd_per_request_deadline).
    content_seconds: float = 1800.0
    # Octets of content on all connections together: they take memory.  Twenty messages
    # of max_size, or 2 MB on each of 500 connections, where a usual message has 75 KB.
    max_in_flight: int = MAX_IN_FLIGHT
    # How long a client may take to read the last replies.  They are short and fit into
    # the kernel's buffers; a client that has left no room for them by then does not read at all.
    linger_seconds: float = 5.0
    # How long a client may take until MAIL when the door closes.  One that has just connected, or
    # asks by RSET whether its connection is still good (a Postfix behind whose queue we
    # are), would have to defer a message if we hung up at once.
    parting_seconds: float = 2.0
    # How long a next hop is kept waiting for content.  Content filters drop an idle
    # client after ten seconds and more (Postfix under stress: smtpd_timeout = 10s).
    keep_seconds: float = 8.0

    @property
    def most_taken(self) -> int:
        """Octets of the largest content that is taken."""
        return self.max_size if self.reply == "sender" else max(self.max_in_flight, self.max_size)
