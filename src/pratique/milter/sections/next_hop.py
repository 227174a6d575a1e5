"""State what an admin may set for where mail goes."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pratique.milter.config_types import Address, Domain, HostName, Server, split_address
from pratique.milter.next_hop.pool import Limits
from pratique.milter.next_hop.tls import Level, Tls
from pratique.milter.sections.section import Section


def _fingerprint(value: str) -> str:
    digits = value.replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError(
            f"{value!r} is no SHA-256 fingerprint; write what `openssl x509 -noout -sha256 "
            "-fingerprint` shows after its `=`"
        )
    return digits


Fingerprint = Annotated[str, AfterValidator(_fingerprint)]


class ServersSection(Section):
    """Mail servers that take the same mail."""

    address: Server | None = Field(
        None,
        description="Host and port of the mail server, or `unix:` and the path of its socket.  A "
        "name is looked up as such (A and AAAA, all that there are are tried); there is no "
        "look-up of MX.",
    )
    addresses: tuple[Server, ...] = Field(
        (),
        strict=False,
        description="Instead of `address`: several that take the same mail.  The next is asked "
        "only while the ones before it are away.",
    )
    tls: Level | None = Field(
        None,
        description="`none`, `opportunistic` (where it is offered and works), `required` (with "
        "whoever answers), `verify` (with a certificate for its name that a trusted authority "
        "signed), `fingerprint` (with a certificate of `tls_fingerprints`).  By default "
        "opportunistic, and none on loopback and unix sockets.",
    )
    tls_implicit: bool = Field(
        False, description="TLS from the first octet (port 465) instead of STARTTLS."
    )
    tls_name: HostName | None = Field(
        None, description="The name in the certificate; by default the one in the address."
    )
    tls_ca: Path | None = Field(
        None,
        strict=False,
        description="The authorities that `verify` trusts (a PEM file); by default the system's.",
    )
    tls_fingerprints: tuple[Fingerprint, ...] = Field(
        (), strict=False, description="SHA-256 of the certificates that `fingerprint` takes."
    )
    max_connections: int = Field(
        Limits().connections,
        ge=1,
        le=10_000,
        description="Connections at one time to each of these servers, by each door process "
        "(processes share none): half of what a Postfix or a Dovecot serves at its defaults.  "
        "Who waits for one longer than five seconds is deferred.",
    )


class RouteSection(ServersSection):
    """Where mail for some domains goes."""

    kind: Literal["smtp", "lmtp"] = Field("smtp", description="The protocol of these servers.")
    domains: tuple[Domain, ...] = Field(
        strict=False,
        min_length=1,
        description="Recipient domains; `.example.org` is all subdomains of example.org.",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _has_servers(self, self.kind)
        return self


class NextHopSection(ServersSection):
    """Where accepted mail goes."""

    kind: Literal["maildir", "smtp", "lmtp"] = Field(
        "maildir",
        description="`smtp` or `lmtp`: a mail server; `maildir`: a Maildir of our own.",
    )
    folder: Path | None = Field(
        None, strict=False, description="The Maildir; by default `maildir` in the state folder."
    )
    route: tuple[RouteSection, ...] = Field(
        (), strict=False, description="Other servers for the recipients of some domains."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.kind == "maildir":
            _has_no_servers(self)
        else:
            _has_servers(self, self.kind)
            if self.folder is not None:
                raise ValueError("folder goes with kind = 'maildir'")
        return self

    @model_validator(mode="after")
    def _has_one_way_for_each(self) -> Self:
        if self.route and "kind" not in self.model_fields_set:
            raise ValueError("say where mail for all other domains goes: kind, and its address")
        domains = [domain for route in self.route for domain in route.domains]
        twice = sorted({domain for domain in domains if domains.count(domain) > 1})
        if twice:
            raise ValueError(f"two routes for {', '.join(twice)}")
        return self

    def __str__(self) -> str:
        where = (self.kind, ", ".join(servers_of(self)))
        routes = (
            f"; {', '.join(route.domains)}: {route.kind} {', '.join(servers_of(route))}"
            for route in self.route
        )
        return " ".join(filter(None, where)) + "".join(routes)


class ReleaseSection(Section):
    """Where released messages go."""

    next_hop: Address | None = Field(
        None, description="Host and port; without it nothing can be released."
    )


def servers_of(section: ServersSection) -> tuple[str, ...]:
    """The addresses, in the order in which they are asked."""
    return section.addresses or ((section.address,) if section.address else ())


def tls_of(section: ServersSection, server: str) -> Tls:
    """What is demanded of TLS with one of them."""
    return Tls(
        level=section.tls or ("none" if _stays_here(server) else "opportunistic"),
        implicit=section.tls_implicit,
        name=section.tls_name or "",
        authorities=section.tls_ca,
        fingerprints=frozenset(section.tls_fingerprints),
    )


def _stays_here(server: str) -> bool:
    """True if nobody but this machine sees what is sent there."""
    if server.startswith("unix:"):
        return True
    host, _ = split_address(server)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _has_servers(section: ServersSection, kind: str) -> None:
    if (section.address is None) is (not section.addresses):
        raise ValueError(
            f"kind = {kind!r} needs address = 'host:port' or addresses = [...], and not both"
        )
    _has_sound_tls(section)


def _has_no_servers(section: ServersSection) -> None:
    for name in ServersSection.model_fields:
        if name in section.model_fields_set:
            raise ValueError(f"{name} goes with kind = 'smtp' or 'lmtp'")


def _has_sound_tls(section: ServersSection) -> None:
    if section.tls_implicit and section.tls not in {"required", "verify", "fingerprint"}:
        raise ValueError("tls_implicit needs tls = 'required', 'verify' or 'fingerprint'")
    if section.tls_fingerprints and section.tls != "fingerprint":
        raise ValueError("tls_fingerprints goes with tls = 'fingerprint'")
    if section.tls == "fingerprint" and not section.tls_fingerprints:
        raise ValueError("tls = 'fingerprint' needs tls_fingerprints = ['...']")
    if section.tls != "verify":
        if section.tls_ca or section.tls_name:
            raise ValueError("tls_ca and tls_name go with tls = 'verify'")
        return
    if not section.tls_name and any(one.startswith("unix:") for one in servers_of(section)):
        raise ValueError("a unix socket has no name: tls = 'verify' needs tls_name there")
    try:
        tls_of(section, servers_of(section)[0]).context()
    except OSError as error:
        raise ValueError(f"tls_ca: no certificates in {section.tls_ca}: {error}") from None
