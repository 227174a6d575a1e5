"""State which scanners of the admin's own look at mail, and what they are told.

Their settings are theirs: nothing on this side runs their code, so the nursery holds them
against the scanner's model, and is told where each is written.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr, model_validator

from pratique.milter.sections.section import Section


class ScannerSection(Section):
    """A scanner that is not shipped: a file, a folder of files, or an installed package."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{0,63}$")] | None = Field(
        None, description="What the scanner calls itself; a package may offer several."
    )
    path: Path | None = Field(
        None,
        strict=False,
        description="Its Python file, or a folder in which each Python file is a scanner.",
    )
    package: str | None = Field(
        None,
        min_length=1,
        description="The installed package that offers it (entry points `pratique.scanners.v1`).",
    )
    settings: dict[str, Any] = Field({}, description="What the scanner is told; its own page says.")
    _places: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.path is None) == (self.package is None):
            raise ValueError("a scanner has either `path` or `package`")
        if self.package is not None and self.name is None:
            raise ValueError("with `package` a scanner needs its `name`, as the package offers it")
        return self

    @property
    def places(self) -> Mapping[str, str]:
        """Where its keys are written, as "file:line:column"; the empty key is the section."""
        return self._places

    def stands_at(self, places: Mapping[str, str]) -> None:
        """Remember that."""
        self._places.update(places)
