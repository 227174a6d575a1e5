"""Locked streams of Word, Excel and PowerPoint, locked with msoffcrypto's ciphers."""

import hashlib
import io
import struct

import msoffcrypto
import pytest
from msoffcrypto.method.rc4 import DocumentRC4
from msoffcrypto.method.rc4_cryptoapi import DocumentRC4CryptoAPI
from msoffcrypto.method.xor_obfuscation import DocumentXOR

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office.binary import BinaryLock
from pratique.scanners.containers.office.ole import Compound
from pratique.scanners.containers.office.xor import key_of

WORD = "VelvetSweatshop"
SALT, PROOF = bytes(range(16)), bytes(range(16, 32))
MARKER = b"what the document says " * 60


def api() -> bytes:
    shown = io.BytesIO(PROOF + hashlib.sha1(PROOF).digest())
    both = DocumentRC4CryptoAPI.decrypt(WORD, SALT, 128, shown).read()
    head = struct.pack("<8I", 4, 0, 0x6801, 0x8004, 128, 1, 0, 0)
    proof = struct.pack("<I", 16) + SALT + both[:16] + struct.pack("<I", 20) + both[16:]
    return struct.pack("<HHII", 2, 2, 4, len(head)) + head + proof


def old() -> bytes:
    both = DocumentRC4.decrypt(WORD, SALT, io.BytesIO(PROOF + hashlib.md5(PROOF).digest()))
    return b"\1\0\1\0" + SALT + both.read()


def rc4(octets: bytes, size: int) -> bytes:
    return bytes(DocumentRC4.decrypt(WORD, SALT, io.BytesIO(octets), blocksize=size).read())


def rc4_api(octets: bytes, size: int, block: int = 0) -> bytes:
    file = io.BytesIO(octets)
    return bytes(
        DocumentRC4CryptoAPI.decrypt(WORD, SALT, 128, file, blocksize=size, block=block).read()
    )


def record(type_: int, octets: bytes) -> bytes:
    return struct.pack("<HH", type_, len(octets)) + octets


def workbook(pass_: bytes, hide) -> bytes:
    """Records of which all but a few are hidden, each octet by its place."""
    shown = [record(0x0809, bytes(16)), record(0x2F, pass_)]
    hidden = [record(0x85, b"\x99\x88\x77\x66" + b"Sheet1"), record(0x00FC, MARKER)]
    octets = b"".join([*shown, *hidden, record(0x0A, b"")])
    whole, at = hide(octets), sum(map(len, shown))
    first = len(hidden[0])
    done = octets[:at] + octets[at : at + 8] + whole[at + 8 : at + first]
    at += first
    return done + octets[at : at + 4] + whole[at + 4 : at + len(hidden[1])] + octets[-4:]


def turned(octets: bytes) -> bytes:
    """Method 1: where a record's octets begin, and their number, say where the key begins."""
    done, at, key = bytearray(octets), 0, key_of(WORD)
    while at < len(octets):
        _, size = struct.unpack_from("<HH", octets, at)
        for place in range(at + 4, at + 4 + size):
            octet = octets[place]
            octet = (octet << 5 | octet >> 3) & 255
            done[place] = octet ^ key[(place + size) % 16]
        at += 4 + size
    return bytes(done)


def excel(sample, pass_, hide, name="Workbook") -> bytes:
    stream = workbook(pass_, hide).ljust(5000, b"\0")
    return sample("_compound").compound({name: stream, "other": b"abc"})


EXCELS = {
    "old": (b"\1\0" + old(), lambda octets: rc4(octets, 1024)),
    "newer": (b"\1\0" + api(), lambda octets: rc4_api(octets, 1024)),
    "turned": (
        b"\0\0" + struct.pack("<HH", DocumentXOR.create_xor_key_method1(WORD), 0x9A0A), turned,
    ),
}  # fmt: skip


def opened(octets: bytes, budget, word: str = WORD) -> bytes:
    lock = BinaryLock(Compound(memoryview(octets), budget), memoryview(octets), budget)
    assert lock.locked
    assert lock.open("wrong") is None
    key = lock.open(word)
    assert key is not None
    return lock.plain(key)


def stream(octets: bytes, name: str, budget) -> bytes:
    compound = Compound(memoryview(octets), budget)
    entry = compound.below(0, name)
    assert entry is not None
    return bytes(compound.read(entry)[0])


@pytest.mark.parametrize("way", EXCELS)
def test_a_workbook_is_opened_in_each_way(way, sample, budget):
    octets = excel(sample, *EXCELS[way])
    plain = opened(octets, budget)

    assert MARKER in stream(plain, "Workbook", budget)
    assert b"\x99\x88\x77\x66Sheet1" in stream(plain, "Workbook", budget)
    assert MARKER not in stream(octets, "Workbook", budget)
    assert not BinaryLock(Compound(memoryview(plain), budget), memoryview(plain), budget).locked
    assert stream(plain, "other", budget) == b"abc"


@pytest.mark.parametrize("way", ["old", "newer"])
def test_another_reader_opens_the_same_workbook(way, sample, budget):
    octets, space = excel(sample, *EXCELS[way]), io.BytesIO()
    other = msoffcrypto.OfficeFile(io.BytesIO(octets))
    other.load_key(password=WORD)
    other.decrypt(space)

    assert stream(space.getvalue(), "Workbook", budget) == stream(
        opened(octets, budget), "Workbook", budget
    )


def word_document(sample, information: bytes, hide) -> bytes:
    fib = bytearray(80)
    fib[0:2], fib[10:12], fib[14:18] = b"\xec\xa5", b"\0\3", struct.pack("<I", len(information))
    document = (bytes(fib) + MARKER).ljust(5000, b"\0")
    hidden = hide(document, 512)
    table = hide((bytes(200) + MARKER).ljust(5000, b"\0"), 512)
    return sample("_compound").compound({
        "WordDocument": document[:68] + hidden[68:],
        "1Table": information + table[len(information) :],
        "Data": hide(MARKER, 512),
    })  # fmt: skip


@pytest.mark.parametrize(("information", "hide"), [(old(), rc4), (api(), rc4_api)])
def test_a_word_document_is_opened_with_its_table_and_its_pictures(
    information, hide, sample, budget
):
    octets = word_document(sample, information, hide)
    plain = opened(octets, budget)

    assert all(MARKER in stream(plain, name, budget) for name in ("WordDocument", "1Table", "Data"))
    assert not BinaryLock(Compound(memoryview(plain), budget), memoryview(plain), budget).locked


def test_octets_that_word_turns_are_damage(sample, budget):
    head = b"\xec\xa5" + bytes(8)
    octets = word_document(sample, old(), rc4).replace(head + b"\0\3", head + b"\0\x83")
    with pytest.raises(Damaged):
        BinaryLock(Compound(memoryview(octets), budget), memoryview(octets), budget)


def slides(sample) -> bytes:
    """An object, the lock, the directory, the edit; the first alone is hidden."""
    inside = struct.pack("<HHI", 0, 0x0FA8, len(MARKER)) + MARKER
    hidden = rc4_api(inside, 1 << 20, 1)
    lock = struct.pack("<HHI", 0xF, 0x2F14, len(api())) + api()
    places = (0, len(hidden))
    directory_at = len(hidden) + len(lock)
    directory = struct.pack("<HHIIII", 0, 0x1772, 12, 1 | 2 << 20, *places)
    edit = struct.pack("<HHI", 0, 0x0FF5, 0x20) + struct.pack(
        "<IIIIIIII", 0, 0, 0, directory_at, 1, 3, 0, 2
    )
    document = hidden + lock + directory + edit
    user = struct.pack("<HHIII", 0, 0x0FF6, 20, 20, 0xF3D1C4DF)
    user += struct.pack("<I", directory_at + len(directory)) + bytes(8)
    return sample("_compound").compound(
        {"Current User": user, "PowerPoint Document": document.ljust(5000, b"\0")}
    )


def test_slides_are_opened_object_by_object(sample, budget):
    octets = slides(sample)
    plain = opened(octets, budget)

    assert MARKER in stream(plain, "PowerPoint Document", budget)
    assert not BinaryLock(Compound(memoryview(plain), budget), memoryview(plain), budget).locked


@pytest.mark.parametrize(
    "streams",
    [{}, {"WordDocument": b""}, {"WordDocument": bytes(200)}, {"Workbook": b"\x09\x08"},
     {"Workbook": record(0x0809, bytes(16)) + record(0x0A, b"")},
     {"PowerPoint Document": bytes(100), "Current User": bytes(40)}],
)  # fmt: skip
def test_what_is_not_locked_is_not(streams, sample, budget):
    octets = memoryview(sample("_compound").compound(streams))

    assert not BinaryLock(Compound(octets, budget), octets, budget).locked


def test_edits_that_lead_into_themselves_end(sample, budget):
    edit = struct.pack("<HHI", 0, 0x0FF5, 0x1C) + struct.pack("<IIIIIII", 0, 0, 8, 0, 1, 3, 0)
    user = bytes(16) + struct.pack("<I", 8)
    octets = memoryview(sample("_compound").compound(
        {"Current User": user, "PowerPoint Document": bytes(8) + edit}))  # fmt: skip

    assert not BinaryLock(Compound(octets, budget), octets, budget).locked
