"""Load the scanners of a setup, one after the other, each under its own name.

Workers are forked from here, so a scanner must not leave a thread behind: in a worker that
thread would be missing.
"""

import faulthandler
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from pratique.scanners import v1
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.own.modules import Written, of_file, of_package
from pratique.scanners.own.patience import within
from pratique.scanners.own.settings import WrongSettings, settings_for, told
from pratique.scanners.own.shape import limits_of, made
from pratique.scanners.part import Unfit
from pratique.scanners.strangers import Stranger

# A large model takes seconds to read; whoever waits for the nursery waits a minute.
SECONDS = 20.0


def load(setup: wall.Setup, taken: Collection[str] = ()) -> list[Stranger]:
    """The scanners that are not ours; `taken` are the names that ours have.  Raises Unfit."""
    if setup.own_scanners:
        # One that crashes ends the nursery: then standard error has its file and line.
        faulthandler.enable()
    own: dict[str, Stranger] = {}
    threads = _threads()
    listed = {Path(wanted.path) for wanted in setup.own_scanners if wanted.path}
    for wanted in setup.own_scanners:
        try:
            for written in _written(wanted, listed):
                stranger = _stranger(written, wanted)
                if _threads() > threads:
                    raise Unfit(written.told("it starts a thread, and no worker would have it"))
                _check_name(stranger.name, written, wanted, {*taken, *own})
                own[stranger.name] = stranger
        except WrongSettings:
            raise
        except Unfit as unfit:
            raise Unfit(told(wanted, (), str(unfit))) from unfit
    return list(own.values())


def _written(wanted: wall.OwnScanner, listed: Collection[Path]) -> Iterator[Written]:
    """The classes that one section of the settings means."""
    path = Path(wanted.path)
    if wanted.distribution:
        with within(SECONDS):
            found = of_package(wanted.distribution, wanted.name)
        yield found
    elif path.is_dir():
        yield from _of_folder(path, wanted, listed)
    else:
        with within(SECONDS):
            found = of_file(path)
        yield found


def _of_folder(
    folder: Path, wanted: wall.OwnScanner, listed: Collection[Path]
) -> Iterator[Written]:
    """Every Python file of a folder but those that have a section of their own."""
    if wanted.name or wanted.settings not in {"", "{}"}:
        raise Unfit(
            f"scanner folder {folder}: a name or settings are for one scanner: name its file"
        )
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix == ".py")
    except OSError as error:
        raise Unfit(f"scanner folder {folder}: {error.strerror}") from error
    if not files:
        raise Unfit(f"scanner folder {folder}: there is no Python file in it")
    for file in files:
        if file not in listed and not file.name.startswith("_"):
            with within(SECONDS):
                found = of_file(file)
            yield found


def _stranger(written: Written, wanted: wall.OwnScanner) -> Stranger:
    """A scanner, made and set up."""
    with within(SECONDS):
        scanner = made(written)
        settings = _settings(scanner, written, wanted)
        if setup := getattr(scanner, "setup", None):
            try:
                setup(settings)
            except (Exception, SystemExit) as error:
                raise written.blame(error, "its setup fails") from error
    return Stranger(scanner.name, scanner, limits_of(scanner), written.version, written.file)


def _settings(scanner: v1.Scanner, written: Written, wanted: wall.OwnScanner) -> object:
    """What its `setup` is given; its model may fail in ways that pydantic does not foresee."""
    try:
        settings: object = settings_for(scanner, wanted)
    except Unfit:
        raise
    except (Exception, SystemExit) as error:
        raise written.blame(error, "its Settings fail") from error
    return settings


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - nothing but a count


def _check_name(
    name: str, written: Written, wanted: wall.OwnScanner, taken: Collection[str]
) -> None:
    if wanted.name and wanted.name != name:
        raise Unfit(written.told(f"it calls itself {name!r}, and the settings {wanted.name!r}"))
    if name in taken:
        raise Unfit(written.told(f"there is another scanner or reader {name!r}"))
