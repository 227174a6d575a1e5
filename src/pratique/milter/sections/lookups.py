"""State what an admin may set for what is asked by DNS, and for links."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pratique.milter.config_types import Seconds
from pratique.milter.sections.section import Section

# RFC 1123 2.1, and an underscore, which zones of lists have.
_ZONE = re.compile(r"(?!.{200})(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
_TEST = re.compile(r"(?!.{200})(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
_LISTED = ipaddress.ip_network("127.0.0.0/8")


def _server(value: str) -> str:
    host, _, port = value.rpartition("@")
    try:
        ipaddress.ip_address(host or value)
    except ValueError:
        raise ValueError(
            f"{value!r} is no IP address; write '127.0.0.1' or '127.0.0.1@5353'"
        ) from None
    if host and not (port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{value!r} has no port behind the @; write '127.0.0.1@5353'")
    return value


def split_server(value: str) -> tuple[str, int]:
    """Its address, and its port."""
    host, at, port = value.rpartition("@")
    return (host, int(port)) if at else (value, 53)


def _zone(value: str) -> str:
    zone = value.strip().strip(".").lower()
    if not _ZONE.fullmatch(zone):
        raise ValueError(f"{value!r} is no domain; write 'dbl.example.org'")
    return zone


def _code(value: str) -> str:
    try:
        known = ipaddress.ip_address(value) in _LISTED
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"{value!r} is no answer of a list; these are within 127.0.0.0/8")
    return value


def _test(value: str) -> str:
    """As it is asked for: an address in reverse."""
    try:
        pointer = ipaddress.ip_address(value).reverse_pointer
        return pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
    except ValueError:
        name = value.strip().strip(".").lower()
    if name and not _TEST.fullmatch(name):
        raise ValueError(f"{value!r} is no name and no address; write 'test' or '127.0.0.2'")
    return name


class DnsSection(Section):
    """How DNS is asked.  Lists by DNS want a resolver of one's own, on this host."""

    servers: tuple[Annotated[str, AfterValidator(_server)], ...] = Field(
        (),
        strict=False,
        max_length=8,
        description="IP addresses of resolvers, each with `@PORT` if that is not 53; without any "
        "those of /etc/resolv.conf.",
    )
    seconds: Seconds = Field(
        3.0, gt=0, le=30, description="How long one question may take, tries and all."
    )
    questions: int = Field(
        64, ge=1, le=1000, description="Questions at one time and door; the others wait."
    )


class BlockListSection(Section):
    """A list that is asked by DNS (RFC 5782)."""

    zone: Annotated[str, AfterValidator(_zone)] = Field(description="Where it is asked.")
    name: str = Field(
        "", max_length=64, description="How facts and policies call it; its zone without a name."
    )
    what: Literal["hosts", "addresses"] = Field(
        description="`hosts`: the registered domains of links.  `addresses`: the client's IP "
        "address, and those of links."
    )
    codes: dict[Annotated[str, AfterValidator(_code)], str] = Field(
        {},
        description="What its answers mean: `{ '127.0.1.4' = 'phish' }` is told as `NAME:phish`, "
        "and an answer that is not here counts nothing.  Without any each answer means `NAME`.",
    )

    test: Annotated[str, AfterValidator(_test)] = Field(
        "",
        description="What the list has for who tries it: a name, or an IP address.  Without it "
        "`test` or 127.0.0.2 (RFC 5782 5).  A list that does not list it is not believed.",
    )

    @property
    def called(self) -> str:
        """Its name."""
        return self.name or self.zone


class LinksSection(Section):
    """What is known of links."""

    own_domains: tuple[Annotated[str, AfterValidator(_zone)], ...] | None = Field(
        None,
        strict=False,
        description="Domains of ours, which others may imitate; without it `domains` of the "
        "listeners.",
    )
    shorteners: tuple[Annotated[str, AfterValidator(_zone)], ...] = Field(
        (), strict=False, description="Hosts that lead elsewhere, besides the shipped ones."
    )
