"""Every bomb in a real worker: a limit stops it, the worker lives, the next mail is not late."""

import gzip
import importlib.util
import io
import lzma
import os
import struct
import time
import zipfile
from binascii import b2a_base64, crc32
from pathlib import Path
from types import ModuleType

import pytest

from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
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


def made(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bomb_{name}", SAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mail(name: str, octets: bytes) -> bytes:
    head = b"Subject: %s\r\nContent-Type: application/octet-stream\r\n" % name.encode()
    return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + b2a_base64(octets)


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
        found = await see(workers, mail(name, made(name).bomb()))
        stopped = found.limits and any(part.unopened == "over_budget" for part in found.parts)
        memory = most_memory()
        if not stopped or found.failures or memory > MEMORY:
            wrong[name] = (list(found.limits), list(found.failures), memory >> 20)
    after = await see(workers, b"Subject: after\r\n\r\nhello\r\n")

    assert wrong == {}
    assert (after.mail.subject, list(after.failures)) == ("after", [])


def zip_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return packed.getvalue()


def nested(pack, octets: bytes, levels: int) -> bytes:
    """Sixteen in each, and sixteen of these in the next: 42.zip has five levels."""
    for _ in range(levels):
        octets = pack({f"{number}.bin": octets for number in range(16)})
    return octets


def disc_in_itself() -> bytes:
    """An image with files that are the image; it unpacks to itself for ever."""
    iso = made("iso")
    size = len(iso.iso([(b"A.ISO;1", 0, 1)], bytes(4096)))
    return iso.iso([(b"%d.ISO;1" % number, 0, size) for number in range(4)], bytes(4096))


def wants_memory() -> bytes:
    """A file of xz that states a dictionary of 1 GB in its block's header."""
    block = b"\x02\x00\x21\x01\x24" + bytes(3)
    block += struct.pack("<I", crc32(block))
    return lzma.compress(b"")[:12] + block + bytes(64)


FURTHER = {
    "zip in zip": lambda: nested(zip_of, zip_of({"zeros": bytes(4 << 20)}), 5),
    "7z in 7z": lambda: nested(made("sevenzip").sevenzip, bytes(1 << 20), 4),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(bytes(200 << 20)), mtime=0),
    "a disc in itself": disc_in_itself,
    "a dictionary of 1 GB": wants_memory,
    "a list of five million files": lambda: made("sevenzip").listing(5_000_000),
    "ten thousand members": lambda: zip_of({f"{number}": b"x" for number in range(10_000)}),
}
# These hide nothing, and only cost time.
IDLE = {
    "marks of RAR": lambda: b"MZ" + b"Rar!\x1a\x07\0" * 500_000,
    "a member without an end": lambda: (
        b"070701" + b"0" * 8 + b"000041ed" + b"0" * 72 + b"-000006e" + b"0" * 8 + bytes(500)
    ),
}
# The worker's own clock is 20 seconds; a look past that is one that nobody could stop.
SECONDS = 20 + 2.0
LETTER = b"Subject: after\r\n\r\n" + b"How are you?  I am well.\r\n" * 160
# A letter takes some milliseconds; a worker that is busy or anew is late by far more.
LATE = 1.0


async def timed(see, workers, octets: bytes):
    began = time.monotonic()
    found = await see(workers, octets)
    return found, time.monotonic() - began


@pytest.mark.parametrize("name", [*FURTHER, *IDLE])
async def test_the_next_mail_is_not_late(workers, see, name):
    bomb = mail(name, {**FURTHER, **IDLE}[name]())
    _, usual = await timed(see, workers, LETTER)
    found, seconds = await timed(see, workers, bomb)
    after, late = await timed(see, workers, LETTER)

    assert list(found.failures) == []
    assert seconds < SECONDS
    assert most_memory() < MEMORY
    assert (after.mail.subject, list(after.failures)) == ("after", [])
    assert late < usual + LATE
    if name in FURTHER:
        assert found.limits
        assert "over_budget" in {part.unopened for part in found.parts}
