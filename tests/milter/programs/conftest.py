"""Give programs that do what a test says, and show what came out of a sandbox."""

import io
import os
import struct
import tarfile
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from pratique.milter.content import content_of
from pratique.milter.programs.handed import Handed
from pratique.milter.programs.programs import Programs, ProgramSettings
from pratique.milter.programs.table import PROGRAMS, Program

# A type that unar is for.
RAR = "application/vnd.rar"


@pytest.fixture
def fake(tmp_path):
    """A program that is a script of the shell: $1 is the part, $2 where to unpack, $3 a word."""

    def make(script, name="unar"):
        path = tmp_path / f"fake-{name}"
        path.write_text(f"#!/bin/sh\nshift\nfolder=$1\n{script}\n")
        path.chmod(0o755)
        return Program(name, (str(path),), name, ("into", "{folder}"), b"sample", "word")

    return make


@pytest.fixture
def started():
    """Programs that were rehearsed."""

    async def start(*programs, **settings):
        made = Programs(ProgramSettings(programs=programs or PROGRAMS, **settings))
        return made, await made.start()

    return start


@pytest.fixture
def shown(shown_tar):
    """An Unpacked, closed: what its extra says, and what its archive holds."""

    def show(unpacked):
        content, extra = unpacked.content, unpacked.extra
        octets = b"".join(content.span(0, content.size))
        content.close()
        return SimpleNamespace(
            program=extra.program,
            password=extra.password,
            unopened=extra.unopened,
            why=extra.why,
            sha256=extra.sha256,
            octets=octets,
            files=shown_tar(octets),
        )

    return show


@pytest.fixture
def unpack(shown):
    """Have octets unpacked as a part of a type; all is closed at the end."""

    async def unpack(programs, octets, type_=RAR, passwords=(), seconds=30.0):
        part = Handed(type_, "0" * 64, tuple(passwords), content_of([octets]))
        (one,) = await programs.unpack([part], 0, seconds)
        assert part.content.descriptor == -1
        return shown(one)

    return unpack


@pytest.fixture
def running():
    """Tell which processes of this host have a word among their arguments."""

    def running(word):
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if word.encode() in words:
                found.append(int(process.name))
        return found

    return running


@pytest.fixture
def left_over():
    """What a run must not leave: open descriptors, children of ours, mounts."""

    def left_over():
        children = Path("/proc/self/task")
        return (
            sorted(os.listdir("/proc/self/fd")),
            sorted(
                word
                for task in children.iterdir()
                for word in (task / "children").read_text().split()
            ),
            Path("/proc/self/mountinfo").read_text(),
        )

    return left_over


@pytest.fixture
def shown_tar():
    """The regular files of a tar archive, as far as it goes."""

    def show(octets):
        files = {}
        try:
            with tarfile.open(fileobj=io.BytesIO(octets), errorlevel=0) as archive:
                for each in archive:
                    if each.isreg():
                        files[each.name.removeprefix("./")] = archive.extractfile(each).read()
        except tarfile.ReadError:
            pass
        return files

    return show


@pytest.fixture
def made_by_hand():
    """Archives that no free program writes, one stored file each: RAR 4, RAR 5 and ARC."""
    return {"rar4": rar4, "rar5": rar5, "arc": arc}


def rar4(name, octets):
    """As the technote that comes with UnRAR says: marker, archive, file, end."""

    def block(kind, flags, fields, body=b""):
        head = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + body

    raw, size, crc = name.encode(), len(octets), zlib.crc32(octets)
    fields = struct.pack("<IIBIIBBHI", size, size, 3, crc, 0x54216000, 20, 0x30, len(raw), 0o100644)
    file = block(0x74, 0x8000, fields + raw, octets)
    return b"Rar!\x1a\x07\0" + block(0x73, 0, bytes(6)) + file + block(0x7B, 0x4000, b"")


def rar5(name, octets):
    """As rarlab.com/technote.htm says: signature, main, file, end of archive."""

    def number(value):
        written = b""
        while value > 127:
            written += bytes([value & 127 | 128])
            value >>= 7
        return written + bytes([value])

    def block(kind, fields, area=None):
        sized = number(2) + number(len(area)) if area is not None else number(0)
        head = number(kind) + sized + fields
        head = number(len(head)) + head
        return struct.pack("<I", zlib.crc32(head)) + head + (area or b"")

    raw = name.encode()
    fields = number(4) + number(len(octets)) + number(0o100644)
    fields += struct.pack("<I", zlib.crc32(octets)) + number(0) + number(1)
    file = block(2, fields + number(len(raw)) + raw, octets)
    return b"Rar!\x1a\x07\x01\0" + block(1, number(0)) + file + block(5, number(0))


def arc(name, octets):
    """System Enhancement Associates' ARC: one entry, method 2, stored."""
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    size = len(octets)
    head = struct.pack("<IHHHI", size, 0x5421, 0x6000, crc, size)
    return b"\x1a\x02" + name.encode().ljust(13, b"\0") + head + octets + b"\x1a\0"
