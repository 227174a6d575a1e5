"""State what an admin may set for spam filters: [rspamd] and [spamassassin]."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pratique.milter.config_types import Octets, Seconds, Server
from pratique.milter.sections.section import Section


def _address(value: str) -> str:
    # It goes into a head as it stands.
    if not re.fullmatch(r"unix:/.*|([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]+", value):
        raise ValueError(f"{value!r} is no address; write '127.0.0.1:11333' or 'unix:/run/...'")
    return value


class SpamFilterSection(Section):
    """What both have; without `address` one is not asked."""

    address: Annotated[Server, AfterValidator(_address)] | None = Field(
        None, description="Where it listens: `HOST:PORT`, `[v6]:PORT` or `unix:PATH`."
    )
    seconds: Seconds = Field(30.0, gt=0, le=300, description="How long it may look at one.")
    connections: int = Field(
        5,
        ge=1,
        le=1000,
        description="Questions at one time and door; in all no more than spamd has children "
        "(`--max-children`, 5).",
    )
    ask: Literal["undecided", "always"] = Field(
        "undecided",
        description="`undecided`: of a message up to 64 KB only if it is not refused anyway, to "
        "each recipient, for what Pratique itself found in it; `always`: of each message.",
    )
    max_size: Octets | None = Field(
        None,
        gt=0,
        description="What is larger it is not shown, and that is the fact `limits` (`engine`).",
    )
    self_test: bool = Field(
        True,
        description="Whether it must know GTUBE, the text that stands for spam, before it is "
        "relied on.",
    )


def _password(value: str) -> str:
    # Not shown: it is a secret.
    if not re.fullmatch(r"[\x20-\x7e]{0,1000}", value):
        raise ValueError("a password is printable ASCII, in one line")
    return value


def _user(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.@+-]{0,200}", value):
        raise ValueError(f"{value!r} is no user of SpamAssassin's")
    return value


class RspamdSection(SpamFilterSection):
    """rspamd gives each message a score."""

    password: Annotated[str, AfterValidator(_password)] = Field(
        "", description="What its worker `controller` wants; `normal` wants none."
    )


class SpamAssassinSection(SpamFilterSection):
    """SpamAssassin's daemon, spamd, gives each message a score."""

    user: Annotated[str, AfterValidator(_user)] = Field(
        "", description="Whose preferences count, where spamd has any of users."
    )
