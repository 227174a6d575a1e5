"""Read the configuration: one model a section, each field with its sentence.

The file is TOML.  A mistake in it stops the start and is told in the admin's words:
file, line, column, what was found, what would be right.  No key is ignored in silence.
Without a file the defaults hold: a listener on 127.0.0.1:10025, a Maildir as next hop,
and all state under `var/` in the working directory.
"""

import ipaddress
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from pratique.milter import config_problems
from pratique.milter.config_problems import ConfigError, ConfigProblem

_UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

# RFC 5321 4.5.3.1.7: a receiver takes at least 64 KiB; past 2 GiB a memfd is no place.
_LARGEST = 2 * 1024**3


def _octets(value: object) -> object:
    """Read "50MB"; a bare number is octets."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,12})\s*([KMG]?B)?", value.strip(), re.IGNORECASE)
    if match is None:
        raise ValueError(f"{value!r} is no size; write 65536, '64KB', '50MB' or '1GB'")
    return int(match[1]) * _UNITS[(match[2] or "").upper()]


def _seconds(value: object) -> object:
    """Read "25s" or "7d"; a bare number is seconds."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*([smhd]?)", value.strip())
    if match is None:
        raise ValueError(f"{value!r} is no duration; write 30, '25s', '5m', '2h' or '7d'")
    return float(match[1]) * _SECONDS[match[2]]


def _address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) <= 65535 or not host:
        raise ValueError(f"{value!r} is no address; write '127.0.0.1:10025' or '[::1]:25'")
    return value


def _listening_address(value: str) -> str:
    host, _ = split_address(_address(value))
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(f"{host!r} is no IP address; a listener needs one") from None
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is no network: {error}") from None
    return value


def _domain(value: str) -> str:
    name = value.lower().removeprefix(".")
    if not re.fullmatch(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", name) or len(name) > 253:
        raise ValueError(
            f"{value!r} is no domain; write 'example.org', or '.example.org' for its subdomains "
            "(international names in their xn-- form)"
        )
    return value.lower()


def split_address(address: str) -> tuple[str, int]:
    """Host and port of "host:port" or "[v6]:port"."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


Octets = Annotated[int, BeforeValidator(_octets)]
Seconds = Annotated[float, BeforeValidator(_seconds)]
Address = Annotated[str, AfterValidator(_address)]
ListeningAddress = Annotated[str, AfterValidator(_listening_address)]
Network = Annotated[str, AfterValidator(_network)]
Domain = Annotated[str, AfterValidator(_domain)]
HostName = Annotated[str, AfterValidator(_domain)]
Folder = Annotated[Path, Field(strict=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Listener(_Section):
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
    bare_line_ends: Literal["refuse", "repair"] = Field(
        "refuse",
        description="What becomes of content with a bare LF or CR: refused, or made CRLF "
        "before it is inspected.  It is never forwarded as it is.",
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
        le=_LARGEST,
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
        if self.reply == "queue":
            raise ValueError(
                "reply = 'queue' is not built yet; behind a queue a refusal makes that mail "
                "server bounce, so this listener does not start"
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
    def relay_networks(self) -> tuple[str, ...]:
        """`relay_from`; on loopback without any rule, loopback."""
        if self.domains or self.relay_from:
            return self.relay_from
        return ("127.0.0.0/8", "::1/128")

    @property
    def adds_received(self) -> bool:
        """Whether this listener adds a Received field."""
        return not self.xforward_from if self.received is None else self.received


class NextHopSection(_Section):
    """Where accepted mail goes."""

    kind: Literal["maildir", "smtp"] = Field(
        "maildir", description="`smtp`: a mail server; `maildir`: a Maildir of our own."
    )
    address: Address | None = Field(None, description="Host and port of the mail server.")
    folder: Path | None = Field(
        None, strict=False, description="The Maildir; by default `maildir` in the state folder."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.kind == "smtp" and self.address is None:
            raise ValueError("kind = 'smtp' needs address = 'host:port'")
        if self.kind == "maildir" and self.address is not None:
            raise ValueError("address goes with kind = 'smtp'")
        return self


class PolicySection(_Section):
    """The rules."""

    file: str = Field(
        "default", description="A policy file, or the name of a shipped policy (`default`)."
    )


class WorkersSection(_Section):
    """The confined processes that look at mail."""

    count: int = Field(2, ge=1, le=256, description="Workers, each with one message at a time.")
    seconds: Seconds = Field(
        25.0, gt=0, le=600, description="How long a worker may look at one message."
    )
    retire_after: int = Field(
        1000, ge=1, le=1_000_000, description="Messages after which a worker is replaced."
    )
    confinement: Literal["full", "seccomp"] = Field(
        "full",
        description="`seccomp` leaves landlock out, for kernels before 5.13; the log says so.",
    )
    memory: Octets = Field(
        512 * 1024**2,
        ge=64 * 1024**2,
        le=8 * 1024**3,
        description="Memory that a worker may take on top of what it is born with.",
    )


class BudgetSection(_Section):
    """What one message may cost; what lies behind a limit is `over_budget`."""

    octets: Octets = Field(256 * 1024**2, gt=0, description="Octets unpacked from one message.")
    part_octets: Octets = Field(64 * 1024**2, gt=0, description="Octets of one part.")
    parts: int = Field(10_000, gt=0, le=1_000_000, description="Parts of one message.")
    mime_depth: int = Field(100, gt=0, le=1000, description="Multiparts in multiparts.")
    archive_depth: int = Field(16, gt=0, le=100, description="Archives in archives.")
    ratio: int = Field(200, gt=0, description="Octets unpacked for each packed one.")
    seconds: Seconds = Field(20.0, gt=0, le=600, description="Time for one message.")
    header_octets: Octets = Field(1024**2, gt=0, description="Octets of one header.")
    header_fields: int = Field(1000, gt=0, description="Fields of one header.")


class YaraSection(_Section):
    """YARA rules."""

    folders: tuple[Folder, ...] = Field(
        (),
        strict=False,
        description="Folders with rule files (*.yar, *.yara), besides the shipped ones.",
    )


class QuarantineSection(_Section):
    """Held messages."""

    keep_days: int = Field(
        30, ge=1, le=3650, description="Days after which `quarantine expire` deletes."
    )


class ReleaseSection(_Section):
    """Where released messages go."""

    next_hop: Address | None = Field(
        None, description="Host and port; without it nothing can be released."
    )


class Settings(_Section):
    """The whole configuration."""

    state: Path = Field(
        Path("var"), strict=False, description="The folder of all state: quarantine, Maildir."
    )
    listener: tuple[Listener, ...] = Field(
        (Listener(reply="sender"),), strict=False, min_length=1, description="Listeners."
    )
    next_hop: NextHopSection = NextHopSection()
    policy: PolicySection = PolicySection()
    workers: WorkersSection = WorkersSection()
    budget: BudgetSection = BudgetSection()
    yara: YaraSection = YaraSection()
    quarantine: QuarantineSection = QuarantineSection()
    release: ReleaseSection = ReleaseSection()

    @model_validator(mode="after")
    def _listeners_differ(self) -> Self:
        for what in ("name", "address"):
            values = [getattr(listener, what) for listener in self.listener]
            if len(set(values)) < len(values):
                raise ValueError(f"two listeners have the same {what}")
        return self


def load(path: Path | None) -> Settings:
    """The settings of a file, or the defaults.  Raises ConfigError, with all problems."""
    if path is None:
        return Settings()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([ConfigProblem(str(path), 0, 0, str(error))]) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Settings:
    """The settings that a TOML text states.  Raises ConfigError."""
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([config_problems.of_toml(error, name)]) from error
    try:
        return Settings.model_validate(stated)
    except ValidationError as error:
        raise ConfigError(config_problems.of_model(error, Settings, text, name)) from error
