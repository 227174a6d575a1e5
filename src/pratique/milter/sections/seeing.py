"""State what an admin may set for how mail is looked at: workers, limits, rules, programs."""

from typing import Literal

from pydantic import Field

from pratique.milter.config_types import LARGEST, Folder, Octets, Seconds
from pratique.milter.sections.section import Section


class WorkersSection(Section):
    """The confined processes that look at mail."""

    count: int = Field(
        2,
        ge=1,
        le=256,
        description="Workers of each door process, each with one message at a time.",
    )
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


class BudgetSection(Section):
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


class YaraSection(Section):
    """YARA rules."""

    folders: tuple[Folder, ...] = Field(
        (),
        strict=False,
        description="Folders with rule files (*.yar, *.yara), besides the shipped ones.",
    )
    cache: bool = Field(
        True, description="Keep compiled rules in the folder of all state, for the next start."
    )
    old_after_days: float = Field(
        0.0,
        ge=0,
        le=3650,
        description="Days after which a folder in which no rule was changed is told to be old; "
        "0 is never.",
    )


class PasswordsSection(Section):
    """What is tried on locked archives and documents, besides the message's own words."""

    list: tuple[str, ...] = Field(
        (),
        strict=False,
        max_length=200,
        description="Passwords that people here agreed on, the most used first: of a format that "
        "is slow to try only the first few are.",
    )


class ProgramsSection(Section):
    """Outside programs that unpack what no reader of ours opens, in bubblewrap."""

    use: tuple[Literal["unar", "7z"], ...] = Field(
        ("unar", "7z"), strict=False, description="Those that may be run, where installed."
    )
    seconds: Seconds = Field(20.0, gt=0, le=600, description="Time for one part, tries and all.")
    octets: Octets = Field(
        128 * 1024**2, ge=64 * 1024, le=LARGEST, description="Octets that one part may become."
    )
