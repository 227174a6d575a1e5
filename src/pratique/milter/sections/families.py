"""State which families an admin knows that are not shipped."""

from pathlib import Path

from pydantic import Field

from pratique.milter.sections.section import Section


class FamiliesSection(Section):
    """What engines and rules call a family by."""

    file: Path | None = Field(
        None,
        strict=False,
        description="A TOML file with further names: `[families]`, and in it a line for each: "
        "`Mydoom = ['Doomsday']`; and `no_family`, a list of words that name none.",
    )
