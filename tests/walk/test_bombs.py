"""Every bomb in a real worker: a limit stops it, the worker lives, the next mail is not late."""

import importlib.util
import os
from binascii import b2a_base64
from pathlib import Path

import pytest

from pratique.milter.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.formats import FORMATS
from pratique.scanners.wall_pb2 import Setup

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

SAMPLES = Path(__file__).parent.parent / "scanners/formats/samples"
BOMBS = [form.name for form in FORMATS if "bomb" not in form.lacks]
# What a worker may take beside what it starts with: two parts of 64 MB and what they are
# unpacked from, far below its limit.
MEMORY = 400 << 20


@pytest.fixture
async def workers():
    pool = Workers(own_nursery(Setup(confinement="full")), WorkerSettings(count=1, seconds=30.0))
    await pool.start()
    yield pool
    await pool.close()


def mail(name: str) -> bytes:
    spec = importlib.util.spec_from_file_location(f"bomb_{name}", SAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    head = b"Subject: %s\r\nContent-Type: application/octet-stream\r\n" % name.encode()
    return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + b2a_base64(module.bomb())


def said(status: Path) -> dict[str, str]:
    """What the kernel says of a process; nothing, if it has ended meanwhile."""
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def most_memory() -> int:
    """The peak of any process below this one."""
    told = {int(one["Pid"]): one for one in map(said, Path("/proc").glob("[0-9]*/status")) if one}
    ours, before = {os.getpid()}, 0
    while len(ours) > before:
        before = len(ours)
        ours |= {number for number, one in told.items() if int(one["PPid"]) in ours}
    below = ours - {os.getpid()}
    return max(int(told[number].get("VmHWM", "0 kB").split()[0]) << 10 for number in below)


async def test_every_bomb_is_stopped_and_the_worker_lives(workers, see):
    wrong = {}
    for name in BOMBS:
        found = await see(workers, mail(name))
        stopped = found.limits and any(part.unopened == "over_budget" for part in found.parts)
        memory = most_memory()
        if not stopped or found.failures or memory > MEMORY:
            wrong[name] = (list(found.limits), list(found.failures), memory >> 20)
    after = await see(workers, b"Subject: after\r\n\r\nhello\r\n")

    assert wrong == {}
    assert (after.mail.subject, list(after.failures)) == ("after", [])
