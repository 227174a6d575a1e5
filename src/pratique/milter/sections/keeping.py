"""State what an admin may set for the policy, for what is kept, and for who may ask."""

from typing import Literal

from pydantic import Field

from pratique.milter.config_types import ListeningAddress
from pratique.milter.sections.section import Section


class PolicySection(Section):
    """The rules."""

    file: str = Field(
        "default", description="A policy file, or the name of a shipped policy (`default`)."
    )
    shadow: str | None = Field(
        None,
        description="Another policy, asked beside that one on the same messages; it changes "
        "nothing, and what it would have done is kept in the journal (`policy agreement`).",
    )
    test_before: bool = Field(
        True,
        description="Whether a policy that was never in force is taken only if its own tests "
        "are met.",
    )


class QuarantineSection(Section):
    """Held messages."""

    keep_days: int = Field(
        30, ge=1, le=3650, description="Days after which `quarantine expire` deletes."
    )


class JournalSection(Section):
    """Facts and verdict of every message, kept for `why`."""

    keep_days: int = Field(
        30, ge=1, le=3650, description="Days after which a day's file is deleted."
    )
    privacy: Literal["plain", "hashed"] = Field(
        "plain",
        description="`hashed`: subjects, display names and local parts of addresses are kept as "
        "keyed hashes; what stays readable stands in docs/decisions/11-journal.md.",
    )


class HealthSection(Section):
    """Health, readiness and counters, by HTTP."""

    address: ListeningAddress | None = Field(
        None,
        description="IP address and port for /health, /ready and /metrics, e.g. "
        "'127.0.0.1:9325'; nobody is asked who they are, so keep it local.  "
        "Without it nothing listens.",
    )
