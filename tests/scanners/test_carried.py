"""What begins behind something else: each form found, chance and text left alone."""

import bz2
import gzip
import importlib.util
import io
import lzma
import tarfile
import zlib
from pathlib import Path

import pytest
import zstandard

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.carried import Carried
from pratique.scanners.part import Part

# Octets that are no text, and of no mark.
FILE = bytes(range(256)) * 8
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(300)


def tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        one = tarfile.TarInfo("a.exe")
        one.size = len(FILE)
        archive.addfile(one, io.BytesIO(FILE))
    return packed.getvalue()


def sample(name: str) -> bytes:
    path = Path(__file__).parent / f"formats/samples/{name}.py"
    spec = importlib.util.spec_from_file_location(f"carried_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.good(FILE)


STREAMS = {
    "gzip": gzip.compress(FILE, mtime=0),
    "bzip2": bz2.compress(FILE),
    "xz": lzma.compress(FILE),
    "zstd": zstandard.compress(FILE),
}
OTHERS = {"tar": tar(), "cpio": sample("cpio"), "disc": sample("iso")}
ALL = {**STREAMS, **OTHERS}


def part_of(octets: bytes, type_: str = "image/png", kind: str = "image") -> Part:
    return Part(facts.Part(type=type_, kind=kind), memoryview(octets))


def carried(octets: bytes, limits: Limits = Limits()) -> list[bytes]:  # noqa: B008 - frozen
    return [bytes(one.octets) for one in Carried().members(part_of(octets), Budget(limits))]


@pytest.mark.parametrize("name", ALL)
def test_what_begins_behind_a_picture_is_given(name):
    octets = PICTURE + ALL[name]

    assert Carried().recognize(part_of(octets)) == "within"
    assert ALL[name] in carried(octets)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_ends_where_it_ends(name):
    assert carried(PICTURE + STREAMS[name] + b"more of the picture") == [STREAMS[name]]


def test_a_stream_with_a_wrong_sum_is_one_all_the_same():
    octets = bytearray(STREAMS["gzip"])
    octets[-5] ^= 1

    assert carried(PICTURE + octets) == [octets]


@pytest.mark.parametrize(
    "chance",
    [
        b"\x1f\x8b\x08" + b"\xff" * 300,
        b"BZh91AY&SY" + b"\xff" * 300,
        b"\xfd7zXZ\0" + b"\xff" * 300,
        b"\x28\xb5\x2f\xfd" + b"\xff" * 300,
        b"ustar" + bytes(500),
        b"070701" + b"\xff" * 300,
        b"CD001\x01",
        gzip.compress(b"short", mtime=0)[:-9] + b"\xff" * 30,
    ],
)
def test_a_mark_by_chance_is_nothing(chance):
    assert carried(bytes(0x9000) + chance) == []


@pytest.mark.parametrize(("count", "found"), [(15, 1), (16, 0)])
def test_so_many_marks_are_tried_and_no_more(count, found):
    octets = PICTURE + (b"\x1f\x8b\x08" + b"\xff" * 40) * count + STREAMS["gzip"]

    assert len(carried(octets)) == found


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("text/plain", "text"), ("application/zip", "archive"), ("application/gzip", "archive")],
)
def test_texts_and_archives_carry_nothing(type_, kind):
    assert Carried().recognize(part_of(PICTURE + STREAMS["xz"], type_, kind)) == ""


def test_what_a_part_begins_with_its_own_reader_opens():
    assert Carried().recognize(part_of(STREAMS["xz"])) == ""
    assert carried(STREAMS["xz"] + PICTURE) == []


def test_a_bomb_is_stopped_while_it_is_tried():
    bomb = zlib.compressobj(wbits=31)
    octets = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(3)) + bomb.flush()
    with pytest.raises(OverBudget) as over:
        carried(PICTURE + octets, Limits(octets=2 << 20))
    assert over.value.class_ == "octets"
