"""Check clamd's socket, and compare the limits in clamd.conf with ours (docs/clamav.md).

clamd does not reveal its limits; its file does, if it is on this host, may be read, and belongs
to the clamd that we ask.
"""

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from pratique.milter.doctor import access
from pratique.milter.doctor.access import WRITE
from pratique.milter.doctor.line import Case, Line, ok, unseen, warning, wrong
from pratique.milter.sections.engines import ClamavSection, split_socket
from pratique.milter.supervisor.names import doors_of

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_YES = {"yes", "true", "1", "y"}
# clamd.conf(5), of ClamAV 1.0 and later.
_SIZES = {"MaxFileSize": "100M", "MaxScanSize": "400M"}
_STREAM = {"StreamMaxLength": "100M"}
_THREADS = 10
_MUST_STAY = ("ScanMail", "ScanArchive", "ScanPE", "ScanOLE2", "ScanPDF", "ScanHTML")


def clamd(case: Case) -> Iterator[Line]:
    """Check its socket, and its limits."""
    section = case.settings.clamav
    if section.socket is None:
        return
    where = split_socket(section.socket)
    if isinstance(where, str):
        yield from _socket(Path(where), case)
    else:
        yield ok(f"clamd is asked by TCP, at {section.socket}: octets go there in clear")
    try:
        said = read(case.clamd_conf.read_text("utf-8", "replace"))
    except OSError as error:
        yield unseen(f"the limits of clamd, in {case.clamd_conf}", str(error.strerror))
        return
    if not _is_its(said, where):
        yield unseen(
            "the limits of clamd",
            f"{case.clamd_conf} is of another clamd; --clamd-conf names its file",
        )
        return
    yield from _limits(said, section, case)


def read(text: str) -> Mapping[str, str]:
    """Read a clamd.conf; of a repeated option the last counts."""
    words = (line.split(None, 1) for line in text.splitlines() if not line.startswith("#"))
    return {pair[0]: pair[1].strip().strip('"') for pair in words if len(pair) == 2}


def octets(written: str) -> int:
    """Return a size as clamd.conf(5) writes it; 0 means no limit.  Raises ValueError."""
    found = re.fullmatch(r"(\d{1,12})([kKmMgG]?)", written)
    if found is None:
        raise ValueError(f"{written!r} is no size")
    return int(found[1]) * _UNITS[found[2].lower()]


def _socket(path: Path, case: Case) -> Iterator[Line]:
    try:
        mode = path.stat().st_mode
        why = access.hindrance(path, case.user, WRITE)
    except PermissionError as error:
        yield unseen(f"clamd's socket {path}", str(error.strerror))
        return
    except OSError:
        # That nothing answers there is reported for the engine.
        return
    if not stat.S_ISSOCK(mode):
        yield wrong(f"{path} is no socket", "write clamd's LocalSocket into [clamav] socket")
    elif why:
        yield wrong(
            f"the service cannot ask clamd: {why}",
            f"LocalSocketGroup and LocalSocketMode 660 in clamd.conf, and {case.user.name} in "
            "that group",
        )
    elif mode & 0o002:
        yield warning(
            f"anybody on this host who reaches {path} may tell clamd to stop (SHUTDOWN)",
            "LocalSocketMode 660 and LocalSocketGroup in clamd.conf",
        )
    else:
        yield ok(f"the service ({case.user.name}) may ask clamd at {path}")


def _is_its(said: Mapping[str, str], where: str | tuple[str, int]) -> bool:
    if isinstance(where, str):
        return said.get("LocalSocket") == where
    return said.get("TCPSocket") == str(where[1])


def _limits(said: Mapping[str, str], section: ClamavSection, case: Case) -> Iterator[Line]:
    if said.get("AlertExceedsMax", "no").lower() not in _YES:
        does = {
            "told": "each message is held",
            "measured": "large messages and those with programs are held",
            "silent": "what it leaves out passes for clean",
        }
        yield warning(
            f"clamd does not tell when it stops at a limit (AlertExceedsMax): "
            f"{does[section.limits]}",
            "AlertExceedsMax yes in clamd.conf",
        )
    streamed = section.send == "stream" or not str(section.socket).startswith("unix:")
    small = []
    for name, usual in ({**_SIZES, **_STREAM} if streamed else _SIZES).items():
        size = octets(said.get(name, usual))
        if 0 < size < case.largest:
            small.append(f"{name} {said.get(name, usual)}")
    if small:
        yield warning(
            f"clamd stops below our largest max_size, {case.largest} octets: {', '.join(small)}",
            f"{', '.join(one.split()[0] for one in small)} in clamd.conf: that much, or more",
        )
    else:
        yield ok("clamd's limits lie above our max_size")
    off = [name for name in _MUST_STAY if said.get(name, "yes").lower() not in _YES]
    if off:
        yield wrong(f"clamd leaves out what it could open: {', '.join(off)}", "yes in clamd.conf")
    threads = int(said.get("MaxThreads", _THREADS))
    asked = section.connections * len(doors_of(case.settings))
    if asked > threads:
        yield warning(
            f"we ask clamd up to {asked} questions at a time, and it has MaxThreads {threads}",
            f"connections = {max(1, threads // len(doors_of(case.settings)))} in [clamav], or "
            "more threads",
        )
