"""Read the configuration: one model a section, each field with its sentence.

The file is TOML.  A mistake in it stops the start and is told in the admin's words:
file, line, column, what was found, what would be right.  No key is ignored in silence.
Without a file the defaults hold: a listener on 127.0.0.1:10025, a Maildir as next hop,
and all state under `var/` in the working directory.
"""

import ipaddress
import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pratique.milter import config_problems
from pratique.milter.config_problems import ConfigError, ConfigProblem
from pratique.milter.config_types import (
    LARGEST,
    Address,
    Domain,
    Folder,
    HostName,
    ListeningAddress,
    MilterSocket,
    Mode,
    Network,
    Octets,
    Seconds,
    split_address,
)

# Twice this, and what comes after, stays below Postfix's milter_content_timeout of 300 s.
MILTER_WORKER_SECONDS = 120.0


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


class MilterListener(_Section):
    """A milter: Postfix asks us about each message before it takes it."""

    name: str = Field("milter", description="How logs, facts and policies call this milter.")
    socket: MilterSocket = Field(
        "unix:/run/pratique/milter.sock",
        description="Where to listen, as Postfix writes it: `unix:PATH`, or `inet:IP:PORT` "
        "(a hundred times slower: libmilter's small packets wait for each other over TCP).",
    )
    reply: Literal["sender", "queue"] | None = Field(
        None,
        description="Who hears our reply: `sender` (smtpd_milters) or `queue` "
        "(non_smtpd_milters, where a refusal is a bounce).  There is no default.",
    )
    quarantine: Literal["own", "postfix"] = Field(
        "own",
        description="Where mail is held: in our quarantine, or in Postfix's hold queue, where "
        "postqueue and postsuper list and release it.",
    )
    socket_mode: Mode = Field("0660", description="Permissions of a unix socket.")
    socket_group: str | None = Field(
        None, description="Group that a unix socket is given to, so that Postfix may connect."
    )
    max_size: Octets = Field(
        50 * 1024**2,
        ge=64 * 1024,
        le=LARGEST,
        description="The largest content that is looked into; what is larger is `over_budget`.",
    )
    max_connections: int = Field(
        500, ge=1, le=5_000, description="Connections at one time, a thread each."
    )

    @model_validator(mode="after")
    def _says_who_hears_the_reply(self) -> Self:
        if self.reply is None:
            raise ValueError(
                "a milter must say who hears its reply: reply = 'sender' (smtpd_milters) or "
                "reply = 'queue' (non_smtpd_milters)"
            )
        return self


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
    mime_parts: int = Field(
        2000, gt=0, le=1_000_000, description="MIME parts of one message, nested ones included."
    )
    mime_depth: int = Field(100, gt=0, le=1000, description="Multiparts in multiparts.")
    archive_depth: int = Field(16, gt=0, le=100, description="Archives in archives.")
    ratio: int = Field(200, gt=0, description="Octets unpacked for each packed one.")
    seconds: Seconds = Field(20.0, gt=0, le=600, description="Time for one message.")
    header_octets: Octets = Field(128 * 1024, gt=0, description="Octets of one header.")
    header_fields: int = Field(1000, gt=0, description="Fields of one header.")


class YaraSection(_Section):
    """YARA rules."""

    folders: tuple[Folder, ...] = Field(
        (),
        strict=False,
        description="Folders with rule files (*.yar, *.yara), besides the shipped ones.",
    )


class PasswordsSection(_Section):
    """What is tried on locked archives and documents, besides the message's own words."""

    list: tuple[str, ...] = Field(
        (),
        strict=False,
        max_length=200,
        description="Passwords that people here agreed on, the most used first: of a format that "
        "is slow to try only the first few are.",
    )


class ProgramsSection(_Section):
    """Outside programs that unpack what no reader of ours opens, in bubblewrap."""

    use: tuple[Literal["unar", "7z"], ...] = Field(
        ("unar", "7z"), strict=False, description="Those that may be run, where installed."
    )
    seconds: Seconds = Field(20.0, gt=0, le=600, description="Time for one part, tries and all.")
    octets: Octets = Field(
        128 * 1024**2, ge=64 * 1024, le=LARGEST, description="Octets that one part may become."
    )


class QuarantineSection(_Section):
    """Held messages."""

    keep_days: int = Field(
        30, ge=1, le=3650, description="Days after which `quarantine expire` deletes."
    )


class JournalSection(_Section):
    """Facts and verdict of every message, kept for `why`."""

    keep_days: int = Field(
        30, ge=1, le=3650, description="Days after which a day's file is deleted."
    )
    privacy: Literal["plain", "hashed"] = Field(
        "plain",
        description="`hashed`: subjects, display names and local parts of addresses are kept as "
        "keyed hashes; what stays readable stands in docs/decisions/11-journal.md.",
    )


class HealthSection(_Section):
    """Health, readiness and counters, by HTTP."""

    address: ListeningAddress | None = Field(
        None,
        description="IP address and port for /health, /ready and /metrics, e.g. "
        "'127.0.0.1:9325'; nobody is asked who they are, so keep it local.  "
        "Without it nothing listens.",
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
        (),
        strict=False,
        description="SMTP listeners; one on 127.0.0.1:10025 if there is neither one nor a milter.",
    )
    milter: tuple[MilterListener, ...] = Field((), strict=False, description="Milters.")
    next_hop: NextHopSection = NextHopSection()
    policy: PolicySection = PolicySection()
    workers: WorkersSection = WorkersSection()
    budget: BudgetSection = BudgetSection()
    yara: YaraSection = YaraSection()
    passwords: PasswordsSection = PasswordsSection()
    programs: ProgramsSection = ProgramsSection()
    quarantine: QuarantineSection = QuarantineSection()
    release: ReleaseSection = ReleaseSection()
    journal: JournalSection = JournalSection()
    health: HealthSection = HealthSection()

    @model_validator(mode="after")
    def _listeners_differ(self) -> Self:
        names = [one.name for one in self.listener] + [one.name for one in self.milter]
        addresses = [each.address for each in self.listener]
        sockets = [each.socket for each in self.milter]
        for what, values in (("name", names), ("address", addresses), ("socket", sockets)):
            if len(set(values)) < len(values):
                raise ValueError(f"two listeners have the same {what}")
        return self

    @model_validator(mode="after")
    def _postfix_waits_that_long(self) -> Self:
        if self.milter and self.workers.seconds > MILTER_WORKER_SECONDS:
            raise ValueError(
                f"with a milter workers.seconds is {MILTER_WORKER_SECONDS:g} at most: a message "
                "may be looked at twice, and Postfix waits 300 s (milter_content_timeout)"
            )
        return self

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """`listener`, or the default one where nothing else takes mail."""
        if self.listener or self.milter:
            return self.listener
        return (Listener(reply="sender"),)


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
