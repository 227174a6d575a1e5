"""Run a scanner's file, or find what a package offers: a class, or what is wrong with it.

A file is read and compiled here and now.  Python's own import would take what it compiled
before, for a file of the same size and second, and leave its own files beside it.

Whoever may write the file can do what the service can.  So one that everybody may write is
refused, and one in a folder where everybody may put another in its place.
"""

import hashlib
import importlib.metadata
import stat
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from pratique.scanners import v1
from pratique.scanners.part import Unfit

_HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Written:
    """A scanner's class, where it comes from, and which version of it this is."""

    class_: type
    # For a person: "scanner file /x/y.py", "package x".
    origin: str
    file: str
    version: str

    def told(self, problem: str, line: int = 0) -> str:
        """A problem with its place."""
        return f"{self.origin}{f':{line}' if line else ''}: {problem}"

    def blame(self, error: BaseException, doing: str) -> Unfit:
        """What its code raised, and in which line."""
        return Unfit(blamed(self.origin, self.file, error, doing))


def of_file(path: Path) -> Written:
    """The one scanner of a file.  Raises Unfit."""
    origin = f"scanner file {path}"
    try:
        _check_owner(path)
        source = path.read_bytes()
    except OSError as error:
        raise Unfit(f"{origin}: {error.strerror}") from error
    version = hashlib.sha256(source).hexdigest()[:_HASH_DIGITS]
    module = ModuleType(f"pratique_own_{version}_{path.stem}")
    module.__file__ = str(path)
    # A dataclass looks for its module there.
    sys.modules[module.__name__] = module
    try:
        # The octets that were checked and hashed, and not what the file holds by now.
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except (Exception, SystemExit) as error:
        raise Unfit(blamed(origin, str(path), error, "it does not import")) from error
    return Written(_only_scanner(module, origin), origin, str(path), version)


def _only_scanner(module: ModuleType, origin: str) -> type:
    found = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__ and hasattr(one, "scan")
    ]
    scanners = [one for one in found if not one.__name__.startswith("_")]
    if len(scanners) == 1:
        return scanners[0]
    if not scanners:
        raise Unfit(f"{origin}: no scanner is in it: no class has a method `scan`")
    names = ", ".join(one.__name__ for one in scanners)
    raise Unfit(f"{origin}: {len(scanners)} scanners are in it ({names}), a file has one")


def of_package(package: str, name: str) -> Written:
    """The scanner that an installed package offers by this name.  Raises Unfit."""
    try:
        distribution = importlib.metadata.distribution(package)
    except (importlib.metadata.PackageNotFoundError, ValueError) as error:
        raise Unfit(f"no package {package!r} is installed beside Pratique") from error
    offered = distribution.entry_points.select(group=v1.GROUP)
    chosen = [point for point in offered if point.name == name]
    if not chosen:
        others = ", ".join(sorted(point.name for point in offered)) or "none"
        raise Unfit(
            f"package {package} offers no scanner {name!r} (entry points of {v1.GROUP}: {others})"
        )
    origin = f"package {package}"
    try:
        class_ = chosen[0].load()
    except (Exception, SystemExit) as error:
        raise Unfit(blamed(origin, "", error, "it does not import")) from error
    if not isinstance(class_, type):
        raise Unfit(f"{origin}: {chosen[0].value} is no class")
    file = getattr(sys.modules.get(class_.__module__), "__file__", None) or ""
    return Written(class_, origin, file, distribution.version)


def blamed(origin: str, file: str, error: BaseException, doing: str) -> str:
    """An error in words, with the line of the scanner's own code that it came from."""
    place = origin
    if isinstance(error, SyntaxError) and error.filename == file:
        place, said = f"{origin}:{error.lineno}", f"{error.msg}"
    else:
        said = str(error)
        frames = traceback.extract_tb(error.__traceback__)
        theirs = [one for one in frames if one.filename not in _NOT_THEIRS and one.lineno]
        own = [one for one in theirs if one.filename == file] or theirs
        if own:
            last = own[-1]
            place = f"{origin}:{last.lineno}" if own[-1].filename == file else place
            said = said if last.filename == file else f"{said} ({last.filename}:{last.lineno})"
    return f"{place}: {doing}: {type(error).__name__}: {said}"


_NOT_THEIRS = frozenset(
    {__file__, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>"}
)


def _check_owner(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & stat.S_IWOTH:
        raise Unfit(f"scanner file {path}: everybody may write it, and would run as the service")
    folder = stat.S_IMODE(path.parent.stat().st_mode)
    # In a folder with the sticky bit nobody takes away what is another's (unlink(2)).
    if folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        raise Unfit(f"scanner file {path}: everybody may write into its folder, and replace it")
