"""State what an admin may set for notices: who of ours may be told, and how it leaves."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from pratique.milter.config_types import Server
from pratique.milter.sections.section import Section

# RFC 5321 4.5.3.1: 64 octets of local part, 255 of domain.  Without quotes: who is told is one
# of ours, and no address of ours needs them.
_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9]")


def is_mailbox(value: str) -> bool:
    """Whether it is an address that may be told."""
    return _MAILBOX.fullmatch(value) is not None


def _mailbox(value: str) -> str:
    if not is_mailbox(value):
        raise ValueError(f"{value!r} is no address; write 'security@example.org'")
    return value


Mailbox = Annotated[str, AfterValidator(_mailbox)]


class NoticesSection(Section):
    """Short mails to somebody of ours, and where a rule may send mail instead."""

    addresses: tuple[Mailbox, ...] = Field(
        (),
        strict=False,
        max_length=100,
        description="Who may be told: `notify` of a rule names one of these, and none else.",
    )
    redirect_to: tuple[Mailbox, ...] = Field(
        (),
        strict=False,
        max_length=100,
        description="Where mail may go instead of to its recipient: `redirect` of a rule names "
        "one of these, and none else.",
    )
    author: Mailbox | None = Field(
        None, description="Who notices are from; by default `pratique@` and this host's name."
    )
    per_hour: int = Field(
        6,
        ge=1,
        le=100,
        description="Notices of one rule to one address within an hour; the rest is counted, and "
        "told in the next one.",
    )
    next_hop: Server | None = Field(
        None,
        description="Host and port of the mail server that takes notices, or `unix:` and the path "
        "of its socket; by default they go to [next_hop].",
    )
    alerts: bool = Field(
        False, description="Whether each alert goes to all `addresses` too (docs/alerts.md)."
    )

    @model_validator(mode="after")
    def _has_somebody_to_tell(self) -> Self:
        if self.alerts and not self.addresses:
            raise ValueError("alerts = true needs addresses = ['security@example.org']")
        return self

    @property
    def known(self) -> frozenset[str]:
        """Who may be told, in lower case."""
        return frozenset(one.lower() for one in self.addresses)
