"""State what an admin may set for engines of the admin's own: ICAP, commands, HTTP."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from pratique.milter.config_types import LARGEST, Octets, Seconds
from pratique.milter.pattern import Pattern
from pratique.milter.sections.section import Section

Severity = Literal["information", "suspicious", "malicious"]
EngineName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{0,63}$")]


# RFC 3986 3.2.2: a name, an IPv4 address, or an IPv6 address in brackets; and a port.  A zone of
# IPv6 is of this host, and no server is told it (RFC 6874 4).
_PLACE = re.compile(r"(?:[0-9A-Za-z._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")


def _url(value: str, schemes: tuple[str, ...], example: str) -> str:
    try:
        split = urlsplit(value)
        sound = split.scheme in schemes and bool(_PLACE.fullmatch(split.netloc)) and split.port != 0
    except ValueError:
        sound = False
    # It goes into a request as it stands.
    if not sound or not re.fullmatch(r"[!-~]+", value) or split.fragment:
        several = " (an IPv6 address stands in brackets: '[::1]')" if value.count(":") > 2 else ""
        raise ValueError(f"{value!r} is no address of this kind; write {example!r}{several}")
    return value


def _icap_url(value: str) -> str:
    return _url(value, ("icap", "icaps"), "icap://127.0.0.1:1344/avscan")


# What findings, scores and signatures of other sources are called by: other engines, and our
# own scanners (scanners/builtin).
_TAKEN = frozenset(
    "clamav rspamd spamassassin bounce disguise dkim documents filetype links lists macros "
    "one_program onenote_files pages pdf_actions senders shortcuts yara".split()
)


def engines_problem(names: Sequence[str]) -> str:
    """Why engines cannot be called so; empty if they can."""
    for name in names:
        if name in _TAKEN:
            return f"an engine cannot be called {name!r}: others are called so"
    if len(set(names)) < len(names):
        return "two engines (icap, command, http) have the same name"
    return ""


class EngineSection(Section):
    """What all of them have."""

    name: EngineName = Field(description="How findings, facts and the log call it.")
    show: Literal["message", "parts"] = Field(
        "parts",
        description="`parts`: the decoded parts of each message, whose answers are remembered by "
        "hash; `message`: the message as it came, for an engine that opens mail itself, and the "
        "parts that such a one does not reach in it.",
    )
    seconds: Seconds = Field(30.0, gt=0, le=300, description="How long it may look at one.")
    severity: Severity = Field(
        "malicious", description="How bad it is what it finds, where it does not say so itself."
    )
    ask: Literal["undecided", "always"] = Field(
        "undecided",
        description="`undecided`: of a message up to 64 KB only if it is not refused anyway, to "
        "each recipient, for what Pratique itself found in it; `always`: of each message.",
    )
    max_size: Octets | None = Field(
        None,
        gt=0,
        description="What is larger it is not shown, and that is the fact `limits` (`engine`).  "
        "Set it to the engine's own limit, if that lets pass what is larger.",
    )
    self_test: bool = Field(
        True,
        description="Whether it must find the EICAR test file before it is relied on; `false` "
        "for one that knows no test files.",
    )


class IcapSection(EngineSection):
    """A service of an ICAP server (RFC 3507)."""

    url: Annotated[str, AfterValidator(_icap_url)] = Field(
        description="Its address: `icap://HOST:PORT/SERVICE`, or `icaps://` for TLS, with the "
        "certificates that this host trusts."
    )
    connections: int = Field(
        10, ge=1, le=1000, description="Questions at one time and door; the server may want fewer."
    )
    passed: Literal["unseen", "clean"] = Field(
        "unseen",
        description="What it means that the server lets octets pass that it may not have looked "
        "at: it wanted no more than a preview, or gave them back although it may say 204.  "
        "`unseen`: the fact `limits` (`engine`); `clean`: it found nothing.",
    )


def _program(value: str) -> str:
    if "\0" in value:
        raise ValueError("a word has no NUL in it")
    return value


def _pattern(value: str) -> str:
    Pattern(value)
    return value


def _absolute(value: Path) -> Path:
    if not value.is_absolute() or ".." in value.parts:
        raise ValueError(f"{str(value)!r} is no absolute path")
    return value


# POSIX: what is above says that it was not run, or by which signal it ended.
Status = Annotated[int, Field(ge=0, le=125)]
ReadPath = Annotated[Path, Field(strict=False), AfterValidator(_absolute)]


class CommandSection(EngineSection):
    """A program that looks at octets, run in bubblewrap."""

    argv: tuple[Annotated[str, AfterValidator(_program)], ...] = Field(
        strict=False,
        min_length=1,
        max_length=100,
        description="The program by its path, and its words; `{file}` in one is the file to look "
        "at, which is its standard input as well.",
    )
    clean: tuple[Status, ...] = Field(
        (0,), strict=False, description="Exit statuses that mean: nothing found."
    )
    found: tuple[Status, ...] = Field(
        (1,), strict=False, description="Exit statuses that mean: something found."
    )
    pattern: Annotated[str, AfterValidator(_pattern)] | None = Field(
        None,
        description="In which line of its words a name stands, and where: `FOUND: (.*)`.  A line "
        "like that is a finding whatever the status.  Text, `.*` and `.+`, `^` and `$`.",
    )
    read: tuple[ReadPath, ...] = Field(
        (),
        strict=False,
        max_length=32,
        description="Files and folders that it reads besides /usr: its signatures, /opt/NAME.",
    )
    at_once: int = Field(2, ge=1, le=100, description="How many of it run at one time and door.")
    memory: Octets = Field(
        1024**3, ge=16 * 1024**2, le=64 * 1024**3, description="Memory that one may take."
    )
    octets: Octets = Field(
        128 * 1024**2, ge=64 * 1024, le=LARGEST, description="Octets that one may write."
    )

    @model_validator(mode="after")
    def _it_can_be_told(self) -> Self:
        if not self.argv[0].startswith("/"):
            raise ValueError(f"argv begins with a path, like '/usr/bin/{self.argv[0]}'")
        if both := {*self.clean} & {*self.found}:
            raise ValueError(f"{min(both)} cannot be in `clean` and in `found`")
        if not self.found and self.pattern is None:
            raise ValueError("without `found` and without `pattern` nothing is ever found")
        return self


def _http_url(value: str) -> str:
    return _url(value, ("http", "https"), "http://127.0.0.1:8080/scan")


def _socket_path(value: str) -> str:
    # sockaddr_un holds 108 octets, the closing NUL among them (unix(7)).
    if not value.startswith("/") or "\0" in value or len(value.encode()) > 107:
        raise ValueError(f"{value!r} is no path of a socket: it begins with '/', of 107 octets")
    return value


def _header_name(value: str) -> str:
    taken = {"host", "content-length", "transfer-encoding", "connection", "expect", "content-type"}
    if not re.fullmatch(r"[A-Za-z0-9-]{1,100}", value) or value.lower() in taken:
        raise ValueError(f"{value!r} is no field that can be added")
    return value


def _header_value(value: str) -> str:
    # Not shown: it may be a secret.
    if not re.fullmatch(r"[\x20-\x7e]{1,4000}", value):
        raise ValueError("a field's value is printable ASCII, in one line")
    return value


class HttpSection(EngineSection):
    """A service that takes octets by POST and answers in JSON."""

    url: Annotated[str, AfterValidator(_http_url)] = Field(
        description="Its address, `http://` or `https://`, with the certificates that this host "
        "trusts; nothing is followed elsewhere."
    )
    socket: Annotated[str, AfterValidator(_socket_path)] | None = Field(
        None, description="The path of a unix socket on which it listens, instead of the host."
    )
    headers: dict[
        Annotated[str, AfterValidator(_header_name)],
        Annotated[str, AfterValidator(_header_value)],
    ] = Field({}, description="Fields of each request: `{ Authorization = 'Bearer ...' }`.")
    connections: int = Field(10, ge=1, le=1000, description="Questions at one time and door.")

    @model_validator(mode="after")
    def _no_tls_is_forgotten(self) -> Self:
        if self.socket is not None and urlsplit(self.url).scheme == "https":
            raise ValueError("on a unix socket there is no TLS: write 'http://' in `url`")
        names = [name.lower() for name in self.headers]
        if len(set(names)) < len(names):
            raise ValueError("a field of `headers` is there twice")
        return self
