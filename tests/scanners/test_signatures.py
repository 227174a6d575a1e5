"""What octets are, where it is certain, and silence where it is not."""

import gzip
import io
import random
import tarfile
import zipfile

import pytest

from pratique.scanners import kinds
from pratique.scanners.signatures import detect

PE = "application/vnd.microsoft.portable-executable"


def at(offset: int, signature: bytes, size: int = 600) -> bytes:
    return (bytes(offset) + signature).ljust(size, b"\0")


def pe(offset: int = 128) -> bytes:
    head = bytearray(b"MZ".ljust(60, b"\0") + offset.to_bytes(4, "little"))
    return bytes(head.ljust(offset, b"\0")) + b"PE\0\0" + bytes(200)


def mz(last_page: int = 100, pages: int = 2, paragraphs: int = 4, size: int = 700) -> bytes:
    numbers = last_page, pages, 0, paragraphs
    return (b"MZ" + b"".join(n.to_bytes(2, "little") for n in numbers)).ljust(size, b"\1")


def ole(*streams: str, root: bytes = b"") -> bytes:
    head = bytearray(bytes.fromhex("d0cf11e0a1b11ae1").ljust(512, b"\0"))
    head[30] = 9
    return (
        bytes(head)
        + bytes(80)
        + root.ljust(48, b"\0")
        + b"".join(stream.encode("utf-16-le") + bytes(32) for stream in streams)
    )


def iso() -> bytes:
    return at(0x8001, b"CD001", 40_000)


def v7_tar(name: str = "a") -> bytes:
    space = io.BytesIO()
    with tarfile.open(fileobj=space, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(name))
    block = bytearray(space.getvalue())
    block[257:345] = bytes(88)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def zipped(name: str) -> bytes:
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        archive.writestr(name, b"x")
    return space.getvalue()


DISK = "application/x-apple-diskimage"
CMS = bytes.fromhex("06092a864886f70d0107")
DETACHED = bytes.fromhex(
    "302306092a864886f70d010702a01630140201013100300b06092a864886f70d0107013100"
)
OPAQUE = bytes.fromhex(
    "302806092a864886f70d010702a01b30190201013100301006092a864886f70d010701a0030401613100"
)


@pytest.mark.parametrize(
    ("octets", "type_"),
    [
        (pe(), PE),
        (pe(1000), PE),
        (mz(), "application/x-dosexec"),
        (b"\x7fELF" + bytes(60), "application/x-elf"),
        (bytes.fromhex("cafebabe00000034"), "application/java-vm"),
        (bytes.fromhex("cafebabe00000002"), "application/x-mach-binary"),
        (bytes.fromhex("cffaedfe07000001"), "application/x-mach-binary"),
        (b"dex\n035\0", "application/vnd.android.dex"),
        (b"\0asm\1\0\0\0", "application/wasm"),
        (bytes.fromhex("4c0000000114020000000000c000000000000046"), "application/x-ms-shortcut"),
        (b"ITSF\3\0\0\0", "application/vnd.ms-htmlhelp"),
        (bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3"), "application/onenote"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "application/x-7z-compressed"),
        (b"Rar!\x1a\7\0", "application/vnd.rar"),
        (b"Rar!\x1a\7\1\0", "application/vnd.rar"),
        (gzip.compress(b"", mtime=0), "application/gzip"),
        (b"BZh91AY&SYxxxx", "application/x-bzip2"),
        (b"\xfd7zXZ\0", "application/x-xz"),
        (b"\x28\xb5\x2f\xfd", "application/zstd"),
        (b"\x5d\0\0\x80\0" + b"\xff" * 8 + b"x", "application/x-lzma"),
        (b"\x20\x30-lh5-xxxx", "application/x-lha"),
        (b"\x60\xea\x2c\0", "application/x-arj"),
        (at(7, b"**ACE**"), "application/x-ace"),
        (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
        (at(257, b"ustar"), "application/x-tar"),
        (v7_tar(), "application/x-tar"),
        (v7_tar("GIF89a"), "application/x-tar"),
        (v7_tar("%PDF-1.4"), "application/x-tar"),
        (v7_tar("{\\rtf1"), "application/x-tar"),
        (v7_tar("\x7fELF"), "application/x-elf"),
        (b"GIF89a" + iso()[6:], "application/x-iso9660-image"),
        (b"GIF89a" + bytes(1018) + b"conectix".ljust(512, b"\0"), "application/x-vhd"),
        (b"%PDF-1.4" + bytes(1016) + b"koly\0\0\0\4".ljust(512, b"\0"), DISK),
        (b"070701" + b"0" * 104, "application/x-cpio"),
        (zipped("a"), "application/zip"),
        (b"some prefix" * 50 + zipped("a"), "application/zip"),
        (iso(), "application/x-iso9660-image"),
        (bytes(1024) + b"conectix".ljust(512, b"\0"), "application/x-vhd"),
        (b"vhdxfile", "application/x-vhdx"),
        (b"QFI\xfb\0\0\0\3", "application/x-qemu-disk"),
        (at(64, b"\x7f\x10\xda\xbe"), "application/x-virtualbox-vdi"),
        (b"\x45\x3d\xcd\x28" + bytes(60), "application/x-cramfs-image"),
        (b"KDMV\1\0\0\0", "application/x-vmdk"),
        (bytes(1024) + b"koly\0\0\0\4".ljust(512, b"\0"), "application/x-apple-diskimage"),
        (ole("WordDocument"), "application/msword"),
        (ole("Workbook"), "application/vnd.ms-excel"),
        (ole("EncryptedPackage"), "application/x-ole-encrypted"),
        (ole("EncryptedPackage", "__properties_version1"), "application/vnd.ms-outlook"),
        (ole("x"), "application/x-ole-storage"),
        (
            ole("x", root=bytes.fromhex("84100c0000000000c000000000000046")),
            "application/x-msi",
        ),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "application/x-ole-storage"),
        (b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
        (b"{\\rt", "text/rtf"),
        (b"{\\rtf1", "text/rtf"),
        (b"%PDF-1.4", "application/pdf"),
        (b"x" * 1019 + b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"BM" + bytes(12) + b"\x28\0\0\0", "image/bmp"),
        (b"RIFFxxxxWEBP", "image/webp"),
        (b"RIFFxxxxWAVE", "audio/x-wav"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"OggS\0", "audio/ogg"),
        (b"\x30\x82\4\0" + CMS + b"\3" + bytes(50), "application/pkcs7-mime"),
        (b"\x30\x80" + CMS + b"\3" + bytes(50), "application/pkcs7-mime"),
        (DETACHED, "application/pkcs7-signature"),
        (OPAQUE, "application/cms"),
        (OPAQUE[:-5], "application/cms"),
        (b"\x30\x80" + CMS + b"\5" + bytes(50), "application/cms"),
        (b"-----BEGIN PKCS7-----\r\nMIIB\r\n", "application/cms"),
        (b"see -----BEGIN PKCS7-----\r\nMIIB\r\n", ""),
        (b"\0\5\x16\7\0\2\0\0", "application/applefile"),
        (b"From a\nSubject: b\n\n\nFrom c\nSubject: d\n\n", "application/mbox"),
        (b"From a\nSubject: b\n\nFrom here\n", ""),
        (b"*mbx*\r\n", "application/mbox"),
        (b"12\nSubject: a\nTo: b@c\n\n", "application/x-emlx"),
        (b"12\n13\n", ""),
        (b"BEGIN:VCALENDAR\r\n", "text/calendar"),
        (b"begin:vcard\nVERSION:4.0\n", "text/vcard"),
        (b"BEGIN:VCARDS\r\n", ""),
        (b"", "application/x-empty"),
        (b"<html>", "text/html"),
    ],
)
def test_a_type_is_told(octets, type_):
    assert detect(memoryview(octets)) == type_


@pytest.mark.parametrize(
    "octets",
    [
        b"Dear friends, plain text.",
        b"MZ",
        b"MZ is what a program begins with.",
        mz(last_page=513),
        mz(pages=0),
        mz(paragraphs=1),
        mz(paragraphs=0xFFFF),
        b"MZ" + b"\xff" * 100,
        b"BM is short for benchmark",
        b"BZh is how bzip2 begins",
        b"PDF is a format",
        b"x" * 1020 + b"%PDF-",
        b"070701 is a number that I remember",
        b"ID3 tags are in the file",
        b"\x60\xea",
        b"\x1f\x8b",
        b"\x30\x82\4\0" + bytes(50),
        b"\0" * 600,
        b" 1234567" * 64,
        b"\0\0\1\0",
    ],
)
def test_what_is_not_certain_is_not_told(octets):
    assert detect(memoryview(octets)) == ""


def test_random_octets_that_begin_like_a_program_are_none():
    chance = random.Random(1)
    told = [detect(memoryview(b"MZ" + chance.randbytes(2000))) for _ in range(2000)]

    assert told.count("application/x-dosexec") + told.count(PE) <= 1


@pytest.mark.parametrize("make", [pe, mz, ole, iso, v7_tar, lambda: zipped("a")])
def test_no_cut_of_a_file_is_an_error(make):
    octets = make()
    for end in range(min(len(octets), 700)):
        detect(memoryview(octets)[:end])


@pytest.mark.parametrize(
    ("octets", "type_"),
    [
        (at(20, b"\xdc\xa7\xc4\xfd"), "application/x-zoo"),
        (at(7, b"**ACE**"), "application/x-ace"),
        (b"StuffIt (c)1997-2001" + bytes(99), "application/x-stuffit"),
        (b"xar!\0\x1c\0\1" + bytes(99), "application/x-xar"),
        (b"\x89LZO\0\r\n\x1a\n" + bytes(99), "application/x-lzop"),
        (at(3, b"NTFS    ", 510) + b"\x55\xaa" + bytes(9000), "application/x-ntfs-image"),
        (at(3, b"EXFAT   ", 510) + b"\x55\xaa" + bytes(9000), "application/x-exfat-image"),
        (at(0x438, b"\x53\xef", 2048), "application/x-ext-image"),
        (at(1024, b"H+\0\4", 2048), "application/x-hfs-image"),
        (b"hsqs" + bytes(99), "application/x-squashfs-image"),
        (b"QFI\xfb" + bytes(99), "application/x-qemu-disk"),
    ],
)
def test_archives_and_disks_that_only_others_open_are_told(octets, type_):
    assert detect(memoryview(octets)) == type_
    assert kinds.unopened(type_, kinds.of_type(type_))[0] == "needs_program"


@pytest.mark.parametrize(
    "octets",
    [
        b"\xc7\x71" + bytes(18) + b"\0\0" + bytes(40),
        b"\xeb\x3c\x90 a jump and then text".ljust(512),
        bytes(446) + b"\1".ljust(64, b"\1") + b"\x55\xaa" + bytes(600),
        bytes(510) + b"\x55\xaa" + bytes(600),
        b"\x50\x2a\x4d\x18\1\0\0\0a" + bytes(20),
    ],
    ids=["cpio", "jump", "entries", "no entry", "frame"],
)
def test_what_only_begins_like_them_is_nothing(octets):
    assert detect(memoryview(octets)) in {"", "text/plain"}


@pytest.mark.parametrize(("comment", "type_"), [(0xFFFF, "application/zip"), (0xFFFF + 1, "")])
def test_a_zip_behind_something_is_found_where_no_more_than_a_comment_follows(comment, type_):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", b"hello")
        archive.comment = b"c" * 0xFFFF
    octets = b"\1\2\3" * 500 + made.getvalue() + b"c" * (comment - 0xFFFF)

    assert detect(memoryview(octets)) == type_
