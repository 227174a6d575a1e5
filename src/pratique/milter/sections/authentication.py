"""State what an admin may set for who mail comes from: SPF, DKIM, DMARC and ARC."""

import ipaddress
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from pratique.milter.config_types import HostName, Network
from pratique.milter.sections.section import Section


def _server_name(value: str) -> str:
    """RFC 8601 2.5: whom we believe says so under a full host name or the like."""
    if value.startswith("."):
        raise ValueError(f"{value!r} has a dot in front; write 'mx.example.org'")
    return value


ServerName = Annotated[HostName, AfterValidator(_server_name)]


class AuthenticationSection(Section):
    """Who mail comes from.  It is not looked at without this section."""

    ask: bool = Field(
        True,
        description="SPF, DKIM, DMARC and ARC are checked here, by questions to DNS.  `false`: "
        "only what servers in front say counts.",
    )
    authserv_id: ServerName | None = Field(
        None,
        description="Our own name in Authentication-Results (RFC 8601).  A field that comes with "
        "it is forged, and is cut out.",
    )
    trusted_authserv_ids: tuple[ServerName, ...] = Field(
        (),
        strict=False,
        max_length=100,
        description="Names in Authentication-Results of our servers in front, whose results are "
        "taken over.  They must remove what strangers write under these names.",
    )
    trusted_networks: tuple[Network, ...] = Field(
        (),
        strict=False,
        max_length=1000,
        description="Where these servers connect from.  Their fields are believed, and SPF is not "
        "asked about them.",
    )
    trusted_listeners: tuple[str, ...] = Field(
        (),
        strict=False,
        max_length=100,
        description="Names of listeners on which only these servers speak, for those who name the "
        "client before them (XFORWARD, XCLIENT).",
    )
    spf_authenticates: bool = Field(
        False,
        description="DMARC's pass by SPF alone proves who somebody is, for lists of who is let "
        "through.  Whoever shares a mail service with them may forge it.",
    )

    @model_validator(mode="after")
    def _knows_who_may_write_them(self) -> Self:
        if self.trusted_authserv_ids and not (self.trusted_networks or self.trusted_listeners):
            raise ValueError(
                "anybody may write trusted_authserv_ids into a message: name the servers that "
                "hand mail in, trusted_networks = ['192.0.2.1']"
            )
        return self

    @model_validator(mode="after")
    def _believes_not_everybody(self) -> Self:
        # Wider than what anybody is given: a slip of the pen.
        wide = [one for one in map(ipaddress.ip_network, self.trusted_networks) if _is_wide(one)]
        if wide:
            raise ValueError(f"{wide[0]} is half the world: name your servers in trusted_networks")
        return self

    @model_validator(mode="after")
    def _has_names_of_their_own(self) -> Self:
        if self.authserv_id in self.trusted_authserv_ids:
            raise ValueError(
                f"{self.authserv_id!r} is our own name and that of another server: give "
                "authserv_id another one, or its fields are cut out"
            )
        return self

    @model_validator(mode="after")
    def _finds_something(self) -> Self:
        if not self.ask and not self.trusted_authserv_ids:
            raise ValueError("ask = false, and nobody is believed: name trusted_authserv_ids")
        return self


def _is_wide(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return network.prefixlen < (8 if network.version == 4 else 16)
