"""Be what every section of the configuration is: frozen, strict, and without unknown keys."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of the configuration file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
