"""State what an admin may set for a place where mail comes in by SMTP."""

import ipaddress
from typing import Literal, Self

from pydantic import Field, model_validator

from pratique.milter.config_types import (
    LARGEST,
    Domain,
    Folder,
    HostName,
    Mode,
    Network,
    Octets,
    SmtpSocket,
    split_address,
)
from pratique.milter.sections.section import Section


class Listener(Section):
    """A place where mail comes in by SMTP."""

    name: str = Field("smtp", description="How logs, facts and policies call this listener.")
    address: SmtpSocket = Field(
        "127.0.0.1:10025",
        description="IP address and port to listen on, or `unix:PATH`.  Who connects to a unix "
        "socket counts as 127.0.0.1 in the networks below.",
    )
    socket_mode: Mode = Field("0660", description="Permissions of a unix socket.")
    socket_group: str | None = Field(
        None, description="Group that a unix socket is given to, so that Postfix may connect."
    )
    reply: Literal["sender", "queue"] | None = Field(
        None,
        description="Who hears our reply: `sender` (we are the MX, or a before-queue filter) or "
        "`queue` (a mail server that would bounce).  There is no default.",
    )
    domains: tuple[Domain, ...] = Field(
        (),
        strict=False,
        description="Recipient domains that anybody may send to; `.example.org` is all "
        "subdomains of example.org.",
    )
    relay_from: tuple[Network, ...] = Field(
        (), strict=False, description="Networks whose clients may send to anybody."
    )
    xforward_from: tuple[Network, ...] = Field(
        (),
        strict=False,
        description="Peers (a Postfix of ours) whose XFORWARD is believed.",
    )
    xclient_from: tuple[Network, ...] = Field(
        (),
        strict=False,
        description="Peers (a proxy of ours) whose XCLIENT is believed: whom it names is the "
        "client, with its rights and its login name.",
    )
    protocol: Literal["smtp", "lmtp"] = Field(
        "smtp",
        description="`lmtp`: LHLO instead of EHLO, and a reply for each recipient (RFC 2033).",
    )
    bare_line_ends: Literal["refuse", "repair"] | None = Field(
        None,
        description="What becomes of content with a bare LF or CR: refused, or made CRLF "
        "before it is inspected.  It is never forwarded as it is.  By default refused, and "
        "repaired behind a queue, where a refusal is a bounce.",
    )
    long_lines: Literal["accept", "refuse"] = Field(
        "accept",
        description="Content with a line of more than 998 octets (RFC 5322 2.1.1).  Newsletters "
        "and scripts send such lines every day.  Behind a queue `refuse` holds it.",
    )
    eight_bit_header: Literal["accept", "refuse"] = Field(
        "accept",
        description="Content whose header is not ASCII where SMTPUTF8 was not said (RFC 6532).  "
        "Old programs write names so; a rule can ask `mail.header_anomalies` for `eight_bit`.  "
        "Behind a queue `refuse` holds it.",
    )
    nul: Literal["accept", "refuse"] = Field(
        "accept",
        description="Content with a NUL octet.  Mail of old programs has some, and what they "
        "hide is looked for: in a header they are the fact `nul` of `mail.header_anomalies`.  "
        "Behind a queue `refuse` holds it.",
    )
    direction: Literal["by_client", "inbound", "outbound"] = Field(
        "by_client",
        description="Whether mail that comes here is ours, which goes out: `by_client` if its "
        "client is in `sent.networks` or has authenticated; or all of it, or none.",
    )
    received: bool | None = Field(
        None,
        description="Whether a Received field is added; by default where no peer of "
        "`xforward_from` adds one.",
    )
    hostname: HostName | None = Field(
        None, description="The name that we greet with; by default the name of this host."
    )
    max_size: Octets = Field(
        50 * 1024**2,
        ge=64 * 1024,
        le=LARGEST,
        description="The largest content that is taken (SMTP SIZE).",
    )
    max_recipients: int = Field(
        1000, ge=100, le=50_000, description="Recipients of one message (RFC 5321: at least 100)."
    )
    max_command: Octets = Field(
        2048,
        ge=1200,
        le=64 * 1024,
        description="Octets of a command line.  RFC 5321 says 512; extensions that we take add "
        "up to 600, XFORWARD and XCLIENT more.",
    )
    max_idle_commands: int = Field(
        100,
        ge=10,
        le=100_000,
        description="Commands from one message to the next that bring none (NOOP, RSET, VRFY, "
        "HELP, EHLO, MAIL that is not taken).",
    )
    max_refused: int = Field(
        100,
        ge=10,
        le=100_000,
        description="Recipients of one connection that are refused for good; who asks for more "
        "guesses addresses.",
    )
    max_errors: int = Field(
        20,
        ge=5,
        le=10_000,
        description="Commands of one connection that break the grammar or the order.",
    )
    max_messages: int = Field(
        10_000, ge=1, le=10_000_000, description="Messages of one connection."
    )
    max_connections: int = Field(500, ge=1, le=20_000, description="Connections at one time.")
    max_connections_per_client: int = Field(
        50,
        ge=1,
        le=20_000,
        description="Connections of one client address (of IPv6: of one network of 64 bits) at "
        "one time.  Networks of `relay_from`, `xforward_from` and `xclient_from` have no such "
        "limit; of anybody else one client also has half of the workers and half of the memory "
        "for content at most.",
    )
    tls: Literal["none", "opportunistic", "required", "implicit"] = Field(
        "none",
        description="`opportunistic`: STARTTLS is offered; `required`: nothing is taken before it, "
        "which RFC 3207 forbids an MX; `implicit`: TLS from the first octet, without STARTTLS.",
    )
    tls_certificate: Folder | None = Field(
        None,
        description="File with the certificate and those that it is signed by, in PEM.  It and "
        "the key are read again when they change, without a reload.",
    )
    tls_key: Folder | None = Field(
        None, description="File with its key, in PEM; by default the same file."
    )
    proxy_protocol_from: tuple[Network, ...] = Field(
        (),
        strict=False,
        description="Peers (a load balancer of ours, say haproxy) that name their client in a "
        "header of the PROXY protocol, version 1 or 2.  They must send it, and whom it names is "
        "the client, with its rights.",
    )

    @model_validator(mode="after")
    def _says_who_hears_the_reply(self) -> Self:
        if self.reply is None:
            raise ValueError(
                "a listener must say who hears its reply: reply = 'sender' (MX, "
                "smtpd_proxy_filter) or reply = 'queue' (content_filter)"
            )
        return self

    @model_validator(mode="after")
    def _causes_no_bounce(self) -> Self:
        if self.reply == "queue" and self.bare_line_ends == "refuse":
            raise ValueError(
                "behind a queue a refusal is a bounce to whoever the reverse-path names: with "
                "reply = 'queue' write bare_line_ends = 'repair', or leave it out"
            )
        if self.reply == "queue" and self.domains:
            raise ValueError(
                "with reply = 'queue' all mail comes from a mail server of ours: name it in "
                "relay_from, and leave domains out"
            )
        return self

    @model_validator(mode="after")
    def _believes_not_everybody(self) -> Self:
        if any(network.endswith("/0") for network in self.xclient_from):
            raise ValueError(
                "with XCLIENT anybody could be anybody: name your proxies in xclient_from, "
                "xclient_from = ['192.0.2.1']"
            )
        return self

    @model_validator(mode="after")
    def _has_what_tls_needs(self) -> Self:
        if self.tls != "none" and self.tls_certificate is None:
            raise ValueError(
                f"tls = {self.tls!r} needs a certificate: tls_certificate = '/etc/...', tls_key"
            )
        if self.tls == "none" and (self.tls_certificate or self.tls_key):
            raise ValueError(
                "there is a certificate, but TLS is not spoken: write tls = 'opportunistic' as well"
            )
        return self

    @model_validator(mode="after")
    def _asks_not_everybody_who_is_behind(self) -> Self:
        if any(network.endswith("/0") for network in self.proxy_protocol_from):
            raise ValueError(
                "with a PROXY header anybody could be anybody: name your balancers, "
                "proxy_protocol_from = ['192.0.2.1']"
            )
        if self.proxy_protocol_from and self.address.startswith("unix:"):
            # A client that a header does not name would have the rights of the socket.
            raise ValueError(
                "on a unix socket no PROXY header is read: leave proxy_protocol_from out, or have "
                "the balancer connect by TCP"
            )
        return self

    @model_validator(mode="after")
    def _speaks_lmtp_where_that_may_be(self) -> Self:
        is_file = self.address.startswith("unix:")
        if self.protocol == "lmtp" and not is_file and self.address.endswith(":25"):
            raise ValueError("LMTP must not be spoken on port 25 (RFC 2033 5): take another port")
        return self

    @model_validator(mode="after")
    def _is_no_open_relay(self) -> Self:
        if not (self.domains or self.relay_from or self._is_of_this_host):
            raise ValueError(
                "this listener is open to other hosts: say whom it takes mail for, "
                "domains = ['example.org'], or who may send anywhere, relay_from = ['10.0.0.0/8']"
            )
        return self

    @property
    def _is_of_this_host(self) -> bool:
        if self.address.startswith("unix:"):
            return True
        return ipaddress.ip_address(split_address(self.address)[0]).is_loopback

    @property
    def repairs_line_ends(self) -> bool:
        """Whether a bare LF or CR is made CRLF; else the content is refused."""
        return self.bare_line_ends == "repair" or self.reply == "queue"

    @property
    def relay_networks(self) -> tuple[str, ...]:
        """`relay_from`; on loopback without any rule, loopback."""
        if self.domains or self.relay_from:
            return self.relay_from
        return ("127.0.0.0/8", "::1/128")

    @property
    def adds_received(self) -> bool:
        """Whether this listener adds a Received field."""
        return not self.xforward_from if self.received is None else self.received
