"""Read which families an admin names: this side hears names of engines.

The nursery reads the same file for the names of rules, and refuses it in the same words.
"""

from pratique.milter.config_problems import ConfigError, ConfigProblem
from pratique.milter.sections.families import FamiliesSection
from pratique.scanners.families.known import SHIPPED, Families, WrongFamilies


def families_of(section: FamiliesSection) -> Families:
    """What names mean.  Raises ConfigError."""
    if section.file is None:
        return SHIPPED
    try:
        return Families.read(section.file.read_text("utf-8"), str(section.file))
    except (OSError, UnicodeDecodeError, WrongFamilies) as error:
        told = str(error) if isinstance(error, WrongFamilies) else f"{section.file}: {error}"
        raise ConfigError([ConfigProblem("families", 0, 0, told)]) from error
