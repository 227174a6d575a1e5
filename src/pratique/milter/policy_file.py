"""Find a policy by its path or by the name of one that is shipped.

`default` is the policy that comes with Pratique; `./default` or `default.toml` is a file.
`policies/` itself touches no file, so reading is done here.
"""

from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

# A policy of this size would hold some ten thousand rules; more is no policy but a mistake.
LARGEST = 4 * 1024 * 1024


class NoPolicy(Exception):  # noqa: N818 - the admin's fault, told in words
    """There is no policy of that name, or it cannot be read; the text is for an admin."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy's text, where it came from, and the folder that its tests' messages are in."""

    name: str
    text: str
    folder: Path


def shipped() -> list[str]:
    """The names of the policies that are shipped."""
    names = [each.name for each in _shipped_folder().iterdir()]
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def find(name_or_path: str) -> PolicyFile:
    """Read a policy, or raise `NoPolicy` and say why."""
    if name_or_path in shipped():
        # Our own package is never zipped (py.typed, and mail beside it), so this is a path.
        path = Path(str(_shipped_folder() / f"{name_or_path}.toml"))
        return PolicyFile(f"{name_or_path}.toml", _read(path), path.parent)
    path = Path(name_or_path)
    try:
        return PolicyFile(str(path), _read(path), path.parent)
    except FileNotFoundError as error:
        known = ", ".join(shipped())
        text = f"no policy {name_or_path!r}: no such file, and shipped are: {known}"
        raise NoPolicy(text) from error
    except (OSError, ValueError) as error:
        raise NoPolicy(f"cannot read the policy {name_or_path!r}: {error}") from error


def _shipped_folder() -> Traversable:
    return resources.files("pratique.policies") / "shipped"


def _read(path: Path) -> str:
    with path.open("rb") as file:
        octets = file.read(LARGEST + 1)
    if len(octets) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST} octets")
    # An editor of Windows puts U+FEFF in front; TOML is UTF-8 without it.
    return octets.decode("utf-8-sig")
