"""Watched by strace: what we answer 250 for is on the disk, not only on its way.

A kill proves nothing here, since the page cache survives it; only the order of the
system calls tells.  A small program holds one message, or delivers one to a Maildir,
and then writes "250".  The checker demands, before that write begins: each file synced
after its last write and before the rename, the new folder synced after its last name
and before the rename, one rename, and both folders of the rename synced after it.  So
that the checker is known to see, each of these steps is also left out, or done late.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = '''
"""Argument 1: what takes the message; 2: where; 3: "", "left out" or "late"; 4: a step."""
import asyncio, os, sys
from datetime import UTC, datetime
from pathlib import Path
from pratique.milter.content import content_of
from pratique.milter.durable import Disk
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop.maildir import Maildir
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

what, root, how, step = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]

class Wrong:
    """A disk that leaves out one step, or does it late."""
    def __init__(self):
        self.seen, self.late = {"fsync": 0, "rename": 0}, []
    def do(self, name, call):
        mine = f"{name} {self.seen[name]}" == step and how
        self.seen[name] += 1
        if not mine:
            call()
        elif how == "late":
            self.late.append(call)
    def write(self, descriptor, octets):
        return os.write(descriptor, octets)
    def fsync(self, descriptor):
        own = os.dup(descriptor)
        self.do("fsync", lambda: os.fsync(own))
    def rename(self, source, target):
        self.do("rename", lambda: source.rename(target))

async def main():
    system = Wrong()
    envelope = Envelope("Q", datetime.now(UTC), "a@a.example", (), (Forward("b@b.example"),))
    outgoing = Outgoing(content_of((b"x" * 700_000,)), b"Received: here\\r\\n")
    if what == "quarantine":
        store = Quarantine(root, disk=Disk(system))
        system.seen["fsync"] = 0
        verdict = Verdict(Action.QUARANTINE, "rule", "reason")
        await store.hold(Held(outgoing, envelope, (verdict,), Facts()))
        os.write(1, b"250 2.0.0 held\\r\\n")
        store.close()
    else:
        maildir = Maildir(root, disk=Disk(system))
        maildir._make()
        system.seen["fsync"] = 0
        _, transaction = await maildir.begin(envelope)
        await transaction.recipient(envelope.recipients[0])
        reply = await transaction.send(outgoing)
        os.write(1, f"{reply}\\r\\n".encode())
        await maildir.close()
    for call in system.late:
        call()

asyncio.run(main())
'''

# The steps of each, in their order; `test_no_step_is_missing_here` counts them.
STEPS = {
    "quarantine": {
        "fsync 0": "content",
        "fsync 1": "record",
        "fsync 2": "state",
        "fsync 3": "the new folder",
        "rename 0": "tmp to held",
        "fsync 4": "held",
        "fsync 5": "tmp",
    },
    "maildir": {
        "fsync 0": "the message",
        "rename 0": "tmp to new",
        "fsync 1": "new",
        "fsync 2": "tmp",
    },
}
PUBLISHED = {"quarantine": "held", "maildir": "new"}
CALLS = "openat,mkdir,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2"

LINE = re.compile(r"(?P<thread>\d+) +(?P<name>\w+)\((?P<rest>.*)")
RESUMED = re.compile(r"(?P<thread>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
DESCRIPTOR = re.compile(r"\d+<([^<>]*)>")


@dataclass(frozen=True)
class Call:
    """One system call that did not fail, and the lines where it began and ended."""

    name: str
    begin: int
    end: int
    said: str

    @property
    def texts(self) -> list[Path]:
        return [Path(text) for text in TEXT.findall(self.said)]

    @property
    def descriptor(self) -> Path:
        found = DESCRIPTOR.match(self.said)
        assert found, self
        return Path(found[1])


def calls_in(trace: str) -> Iterator[Call]:
    """The calls, joined where strace cut them because another thread came between."""
    open_calls: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(trace.splitlines()):
        begin, name = number, ""
        if cut := RESUMED.fullmatch(line):
            begin, start = open_calls.pop(cut["thread"])
            name, said = cut["name"], start + cut["rest"]
        elif whole := LINE.fullmatch(line):
            name, said = whole["name"], whole["rest"]
            if said.endswith("<unfinished ...>"):
                open_calls[whole["thread"]] = number, said.removesuffix("<unfinished ...>")
                continue
        if name and not re.search(r"\) += -1 E", said):
            yield Call(name, begin, number, said)


def complaints(calls: list[Call], root: Path, published: str) -> Iterator[str]:
    """What is not on the disk when 250 is said."""
    (said,) = [call for call in calls if call.name == "write" and '"250 ' in call.said]
    assert said.said.startswith("1<")
    before = [call for call in calls if call.begin < said.begin]
    moves = [call for call in before if call.name.startswith("rename")]
    moves = [call for call in moves if call.texts[1].parent == root / published]
    if len(moves) != 1 or moves[0].end > said.begin:
        yield "no rename"
        return
    move, (source, target) = moves[0], moves[0].texts
    syncs = [call for call in before if call.name in ("fsync", "fdatasync")]

    def synced(path: Path, after: int, by: int) -> bool:
        return any(s.descriptor == path and after < s.begin and s.end < by for s in syncs)

    for path, changed in last_changes(before, source):
        if not synced(path, changed, move.begin):
            yield f"{path.name} is not synced between its last change and the rename"
    for folder in (target.parent, source.parent):
        if not synced(folder, move.end, said.begin):
            yield f"{folder.name} is not synced between the rename and 250"


def last_changes(calls: list[Call], source: Path) -> Iterator[tuple[Path, int]]:
    """Each file and folder at or below the source, and where it was changed last."""
    changed: dict[Path, int] = {}
    for call in calls:
        if call.name in ("write", "pwrite64"):
            changed[call.descriptor] = call.end
        elif call.name == "openat" and "O_CREAT" in call.said:
            changed[call.texts[0]] = changed[call.texts[0].parent] = call.end
        elif call.name == "mkdir":
            changed[call.texts[0]] = call.end
    found = [path for path in changed if path == source or source in path.parents]
    assert found, "nothing was written at all"
    for path in found:
        yield path, changed[path]


@pytest.fixture
def watched(tmp_path: Path) -> Callable[..., list[Call]]:
    """Run the program under strace."""

    def run(what: str, how: str = "", step: str = "") -> list[Call]:
        trace = tmp_path / "trace"
        watch = ["strace", "-f", "-y", "-s", "300", "-e", f"trace={CALLS}", "-o", trace]
        program = [sys.executable, "-c", PROGRAM, what, tmp_path / "root", how, step]
        ran = subprocess.run([*watch, *program], check=True, stdout=subprocess.PIPE, timeout=120)
        assert ran.stdout.startswith(b"250 ")
        return list(calls_in(trace.read_text()))

    return run


@pytest.mark.slow
@pytest.mark.real("strace")
@pytest.mark.parametrize("what", STEPS)
def test_what_is_answered_250_is_on_the_disk(
    watched: Callable[..., list[Call]], tmp_path: Path, what: str
) -> None:
    assert list(complaints(watched(what), tmp_path / "root", PUBLISHED[what])) == []


@pytest.mark.slow
@pytest.mark.real("strace")
@pytest.mark.parametrize("how", ["left out", "late"])
@pytest.mark.parametrize(("what", "step"), [(what, step) for what in STEPS for step in STEPS[what]])
def test_a_step_that_is_left_out_or_late_is_seen(
    watched: Callable[..., list[Call]], tmp_path: Path, what: str, step: str, how: str
) -> None:
    calls = watched(what, how, step)
    assert len(list(complaints(calls, tmp_path / "root", PUBLISHED[what]))) == 1


@pytest.mark.slow
@pytest.mark.real("strace")
@pytest.mark.parametrize("what", STEPS)
def test_no_step_is_missing_here(
    watched: Callable[..., list[Call]], tmp_path: Path, what: str
) -> None:
    root, calls = tmp_path / "root", watched(what)
    first = min(call.begin for call in calls if root / "tmp" in call_paths(call))
    (said,) = [call.begin for call in calls if call.name == "write" and '"250 ' in call.said]
    ours = [call for call in calls if first < call.begin < said and is_ours(call, root)]
    counted = [sum(call.name == name for call in ours) for name in ("fsync", "rename")]
    wanted = [sum(step.startswith(name) for step in STEPS[what]) for name in ("fsync", "rename")]
    assert counted == wanted


def call_paths(call: Call) -> set[Path]:
    """The folders above what is made."""
    made = call.name in ("openat", "mkdir") and ("O_CREAT" in call.said or call.name == "mkdir")
    return set(call.texts[0].parents) if made else set()


def is_ours(call: Call, root: Path) -> bool:
    """False for what SQLite does with the index, which nothing depends on."""
    if call.name == "rename":
        return True
    path = call.descriptor if call.name == "fsync" else None
    return path is not None and root in path.parents and not path.name.startswith("index.sqlite")


TRACE = """\
7 openat(AT_FDCWD</>, "/q/tmp/a", O_WRONLY|O_CREAT|O_EXCL, 0600) = 5</q/tmp/a>
7 write(5</q/tmp/a>, "x\\"y", 3) = 3
8 write(9</q/tmp/b>, "z", 1 <unfinished ...>
7 fsync(5</q/tmp/a> <unfinished ...>
8 <... write resumed>)             = 1
7 <... fsync resumed>)             = 0
7 rename("/q/tmp/a", "/q/new/a") = -1 ENOSPC (No space left on device)
7 +++ exited with 0 +++
"""


def test_calls_that_strace_cut_are_joined_and_failed_ones_left_out() -> None:
    found = [(call.name, call.begin, call.end) for call in calls_in(TRACE)]
    assert found == [("openat", 0, 0), ("write", 1, 1), ("write", 2, 4), ("fsync", 3, 5)]
    assert {call.descriptor.name for call in calls_in(TRACE) if call.name != "openat"} == {"a", "b"}
