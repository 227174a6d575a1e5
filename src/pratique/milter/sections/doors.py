"""State what an admin may set for the processes that take mail."""

from pydantic import Field

from pratique.milter.sections.section import Section


class DoorsSection(Section):
    """The processes that take mail."""

    processes: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes for the SMTP listeners, and as many for each milter.  They share "
        "the sockets; each has workers of its own (`workers.count`), and an equal share of "
        "`max_connections` and of the octets in flight.",
    )
    retire_after: int = Field(
        500_000,
        ge=1_000,
        le=1_000_000_000,
        description="Messages after which a process is replaced by a new one: what a library "
        "leaks in a process that lives for months does not become the machine's memory.",
    )
