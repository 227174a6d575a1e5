"""Hold our reading of zip files against those of zipfile, libarchive, 7-Zip, and unzip.

Of a well-formed file all read the same.  Of a changed one each reads what it likes; all of
it is among what we find, or the file is flagged.
"""

import contextlib
import io
import random
import shutil
import subprocess
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.archive import Archive
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.facts_pb2 import Part as Known
from pratique.scanners.formats.zip import Zip
from pratique.scanners.part import Member, Part

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
# Where the numbers of each record stand, and how long they are (APPNOTE 4.3).
FIELDS = {
    b"PK\3\4": ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    b"PK\1\2": ((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4)),
    b"PK\5\6": ((4, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}
ENOUGH = 50, 1 << 20
few = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


class Pipe(io.RawIOBase):
    """A place to write to that knows no way back."""

    def __init__(self):
        self.octets = b""

    def writable(self):
        return True

    def write(self, octets):
        self.octets += bytes(octets)
        return len(octets)


files = some.dictionaries(
    some.text("abc", min_size=1, max_size=3).map(lambda name: f"{name}.txt"),
    some.tuples(some.binary(max_size=60) | some.just(b"text " * 40), some.sampled_from(METHODS)),
    min_size=1,
    max_size=4,
)


def written(members, *, streamed=False, wide=False, comment=b""):
    place = Pipe() if streamed else io.BytesIO()
    with zipfile.ZipFile(place, "w") as archive:
        for name, (octets, method) in members.items():
            told = zipfile.ZipInfo(name)
            told.compress_type = method
            with archive.open(told, "w", force_zip64=wide) as member:
                member.write(octets)
        archive.comment = comment
    return place.octets if streamed else place.getvalue()


def ours(octets):
    """What we find, each with its names, and whether anything is flagged."""
    part = Part(Known(type="application/zip", kind="archive"), memoryview(octets))
    if not Zip().recognize(part):
        return [], False
    found, flagged = [], False
    try:
        for one in Zip().members(part, Budget(Limits())):
            if isinstance(one, Member):
                found.append(({one.name, *one.names}, bytes(one.octets)))
            flagged = flagged or not isinstance(one, Member) or bool(one.unopened)
    except OverBudget:
        flagged = True
    return found, flagged or bool(part.known.unopened)


def by_zipfile(octets):
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        archive = zipfile.ZipFile(io.BytesIO(octets))
        for member in archive.infolist():
            with contextlib.suppress(Exception):
                yield archive.read(member)


def by_libarchive(octets, form):
    entries, most = ENOUGH
    with contextlib.suppress(Damaged), Archive(octets, form) as archive:
        for _, _ in zip(archive.entries(), range(entries), strict=False):
            with contextlib.suppress(Damaged):
                text = b""
                for piece in archive.pieces():
                    text += piece
                    if len(text) > most:
                        break
                yield text


def by_program(command, octets, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "a.zip").write_bytes(octets)
    into = folder / "out"
    into.mkdir()
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [*command, folder / "a.zip"],
            cwd=into,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
        )
    for path in into.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path.read_bytes()


def records(octets):
    """Where the records are, with their signatures."""
    return sorted(
        (at, mark) for mark in FIELDS for at in range(len(octets)) if octets.startswith(mark, at)
    )


def changed(octets, chosen):
    """One number of one record, or one record, is another."""
    places = records(octets)
    if not places or chosen.random() < 0.15:
        at = chosen.randrange(len(octets))
        return octets[:at] + chosen.choice([b"", b"PK\5\6" + bytes(18), b"junk"]) + octets[at + 1 :]
    at, mark = chosen.choice(places)
    if chosen.random() < 0.2:
        other = chosen.choice(places)[0]
        return octets[:at] + octets[other : other + 60] + octets[at:]
    place, size = chosen.choice(FIELDS[mark])
    old = int.from_bytes(octets[at + place : at + place + size], "little")
    numbers = [0, 1, old + 1, old - 1, old * 2, old ^ 1, old ^ 8, 8, len(octets), 0xFFFFFFFF, at]
    new = chosen.choice(numbers) % (1 << 8 * size)
    return octets[: at + place] + new.to_bytes(size, "little") + octets[at + place + size :]


def is_seen(text, found):
    return not text or any(text == octets for _, octets in found)


@few
@given(files, some.booleans(), some.booleans(), some.binary(max_size=30))
def test_of_a_well_formed_file_we_read_what_zipfile_reads(members, streamed, wide, comment):
    octets = written(members, streamed=streamed, wide=wide, comment=comment)
    found, flagged = ours(octets)

    assert [(names, text) for names, text in found] == [
        ({name}, text) for name, (text, _) in members.items()
    ]
    # A comment that looks like a record is one to some reader.
    assert not flagged or b"PK" in comment


@few
@given(files, some.booleans(), some.integers(0, 1 << 32), some.integers(1, 3))
def test_what_the_libraries_extract_of_a_changed_file_is_seen_or_flagged(
    members, streamed, seed, changes
):
    octets, chosen = written(members, streamed=streamed), random.Random(seed)
    for _ in range(changes):
        octets = changed(octets, chosen)
    found, flagged = ours(octets)
    others = [*by_zipfile(octets), *by_libarchive(octets, "zip")]
    others += by_libarchive(octets, "zip_streamable")

    assert flagged or all(is_seen(text, found) for text in others)


PROGRAMS = {
    "7z": ["7zz", "x", "-y", "-aou", "-px", "-bd"],
    "unzip": ["unzip", "-o", "-q", "-P", "x"],
    "unar": ["unar", "-q", "-f", "-p", "x"],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "program", [pytest.param(each, marks=pytest.mark.real(each)) for each in PROGRAMS]
)
def test_what_programs_extract_of_a_changed_file_is_seen_or_flagged(program, tmp_path):
    chosen = random.Random(program)
    for _ in range(40):
        members = {
            f"{number}.txt": (chosen.randbytes(chosen.randrange(50)), chosen.choice(METHODS))
            for number in range(chosen.randint(1, 3))
        }
        octets = changed(written(members, streamed=chosen.random() < 0.3), chosen)
        found, flagged = ours(octets)
        others = list(by_program(PROGRAMS[program], octets, tmp_path / "x"))
        if not flagged:
            assert all(is_seen(text, found) for text in others), octets.hex()


WRITERS = {
    "zip": ["zip", "-qr", "a.zip", "folder"],
    "zip, links": ["zip", "-qry", "a.zip", "folder"],
    "zip, zip64": ["zip", "-qr", "-fz", "a.zip", "folder"],
    "zip, bzip2": ["zip", "-qr", "-Z", "bzip2", "a.zip", "folder"],
    "zip, stream": ["sh", "-c", "zip -qr - folder > a.zip"],
    "zip, from a stream": ["sh", "-c", "cat folder/text | zip -q a.zip -"],
    "zip, unpacks itself": ["sh", "-c", "zip -qr b folder && cat /bin/true b.zip > a.zip"],
    **{
        f"7z, {method}": ["7zz", "a", "-tzip", f"-mm={method}", "a.zip", "folder"]
        for method in ("Copy", "Deflate", "Deflate64", "BZip2", "LZMA", "PPMd", "xz")
    },
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=pytest.mark.real(how.partition(",")[0])) for how in WRITERS]
)
def test_what_programs_write_is_read_whole_and_is_not_odd(how, tmp_path):
    command = WRITERS[how]
    text = "The quick brown fox. 請求書\n".encode() * 999
    folder = tmp_path / "folder/empty"
    folder.mkdir(parents=True)
    (tmp_path / "folder/text").write_bytes(text)
    (tmp_path / "folder/nothing").write_bytes(b"")
    (tmp_path / "folder/link").symlink_to("text")
    (tmp_path / "folder/noise").write_bytes(random.Random(1).randbytes(9999))
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    octets = Path(tmp_path / "a.zip").read_bytes()
    part = Part(Known(type="application/x-elf", kind="executable"), memoryview(octets))
    found = list(Zip().members(part, Budget(Limits())))

    assert not [one for one in found if not isinstance(one, Member)]
    assert not part.known.unopened
    assert not [one for one in found if one.unopened]
    assert "folder/text" in {one.name for one in found} or how == "zip, from a stream"
