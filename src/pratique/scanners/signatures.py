r"""Detect what octets are, by signatures of our own: the types that mail brings.

libmagic knows a thousand types more, but misses or confuses the ones that matter here:
OneNote and VHDX are text to it, RTF that Word opens (`{\rt`) is too, a jar is a zip, a
zip behind a prefix is nothing, and any octets that begin like a jump are "DOS
executable (COM)".  So this table is asked first.

A signature speaks only when it is certain.  "MZ" alone is two letters: one random file
in 65,536 begins with them.  A PE program has its second header where the first says
(Microsoft PE format, "MS-DOS Stub"); a DOS program has a header that DOS would load:
the last page not longer than a page, at least one page, a header of at least 28 octets
that fits into the pages, and a file that holds the header.
"""

from typing import Literal

from pratique.scanners import text_signatures
from pratique.scanners.containers.cms import content as cms_content
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.macintosh import header as mac_header
from pratique.scanners.containers.zip import types as zip_types
from pratique.scanners.containers.zip.tables import END, END_SIZE, find_end
from pratique.scanners.part import as_bytes

# (offset, signature, type), the first that fits; longer before shorter.  What runs comes
# first, so that no other form's marks hide it; then what holds other files.
_Table = tuple[tuple[int, bytes, str], ...]
_PROGRAMS: _Table = (
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (0, b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (0, b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"dex\n03", "application/vnd.android.dex"),
    (0, b"\0asm\x01\0\0\0", "application/wasm"),
    (0, b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", "application/x-ms-shortcut"),
    (0, b"ITSF\x03\0\0\0", "application/vnd.ms-htmlhelp"),
    (0, b"!<arch>\ndebian-binary", "application/vnd.debian.binary-package"),
    (0, b"\xed\xab\xee\xdb", "application/x-rpm"),
)
_DISKS: _Table = (
    (0, b"conectix", "application/x-vhd"),
    (0, b"vhdxfile", "application/x-vhdx"),
    (0, b"hsqs", "application/x-squashfs-image"),
    (0, b"QFI\xfb", "application/x-qemu-disk"),
    (0, b"<<< Oracle VM VirtualBox Disk Image >>>", "application/x-virtualbox-vdi"),
    (0, b"KDMV", "application/x-vmdk"),
    (0, b"# Disk DescriptorFile", "application/x-vmdk"),
    (0, b"MSWIM\0\0\0", "application/x-wim"),
    (64, b"\x7f\x10\xda\xbe", "application/x-virtualbox-vdi"),
    (0, b"\x45\x3d\xcd\x28", "application/x-cramfs-image"),
    # ECMA-119 8.1: the first volume descriptor is in sector 16.
    (0x8001, b"CD001", "application/x-iso9660-image"),
    (0x8001, b"BEA01", "application/x-iso9660-image"),
)
_TABLE: _Table = (
    (0, b"!<arch>\n", "application/x-archive"),
    # [MS-ONESTORE] 2.3.1, guidFileType: a section, and a table of contents.
    (0, bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3"), "application/onenote"),
    (0, bytes.fromhex("a12ff043d9ef764c9ee210ea5722765f"), "application/onenote"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"RE~^", "application/vnd.rar"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"\x1f\x9d", "application/x-compress"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"\x04\x22\x4d\x18", "application/x-lz4"),
    (0, b"\x02\x21\x4c\x18", "application/x-lz4"),
    (0, b"LZIP\x01", "application/x-lzip"),
    (0, b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (7, b"**ACE**", "application/x-ace"),
    (20, b"\xdc\xa7\xc4\xfd", "application/x-zoo"),
    (0, b"StuffIt (c)1997", "application/x-stuffit"),
    (0, b"StuffIt!", "application/x-stuffit"),
    (10, b"rLau", "application/x-stuffit"),
    (0, b"xar!\0\x1c", "application/x-xar"),
    (0, b"LRZI", "application/x-lrzip"),
    (0, b"\x89LZO\0\r\n\x1a\n", "application/x-lzop"),
    (0, b"UC2\x1a", "application/x-uc2"),
    (0, b"ISc(", "application/x-installshield"),
    (0, b"SZDD\x88\xf0\x27\x33", "application/x-ms-compress"),
    (0, b"KWAJ\x88\xf0\x27\xd1", "application/x-ms-compress"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    (0, b"\0\5\x16\0", "application/applefile"),
    (0, b"\0\5\x16\7", "application/applefile"),
    (0, b"{\\rt", "text/rtf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"OggS\0", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3\x03", "audio/mpeg"),
    (0, b"ID3\x04", "audio/mpeg"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
)
# What of a table can fit, by the first octet; by none of them what begins further in.
_Index = dict[bytes, _Table]


def _indexed(table: _Table) -> _Index:
    """A hundred comparisons for each part are too many: most fail at the first octet."""
    firsts = {b"", *(signature[:1] for offset, signature, _ in table if not offset)}
    return {first: tuple(one for one in table if one[0] or one[1][:1] == first) for first in firsts}


_OF_PROGRAMS, _OF_DISKS, _OF_TABLE = map(_indexed, (_PROGRAMS, _DISKS, _TABLE))
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/x-wav", b"AVI ": "video/x-msvideo"}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_HEAD = 64 * 1024
# Adobe's readers take a PDF whose header stands within the first 1,024 octets.
_PDF_WITHIN = 1024
# [MS-CFB] 2.6.1: the directory names each stream in UTF-16.  A message comes first: what
# is attached to it lies in it as it is, its stream names too.
_OLE_STREAMS = (
    ("__properties_version1", "application/vnd.ms-outlook"),
    ("EncryptedPackage", "application/x-ole-encrypted"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("VisioDocument", "application/vnd.visio"),
)
# CLSID of the root of an installer, a transform, a patch: {000C1082..6-0000-...}.
_INSTALLER = bytes.fromhex("100c0000000000c000000000000046")


def detect(octets: memoryview) -> str:
    """The media type, or nothing where no signature is certain."""
    if not len(octets):
        return "application/x-empty"
    head = bytes(octets[:_HEAD])
    return (
        _program(head, octets)
        or _by_table(head, _OF_PROGRAMS)
        or _disk(head, octets)
        or _tar(head)
        or _by_table(head, _OF_TABLE)
        or _by_form(head, octets)
        or text_signatures.detect(head)
    )


# Forms that hold files and are told by a mark in front, whatever other marks there are.
_FRONT = 2048


def fronts(octets: memoryview) -> frozenset[str]:
    """Every type that the first octets are of, where `detect` settles for one.

    A disk's footer, a PDF's header a little way in or a tar header's sum take nothing
    away from what the first octets are to a program that looks at those alone.
    """
    head = bytes(octets[:_FRONT])
    said = (_by_table(head, _OF_PROGRAMS), _tar(head), _by_table(head, _OF_TABLE), _packed(head))
    return frozenset(said) - {""}


def _by_table(head: bytes, index: _Index) -> str:
    for offset, signature, type_ in index.get(head[:1], index[b""]):
        if head.startswith(signature, offset):
            return type_
    return ""


def _program(head: bytes, octets: memoryview) -> str:
    """Programs that take more than a fixed signature to be told."""
    if head.startswith((b"MZ", b"ZM")):
        return _mz(head, octets)
    if head.startswith(b"\xca\xfe\xba\xbe") and len(head) >= 8:
        # A fat Mach-O counts its architectures where Java has its version (JVMS 4.1):
        # the first version ever was 45, and nobody builds for 45 processors.
        java = int.from_bytes(head[6:8], "big") >= 45
        return "application/java-vm" if java else "application/x-mach-binary"
    return ""


def _mz(head: bytes, octets: memoryview) -> str:
    if len(head) < 28:
        return ""
    second = int.from_bytes(head[60:64], "little")
    if len(head) >= 64 and bytes(octets[second : second + 4]) == b"PE\0\0":
        return "application/vnd.microsoft.portable-executable"
    if len(head) >= 64 and bytes(octets[second : second + 2]) in {b"NE", b"LE", b"LX"}:
        return "application/x-dosexec"
    # Microsoft's MS-DOS Programmer's Reference, "Format of .EXE files".
    last_page, pages = (int.from_bytes(head[at : at + 2], "little") for at in (2, 4))
    header = int.from_bytes(head[8:10], "little") * 16
    image = pages * 512 - (512 - last_page if last_page else 0)
    loads = last_page <= 512 and pages >= 1 and 28 <= header <= min(image, len(octets))
    return "application/x-dosexec" if loads else ""


def _by_form(head: bytes, octets: memoryview) -> str:
    """Types that are told by more than one place."""
    if head.startswith(_OLE):
        return _ole(octets)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04")):
        return zip_types.detect(octets)
    if head.find(b"%PDF-", 0, _PDF_WITHIN) >= 0:
        return "application/pdf"
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[:1] == b"\0" and mac_header.read_header(octets):
        return "application/x-macbinary"
    return _packed(head) or _skipped(head) or _cms(head, octets) or _trailing_zip(octets)


def _ole(octets: memoryview) -> str:
    # [MS-CFB] 2.2: sector shift at 30, first sector of the directory at 48; 2.6.1: the
    # root comes first, its CLSID at 80.
    sector = 1 << min(octets[30], 16) if len(octets) >= 512 else 0
    root = (int.from_bytes(octets[48:52], "little") + 1) * sector
    if bytes(octets[root + 81 : root + 96]) == _INSTALLER:
        return "application/x-msi"
    whole = as_bytes(octets)
    told = (type_ for stream, type_ in _OLE_STREAMS if stream.encode("utf-16-le") in whole)
    return next(told, "application/x-ole-storage")


def _packed(head: bytes) -> str:
    """Archives whose signature is short: a second place has to fit as well."""
    if head.startswith(b"BZh") and head[3:4] in b"123456789" and len(head) > 9:
        if head[4:10] in {b"1AY&SY", b"\x17rE8P\x90"}:
            return "application/x-bzip2"
    elif head.startswith(b"\x60\xea") and 30 <= int.from_bytes(head[2:4], "little") <= 2600:
        return "application/x-arj"
    elif head[2:5] in {b"-lh", b"-lz"} and head[6:7] == b"-" and head[5:6].isalnum():
        return "application/x-lha"
    elif head.startswith(b"\x5d\0\0") and _is_lzma(head):
        return "application/x-lzma"
    elif head.startswith(b"BM") and head[6:10] == b"\0\0\0\0" and head[14:18][1:] == b"\0\0\0":
        return "image/bmp"
    elif head.startswith(b"\0\0\x01\0") and head[5:6] == b"\0" and len(head) > 22:
        return "image/x-icon"
    elif (head.startswith((b"070701", b"070702", b"070707")) and head[:76].isalnum()) or (
        head.startswith((b"\xc7\x71", b"\x71\xc7")) and _is_binary_cpio(head)
    ):
        return "application/x-cpio"
    return ""


def _is_binary_cpio(head: bytes) -> bool:
    """Numbers of two octets in either order: a mode (stat(2)), and a name that ends there."""
    order: Literal["little", "big"] = "little" if head[:1] == b"\xc7" else "big"
    mode, named = (int.from_bytes(head[at : at + 2], order) for at in (6, 20))
    kind = mode >> 12 in {1, 2, 4, 6, 8, 10, 12} or not mode
    return kind and 1 < named <= 1024 and head[25 + named : 26 + named] == b"\0"


def _is_lzma(head: bytes) -> bool:
    """The guess that xz makes: a usual dictionary, and a size that is unknown or true."""
    dictionary, size = (int.from_bytes(head[at:end], "little") for at, end in ((1, 5), (5, 13)))
    usual = {1 << power for power in range(12, 31)} | {3 << power for power in range(11, 30)}
    if len(head) <= 13 or dictionary not in usual:
        return False
    return size == (1 << 64) - 1 or (size < 1 << 38 and head[13] == 0)


def _skipped(head: bytes) -> str:
    """A frame that zstd and LZ4 step over (RFC 8878 3.1.2), by what follows it."""
    if head[1:4] != b"\x2a\x4d\x18" or head[:1] not in {bytes([n]) for n in range(0x50, 0x60)}:
        return ""
    rest = head[8 + int.from_bytes(head[4:8], "little") :]
    return _skipped(rest) or _by_table(rest, _OF_TABLE) if len(rest) > 8 else ""


def _tar(head: bytes) -> str:
    """By the checksum: what stands before it is a stranger's name, `GIF89a` or any other."""
    return "application/x-tar" if is_tar_header(head[:512]) else ""


def is_tar_header(block: bytes) -> bool:
    """A v7 header has no signature, only a checksum: POSIX.1-1988 10.1.1."""
    field = block[148:156].strip(b" \0") if len(block) >= 512 and block[0] else b""
    if not field or field.strip(b"01234567"):
        return False
    return int(field, 8) == sum(block) - sum(block[148:156]) + 8 * 0x20


def _disk(head: bytes, octets: memoryview) -> str:
    """Disk images; some have their signature in the last sector only."""
    if by_table := _by_table(head, _OF_DISKS):
        return by_table
    last = bytes(octets[-512:][:8])
    if last == b"koly\0\0\0\x04":
        return "application/x-apple-diskimage"
    return "application/x-vhd" if last == b"conectix" else _volume(head, octets)


# NTFS shows its own first sectors as a file, $Boot: so many octets are no disk.
_NTFS_BOOT = 8192


def _volume(head: bytes, octets: memoryview) -> str:
    """A file system or a partition table, which is what begins the octets of a bare disk."""
    if len(head) < 512:
        return ""
    # ext2 to ext4, and HFS+ in both kinds, have their first block behind the boot block.
    if head[0x438:0x43A] == b"\x53\xef" and head[0x44D:0x450] == b"\0\0\0":
        return "application/x-ext-image"
    if head[1024:1028] in {b"H+\0\4", b"HX\0\5"}:
        return "application/x-hfs-image"
    is_whole = len(octets) > _NTFS_BOOT and head[510:512] == b"\x55\xaa"
    if head[3:11] in {b"NTFS    ", b"EXFAT   "} and is_whole:
        return f"application/x-{head[3:8].decode().strip().lower()}-image"
    if _is_fat(head):
        return "application/x-fat-image"
    return "application/x-raw-disk-image" if _is_partitioned(head, octets) else ""


def _is_fat(head: bytes) -> bool:
    """A boot sector: a jump, and a table of parameters that a system would mount."""
    if not (head[0] == 0xE9 or (head[0] == 0xEB and head[2] == 0x90)):
        return False
    sector, reserved = (int.from_bytes(head[at : at + 2], "little") for at in (11, 14))
    media = head[21] == 0xF0 or head[21] >= 0xF8
    clusters = head[13] and not head[13] & (head[13] - 1)
    sized = sector in {512, 1024, 2048, 4096} and reserved > 0
    return bool(sized and clusters and head[16] in {1, 2} and media)


def _is_partitioned(head: bytes, octets: memoryview) -> bool:
    """An MBR: each entry is active or not, and one at least begins in the file."""
    if head[510:512] != b"\x55\xaa" or any(head[446 + n * 16] & 0x7F for n in range(4)):
        return False
    used = [head[at : at + 16] for at in range(446, 510, 16) if head[at + 4]]
    starts = [int.from_bytes(entry[8:12], "little") for entry in used]
    return (
        bool(used)
        and all(any(entry[12:]) for entry in used)
        and all(0 < start * 512 < len(octets) for start in starts[:1])
    )


def _trailing_zip(octets: memoryview) -> str:
    """A zip file behind octets of no known type: its directory ends with the file."""
    tail = bytes(octets[-END_SIZE - 0xFFFF :])  # what stands further in has more behind it
    found = END[2:3] in tail and tail.rfind(END) >= 0  # one octet is in no text, and found sooner
    end = find_end(octets) if found else None
    return "application/zip" if end is not None and end.closes_file else ""


# RFC 5652 4: ContentInfo begins with the object identifier of its content type.
_SIGNED = bytes.fromhex("06092a864886f70d010702")
_ENVELOPED = (
    bytes.fromhex("06092a864886f70d010703"),
    bytes.fromhex("06092a864886f70d010704"),
    bytes.fromhex("06092a864886f70d010706"),
    bytes.fromhex("060b2a864886f70d0109100117"),
)
# Data as it is, digested, authenticated, compressed.
_OPEN_CMS = (
    bytes.fromhex("06092a864886f70d010701"),
    bytes.fromhex("06092a864886f70d010705"),
    bytes.fromhex("060b2a864886f70d0109100102"),
    bytes.fromhex("060b2a864886f70d0109100109"),
)
_CMS = "application/cms"


def _cms(head: bytes, octets: memoryview) -> str:
    """Signed or enveloped data, in DER or in BER (which may leave lengths open, 0x80)."""
    inside = _inside(head, 0, 0x30)
    if head.startswith(_ENVELOPED, inside):
        return "application/pkcs7-mime"
    if inside and head.startswith(_SIGNED, inside):
        return _CMS if _holds_content(octets) else _DETACHED
    if (inside and head.startswith(_OPEN_CMS, inside)) or cms_content.is_armoured(head):
        return _CMS
    return ""


_DETACHED = "application/pkcs7-signature"


def _holds_content(octets: memoryview) -> bool:
    """Whether SignedData (RFC 5652 5.1) brings what it signs with it (5.2, eContent)."""
    try:
        return cms_content.read_content(octets).within is not None
    except Damaged:
        return True


def _inside(head: bytes, at: int, tag: int) -> int:
    """Where the content of the element at that place begins; 0 if it is another."""
    if head[at : at + 1] != bytes([tag]) or len(head) < at + 2:
        return 0
    return at + 2 + (head[at + 1] & 0x7F if head[at + 1] & 0x80 else 0)
