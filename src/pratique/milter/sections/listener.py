"""State what an admin may set for a place where mail comes in by SMTP."""

import ipaddress
from typing import Literal, Self

from pydantic import Field, model_validator

from pratique.milter.config_types import (
    LARGEST,
    Domain,
    HostName,
    ListeningAddress,
    Network,
    Octets,
    split_address,
)
from pratique.milter.sections.section import Section


class Listener(Section):
    """A place where mail comes in by SMTP."""

    name: str = Field("smtp", description="How logs, facts and policies call this listener.")
    address: ListeningAddress = Field(
        "127.0.0.1:10025", description="IP address and port to listen on."
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
    bare_line_ends: Literal["refuse", "repair"] | None = Field(
        None,
        description="What becomes of content with a bare LF or CR: refused, or made CRLF "
        "before it is inspected.  It is never forwarded as it is.  By default refused, and "
        "repaired behind a queue, where a refusal is a bounce.",
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
    max_connections: int = Field(500, ge=1, le=20_000, description="Connections at one time.")

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
    def _is_no_open_relay(self) -> Self:
        host, _ = split_address(self.address)
        on_loopback = ipaddress.ip_address(host).is_loopback
        if not (self.domains or self.relay_from or on_loopback):
            raise ValueError(
                "this listener is open to other hosts: say whom it takes mail for, "
                "domains = ['example.org'], or who may send anywhere, relay_from = ['10.0.0.0/8']"
            )
        return self

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
