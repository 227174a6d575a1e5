"""Add up the memory of a process and all its descendants, each shared page once."""

import threading
from pathlib import Path
from typing import Self

STEP = 0.02  # seconds between two looks; a 25 MB message takes many times that


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of a program may hold spaces: fields count from the last bracket.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    return children


def tree(root: int) -> list[int]:
    """A process and its descendants."""
    children, found, ahead = _children(), [], [root]
    while ahead:
        found.append(ahead.pop())
        ahead += children.get(found[-1], [])
    return found


def pss(root: int) -> int:
    """Octets of memory that a process and its descendants account for (proc(5), Pss)."""
    total = 0
    for pid in tree(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(
            int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")
        )
    return total


class Peak:
    """Watch the memory of a tree of processes while a block runs."""

    def __init__(self, root: int) -> None:
        self.root, self.octets = root, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._stop.wait(STEP):
            self.octets = max(self.octets, pss(self.root))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
