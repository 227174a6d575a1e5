"""State what an admin may set for where mail goes."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from pratique.milter.config_types import Address
from pratique.milter.sections.section import Section


class NextHopSection(Section):
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


class ReleaseSection(Section):
    """Where released messages go."""

    next_hop: Address | None = Field(
        None, description="Host and port; without it nothing can be released."
    )
