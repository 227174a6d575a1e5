"""State which lists of hashes an admin has."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pratique.milter.sections.section import Section
from pratique.scanners.near.digest import DISTANCE, MOST_DISTANCE

_KEY_DIGITS = 8


class HashListSection(Section):
    """A list of hashes: what is on it is found by its octets, whatever it is called."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")] = Field(
        description="How findings, facts and policies call it."
    )
    feed: Path = Field(
        strict=False,
        description="The file that `pratique lists build` reads: one hash a line, CSV, ClamAV's "
        "`.hdb` and `.hsb`, what `sha256sum` writes, or MISP's JSON.",
    )
    owner: str = Field(
        min_length=1, max_length=80, description="Who answers for it, where an entry names nobody."
    )
    severity: Literal["information", "suspicious", "malicious"] = Field(
        description="What a finding of it is: the shipped policy refuses `malicious`, and holds "
        "`suspicious`."
    )
    reason: str = Field(
        "it is on this list",
        max_length=200,
        description="Why something is on it, where an entry does not say.",
    )
    expires_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days that an entry without a date of its own holds, from when it was first "
        "seen, or else from the date of the feed; 0 is for ever.",
    )
    tlsh: Literal["alone", "also", "only"] = Field(
        "alone",
        description="Which TLSH digests of the feed are taken: those `alone`, with no other hash "
        "of the same file beside them; those beside another `also`; or `only` these, and "
        "nothing else.",
    )
    tlsh_distance: int = Field(
        DISTANCE,
        ge=0,
        le=MOST_DISTANCE,
        description="How far from a TLSH digest that of a part may be to be found.",
    )
    old_after_days: float = Field(
        0.0, ge=0, le=3650, description="Days after which its feed is told to be old; 0 is never."
    )

    def file(self, state: Path) -> Path:
        """Where it lies once it is built; other settings make it another file."""
        # How old it may be is nothing of what stands in it.
        settings = self.model_dump_json(exclude={"old_after_days"})
        stated = hashlib.sha256(settings.encode()).hexdigest()
        return state.absolute() / "lists" / f"{self.name}-{stated[:_KEY_DIGITS]}.hashes"
