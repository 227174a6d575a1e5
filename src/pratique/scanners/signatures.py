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

from pratique.scanners import text_signatures, zip_types
from pratique.scanners.zip_tables import find_end

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
    (0, b"KDMV", "application/x-vmdk"),
    (0, b"# Disk DescriptorFile", "application/x-vmdk"),
    (0, b"MSWIM\0\0\0", "application/x-wim"),
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
    (0, b"LZIP\x01", "application/x-lzip"),
    (0, b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (7, b"**ACE**", "application/x-ace"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
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
        or _by_table(head, _PROGRAMS)
        or _disk(head, octets)
        or _tar(head)
        or _by_table(head, _TABLE)
        or _by_form(head, octets)
        or text_signatures.detect(head)
    )


def _by_table(head: bytes, table: _Table) -> str:
    for offset, signature, type_ in table:
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
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return "application/pdf"
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    return _packed(head) or _cms(head) or _trailing_zip(octets)


def _ole(octets: memoryview) -> str:
    # [MS-CFB] 2.2: sector shift at 30, first sector of the directory at 48; 2.6.1: the
    # root comes first, its CLSID at 80.
    sector = 1 << min(octets[30], 16) if len(octets) >= 512 else 0
    root = (int.from_bytes(octets[48:52], "little") + 1) * sector
    if bytes(octets[root + 81 : root + 96]) == _INSTALLER:
        return "application/x-msi"
    whole = bytes(octets)
    for stream, type_ in _OLE_STREAMS:
        if stream.encode("utf-16-le") in whole:
            return type_
    return "application/x-ole-storage"


def _packed(head: bytes) -> str:
    """Archives whose signature is short: a second place has to fit as well."""
    if head.startswith(b"BZh") and head[3:4] in b"123456789" and len(head) > 9:
        if head[4:10] in {b"1AY&SY", b"\x17rE8P\x90"}:
            return "application/x-bzip2"
    elif head.startswith(b"\x60\xea") and 30 <= int.from_bytes(head[2:4], "little") <= 2600:
        return "application/x-arj"
    elif head[2:5] in {b"-lh", b"-lz"} and head[6:7] == b"-" and head[5:6].isalnum():
        return "application/x-lha"
    elif head.startswith(b"\x5d\0\0") and head[5:13] == b"\xff" * 8 and len(head) > 13:
        return "application/x-lzma"
    elif head.startswith(b"BM") and head[6:10] == b"\0\0\0\0" and head[14:18][1:] == b"\0\0\0":
        return "image/bmp"
    elif head.startswith(b"\0\0\x01\0") and head[5:6] == b"\0" and len(head) > 22:
        return "image/x-icon"
    elif head.startswith((b"070701", b"070702", b"070707")) and head[:76].isalnum():
        return "application/x-cpio"
    return ""


def _tar(head: bytes) -> str:
    """By the checksum: what stands before it is a stranger's name, `GIF89a` or any other."""
    return "application/x-tar" if _is_tar(head[:512]) else ""


def _is_tar(block: bytes) -> bool:
    """A v7 header has no signature, only a checksum: POSIX.1-1988 10.1.1."""
    field = block[148:156].strip(b" \0")
    if len(block) < 512 or not block[0] or not field or not set(field) <= set(b"01234567"):
        return False
    return int(field, 8) == sum(block) - sum(block[148:156]) + 8 * 0x20


def _disk(head: bytes, octets: memoryview) -> str:
    """Disk images; some have their signature in the last sector only."""
    if by_table := _by_table(head, _DISKS):
        return by_table
    last = bytes(octets[-512:])
    if last.startswith(b"koly\0\0\0\x04"):
        return "application/x-apple-diskimage"
    return "application/x-vhd" if last.startswith(b"conectix") else ""


def _trailing_zip(octets: memoryview) -> str:
    """A zip file behind octets of no known type: its directory ends with the file."""
    end = find_end(octets)
    return "application/zip" if end is not None and end.closes_file else ""


# RFC 5652 4: ContentInfo begins with the object identifier of its content type.
_SIGNED = bytes.fromhex("06092a864886f70d010702")
_ENVELOPED = (bytes.fromhex("06092a864886f70d010703"), bytes.fromhex("060b2a864886f70d0109100117"))


def _cms(head: bytes) -> str:
    """Signed or enveloped data, in DER or in BER (which may leave lengths open, 0x80)."""
    inside = _inside(head, 0, 0x30)
    if head.startswith(_ENVELOPED, inside):
        return "application/pkcs7-mime"
    if inside and head.startswith(_SIGNED, inside):
        return "application/x-pkcs7-signed" if _holds_content(head, inside) else _DETACHED
    return ""


_DETACHED = "application/pkcs7-signature"


def _holds_content(head: bytes, at: int) -> bool:
    """Whether SignedData (RFC 5652 5.1) brings what it signs with it (5.2, eContent)."""
    at = _inside(head, _inside(head, at + len(_SIGNED), 0xA0), 0x30)
    at = _behind(head, _behind(head, at))  # version, digestAlgorithms
    at = _behind(head, _inside(head, at, 0x30))  # eContentType
    return head[at : at + 1] == b"\xa0"


def _inside(head: bytes, at: int, tag: int) -> int:
    """Where the content of the element at that place begins; 0 if it is another."""
    if head[at : at + 1] != bytes([tag]) or len(head) < at + 2:
        return 0
    return at + 2 + (head[at + 1] & 0x7F if head[at + 1] & 0x80 else 0)


def _behind(head: bytes, at: int) -> int:
    """Where the element after that one begins, if its length is stated."""
    if len(head) < at + 2:
        return at
    octets = head[at + 1] & 0x7F if head[at + 1] & 0x80 else 0
    length = int.from_bytes(head[at + 2 : at + 2 + octets], "big") if octets else head[at + 1]
    return at + 2 + octets + length
