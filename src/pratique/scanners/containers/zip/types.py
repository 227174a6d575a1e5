"""Tell what a zip file is by the names of its members: a document, a program, an archive.

OOXML (ECMA-376 part 2) always has `[Content_Types].xml`; ODF and EPUB begin with a
stored member `mimetype` (ODF 1.3 part 2, 3.3); a jar has a manifest and classes; an
Android package has compiled code and its own manifest.
"""

from pratique.scanners.containers.zip.tables import HEADER_SIZE, header_name, names

# Names that tell are among the first; a directory of thousands is not read to the end.
_NAMES = 2000
_OFFICE = (
    (b"word/", "wordprocessingml.document"),
    (b"xl/", "spreadsheetml.sheet"),
    (b"ppt/", "presentationml.presentation"),
)
_TYPE_OCTETS = 100


def detect(octets: memoryview) -> str:
    """The media type of what begins like a zip file."""
    stated = _stated(octets)
    if stated:
        return stated
    found = names(octets, _NAMES)
    if b"[Content_Types].xml" in found:
        return _office(found)
    if b"AndroidManifest.xml" in found:
        return "application/vnd.android.package-archive"
    manifest = any(name.upper() == b"META-INF/MANIFEST.MF" for name in found)
    if manifest and any(name.endswith(b".class") for name in found):
        return "application/java-archive"
    return "application/zip"


def _stated(octets: memoryview) -> str:
    """What a first member `mimetype` says, if it is a type of ODF or EPUB."""
    if header_name(octets, 0) != b"mimetype":
        return ""
    start = HEADER_SIZE + len(b"mimetype") + int.from_bytes(octets[28:30], "little")
    content = bytes(octets[start : start + _TYPE_OCTETS]).partition(b"PK")[0].strip()
    known = content.startswith((b"application/vnd.oasis.opendocument.", b"application/epub+zip"))
    return content.decode("ascii", "replace").lower() if known and content.isascii() else ""


def _office(found: list[bytes]) -> str:
    macros = any(name.endswith(b"vbaProject.bin") for name in found)
    for folder, form in _OFFICE:
        if any(name.startswith(folder) for name in found):
            if macros:
                return "application/vnd.ms-office.macroenabled"
            return f"application/vnd.openxmlformats-officedocument.{form}"
    return "application/vnd.openxmlformats-officedocument.package"
