"""State what an admin may set for what comes too often: how much is an alert, or a flood."""

from pydantic import Field

from pratique.milter.sections.section import Section


class BurstsSection(Section):
    """How much is too much."""

    recipients: int = Field(
        300,
        ge=1,
        le=1_000_000,
        description="Recipients of all that one client of ours sends within ten minutes; an "
        "alert if there are more.  300 are 30 a minute, as large providers let a person send.",
    )
    findings: int = Field(
        3,
        ge=1,
        le=1_000_000,
        description="Messages of one client of ours within ten minutes in which something "
        "suspicious or malicious is found; an alert if there are more.  A person who is refused "
        "tries again once or twice.",
    )
    flood_an_hour: int = Field(
        10,
        ge=1,
        le=1_000_000,
        description="Bounces that nothing proves and that come to one address within an hour; "
        "if there are more, and more than five times what is usual there, only those count "
        "which are proved.",
    )
