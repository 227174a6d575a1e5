"""Read files of rules, and say in words what is wrong with one.

Each file is a namespace of its own, so rules of different files may share a name.  `include`
is refused: what a file says would depend on where it is read, and what was included would
be neither listed, nor dated, nor named where it is broken.
"""

import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SUFFIXES = frozenset({".yar", ".yara"})
# Rules of such a file see the first octets of a part only.
HEAD_SUFFIXES = (".head.yar", ".head.yara")
# The largest public set in one file has 20 MB.
FILE_OCTETS = 64 * 1024 * 1024
# So many files with mistakes are told; the others have the same one.
TOLD = 20

Level = Literal["error", "warning"]


class WrongRules(ValueError):
    """Rules that cannot be used: in words, one line for each file."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file of rules; line 0 is the file as a whole."""

    file: str
    line: int
    level: Level
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


def files_in(path: Path) -> list[Path]:
    """The files of rules in a folder, in order; a file is itself.  Raises OSError."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)


def read(path: Path) -> str:
    """The text of one file.  Raises WrongRules."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            # To open a pipe would wait for a writer.
            raise WrongRules(f"{path}: it is no file")
        with path.open("rb") as file:
            octets = file.read(FILE_OCTETS + 1)
    except OSError as error:
        raise WrongRules(f"{path}: {error.strerror}") from error
    if len(octets) > FILE_OCTETS:
        raise WrongRules(f"{path}: it has more than {FILE_OCTETS} octets")
    if (at := octets.find(b"\0")) >= 0:
        # To YARA the file ends there, and what stands behind it would not be looked with.
        line = 1 + octets.count(b"\n", 0, at)
        raise WrongRules(f"{path}:{line}: it is no text (an octet is 0)")
    try:
        # Editors of Windows write a mark before the text, which YARA does not take.
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + octets.count(b"\n", 0, error.start)
        raise WrongRules(f"{path}:{line}: it is no text (UTF-8)") from error


def lines_of(text: str) -> int:
    """How many lines it has."""
    return text.rstrip("\n").count("\n") + 1


def read_all(folders: Iterable[Path]) -> dict[str, str]:
    """The text of every file in these folders, by its path.  Raises WrongRules."""
    sources: dict[str, str] = {}
    for folder in folders:
        try:
            if not folder.is_dir():
                raise NotADirectoryError("there is no such folder")
            paths = files_in(folder)
        except OSError as error:
            raise WrongRules(f"rule folder {folder}: {error.strerror or error}") from error
        for path in paths:
            try:
                sources[str(path)] = read(path)
            except WrongRules as wrong:
                raise WrongRules(f"rule file {wrong}") from wrong
    return sources


def of_path(file: str, said: str) -> Problem:
    """What `read` said of a file, as a problem."""
    found = re.fullmatch(r"(?::(\d+))?: (.*)", said.removeprefix(file), re.DOTALL)
    return (
        Problem(file, int(found[1] or 0), "error", found[2])
        if found
        else Problem(file, 0, "error", said)
    )


_SAID = re.compile(r"line (\d+): (.*)", re.DOTALL)


def of_yara(file: str, said: str, level: Level = "error", *, last: int = 0) -> Problem:
    """What YARA said of a file, with its line: it says "line 3: undefined identifier".

    Where it says "line 0", the file ends too early, at its `last` line.
    """
    found = _SAID.search(said)
    line, words = (int(found[1]) or last, found[2]) if found else (0, said)
    return Problem(file, line, level, " ".join((words + _hint(words)).split()))


# What LOKI and THOR tell the rules of signature-base about a file, and nobody else does.
_EXTERNALS = frozenset({"filename", "filepath", "extension", "filetype", "owner", "md5"})
_IDENTIFIER = re.compile(r'(?:undefined identifier|unknown module) "([^"]*)"')
_MODULES = frozenset(
    {"pe", "elf", "math", "time", "console", "string", "dotnet", "hash", "macho", "dex", "magic"}
)


def _hint(words: str) -> str:
    """What to do, where that is known."""
    if "includes are disabled" in words:
        return ": put the rules into a folder, without `include`"
    found = _IDENTIFIER.search(words)
    if not found:
        return ""
    if "module" in found[0]:
        return ": this YARA was built without it"
    if found[1] in _EXTERNALS:
        return ": an external variable that other programs define; here are none"
    return f': `import "{found[1]}"` is missing' if found[1] in _MODULES else ""
