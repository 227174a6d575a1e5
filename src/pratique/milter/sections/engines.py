"""State what an admin may set for engines: other programs that look at mail."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter

from pratique.milter.config_types import Address, Seconds, split_address
from pratique.milter.sections.section import Section


def _engine_socket(value: str) -> str:
    kind, _, where = value.partition(":")
    if kind == "unix" and where.startswith("/"):
        # sockaddr_un holds 108 octets, the closing NUL among them (unix(7)).
        if len(where.encode()) > 107:
            raise ValueError(f"{where!r} is longer than the 107 octets that a socket's path may be")
    elif kind == "inet":
        TypeAdapter(Address).validate_python(where)
    else:
        raise ValueError(
            f"{value!r} is no socket; write 'unix:/run/clamav/clamd.ctl' or 'inet:127.0.0.1:3310'"
        )
    return value


def split_socket(value: str) -> str | tuple[str, int]:
    """The path of a unix socket, or host and port."""
    kind, _, where = value.partition(":")
    return where if kind == "unix" else split_address(where)


Limits = Literal["told", "measured", "silent"]


class ClamavSection(Section):
    """ClamAV's daemon, clamd, looks at each message; without `socket` it does not."""

    socket: Annotated[str, AfterValidator(_engine_socket)] | None = Field(
        None,
        description="Where clamd listens: `unix:PATH` (its LocalSocket) or `inet:HOST:PORT`.",
    )
    show: Literal["message", "parts"] = Field(
        "message",
        description="`message`: the message once, and what clamd does not reach in it; `parts`: "
        "of a message over 64 KB large attachments are cut out and shown decoded, which is less "
        "work for clamd, and the answers are remembered by hash.",
    )
    send: Literal["descriptor", "stream"] = Field(
        "descriptor",
        description="`descriptor` passes clamd a descriptor (FILDES), over a unix socket only; "
        "`stream` sends the octets (INSTREAM), and StreamMaxLength is a limit.",
    )
    limits: Limits = Field(
        "measured",
        description="What a clamd is worth that does not tell when it stops at a limit of its own "
        "(AlertExceedsMax).  `measured`: it is believed of messages that are well below its "
        "default limits, any other has the fact `limits`; `told`: it has failed on each message; "
        "`silent`: what it left out is clean.",
    )
    ask: Literal["undecided", "always"] = Field(
        "undecided",
        description="`undecided`: of a message up to 64 KB only if it is not refused anyway, to "
        "each recipient, for what Pratique itself found in it (while nothing else is looked at "
        "it is asked meanwhile, and not heard then); `always`: of each message.",
    )
    seconds: Seconds = Field(30.0, gt=0, le=300, description="How long clamd may look at one.")
    connections: int = Field(
        10, ge=1, le=1000, description="Questions at one time and door; clamd's MaxThreads."
    )
    self_test: bool = Field(
        True,
        description="Whether clamd must find the EICAR test files before it is relied on.",
    )
    old_after_days: float = Field(
        3.0,
        ge=0,
        le=3650,
        description="Days after which its database is told to be old: ClamAV's is made anew each "
        "day; 0 is never.",
    )


class DeadlineSection(Section):
    """How long a message may take, from the end of its data to the reply."""

    seconds: Seconds = Field(
        60.0,
        ge=5,
        le=270,
        description="At most 90 with a listener (a Postfix waits 100 s, smtpd_proxy_timeout), and "
        "270 with milters alone (milter_content_timeout, 300 s).  A sixth of it is kept for "
        "holding the message or handing it on.",
    )
