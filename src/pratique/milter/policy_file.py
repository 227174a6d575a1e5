"""Find a policy by its path or by the name of one that is shipped.

`default` is the policy that comes with Pratique; `./default` or `default.toml` is a file.
`policies/` itself touches no file, so reading is done here.
"""

import os
import stat
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pratique.policies.written.beside import MOST_INCLUDED, Beside, names_in

# All files of lists together: a million addresses have some 30 MB, and each process that
# decides holds them as long as it serves.
LARGEST_LIST = 48 * 1024 * 1024
# A policy of this size would hold some ten thousand rules; more is no policy but a mistake.
LARGEST = 4 * 1024 * 1024


class NoPolicy(Exception):
    """There is no policy of that name, or it cannot be read; the text is for an admin."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy's text, where it came from, and the folder that its tests' messages are in."""

    name: str
    text: str
    folder: Path
    # What it names; relative paths are of that folder, whoever names them.
    beside: Beside = field(default_factory=Beside)


def shipped() -> list[str]:
    """The names of the policies that are shipped."""
    names = [each.name for each in _shipped_folder().iterdir()]
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def find(name_or_path: str) -> PolicyFile:
    """Read a policy, or raise `NoPolicy` and say why."""
    if name_or_path in shipped():
        # Our own package is never zipped (py.typed, and mail beside it), so this is a path.
        path = Path(str(_shipped_folder() / f"{name_or_path}.toml"))
        return _with_beside(f"{name_or_path}.toml", _read(path), path.parent)
    path = Path(name_or_path)
    try:
        return _with_beside(str(path), _read(path), path.parent)
    except FileNotFoundError as error:
        known = ", ".join(shipped())
        text = f"no policy {name_or_path!r}: no such file, and shipped are: {known}"
        raise NoPolicy(text) from error
    except (OSError, ValueError) as error:
        raise NoPolicy(f"cannot read the policy {name_or_path!r}: {error}") from error


def folder_of(found: PolicyFile, file: str) -> Path:
    """The folder that the messages are in which tests in `file` name.

    `file` is the policy itself ("" or its name), or one that it includes, as it is named there.
    """
    return found.folder if file in ("", found.name) else _path_of(file, found.folder).parent


def _with_beside(name: str, text: str, folder: Path) -> PolicyFile:
    """The policy with all that it names, and what those name that it includes."""
    policies: dict[str, str] = {}
    lists: dict[str, str] = {}
    missing: dict[str, str] = {}
    waiting = [text]
    left = LARGEST_LIST
    while waiting:
        names = names_in(waiting.pop())
        for each in names.lists:
            left -= _add(lists, missing, each, folder / each, left)
        for each in names.policies:
            if each in policies:
                continue
            if len(policies) == MOST_INCLUDED:
                missing[each] = f"a policy includes at most {MOST_INCLUDED} others"
                continue
            _add(policies, missing, each, _path_of(each, folder), LARGEST)
            waiting += [policies[each]] if each in policies else []
    return PolicyFile(name, text, folder, Beside(policies, lists, missing))


def _path_of(policy: str, folder: Path) -> Path:
    if policy in shipped():
        return Path(str(_shipped_folder() / f"{policy}.toml"))
    return folder / policy


def _add(
    texts: dict[str, str], missing: dict[str, str], name: str, path: Path, largest: int
) -> int:
    """Read a file that a policy names, or say why not; how many octets it has."""
    if name in texts or name in missing:
        return 0
    try:
        octets = _octets(path, largest)
        texts[name] = _decoded(octets)
    except (OSError, ValueError) as error:
        missing[name] = f"{path}: {getattr(error, 'strerror', None) or error}"
        return 0
    return len(octets)


def _shipped_folder() -> Traversable:
    return resources.files("pratique.policies") / "shipped"


def _read(path: Path, largest: int = LARGEST) -> str:
    return _decoded(_octets(path, largest))


def _octets(path: Path, largest: int) -> bytes:
    with open(path, "rb", opener=_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no file, but something else of that name")
        octets = file.read(largest + 1)
    if len(octets) > largest:
        whole = "" if largest == LARGEST else f" (all lists together: {LARGEST_LIST})"
        raise ValueError(f"it is larger than {largest} octets{whole}")
    return octets


def _at_once(path: str, flags: int) -> int:
    """A pipe that nobody writes to would be waited for as long as it lasts."""
    return os.open(path, flags | os.O_NONBLOCK)


def _decoded(octets: bytes) -> str:
    try:
        # An editor of Windows puts U+FEFF in front; TOML is UTF-8 without it.
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        octet = f"0x{octets[error.start]:02x}"
        raise ValueError(f"it is not UTF-8: line {line} has the octet {octet}") from error
