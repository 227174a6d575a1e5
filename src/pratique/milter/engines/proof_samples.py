"""Make the test files that engines must find: EICAR plain, in a zip, in a document.

EICAR is 68 octets that harm nobody and that each engine knows (eicar.org, "Download anti
malware testfile").  In the zip and in the document it is deflated, so that only who opens
them finds it.  The document is an OOXML one (ECMA-376, part 2) with an embedded file, as
Word writes them.  Both are written by hand, after PKWARE's APPNOTE 4.3: on this side nobody
can read a zip, and this writes no other than these.

An engine is tried with what it is shown of mail.  One that is shown messages must open them,
and what is in them.  One that is shown parts of large messages and the whole of small ones is
tried with both.  One that does not open mail is shown each member of each container by itself
(`apart`): EICAR plain is what it must find, and of the others it is told what it does.
"""

import zlib
from base64 import encodebytes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from struct import pack

from pratique.milter.engines.engine import Show

# In two halves, or this file would be taken for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# 1980-01-01 00:00, the first that there is (APPNOTE 4.4.6).
_TIME, _DATE = 0, 0x21
_DEFLATED = 8

_XML = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = b"""<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="com" ContentType="application/octet-stream"/>\
<Override PartName="/word/document.xml" ContentType=\
"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_RELATIONS = b"""<Relationships xmlns=\
"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type=\
"http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>\
</Relationships>"""
_TEXT = b"""<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">\
<w:body><w:p><w:r><w:t>Pratique tries whether an engine opens this.</w:t></w:r></w:p></w:body>\
</w:document>"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Octets that an engine is shown; `must`: that it has to find."""

    name: str
    octets: bytes
    must: bool = True


@cache
def samples(show: Show) -> tuple[Sample, ...]:
    """The test files for an engine that is shown this."""
    files = (
        ("EICAR", "eicar.com", EICAR),
        ("EICAR in a zip", "eicar.zip", zipped({"eicar.com": EICAR})),
        ("EICAR in a document", "eicar.docx", zipped(_document())),
    )
    bare = tuple(
        Sample(name, octets, must=octets == EICAR or show != "apart") for name, _, octets in files
    )
    mails = tuple(Sample(f"{name} in mail", mail(file, octets)) for name, file, octets in files)
    return {"message": mails, "parts": mails + bare, "apart": bare}[show]


def mail(file: str, octets: bytes) -> bytes:
    """A message with a file attached (RFC 2046 5.1, RFC 2183)."""
    return (
        b"Received: from localhost by localhost; Sat, 1 Jan 2000 00:00:00 +0000\r\n"
        b"Date: Sat, 1 Jan 2000 00:00:00 +0000\r\n"
        b"From: pratique@localhost\r\nTo: pratique@localhost\r\n"
        b"Subject: Pratique tries whether an engine finds this\r\n"
        b"Message-ID: <trial@localhost>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=trial\r\n\r\n"
        b"--trial\r\nContent-Type: text/plain\r\n\r\nA harmless test file is attached.\r\n"
        b"--trial\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="' + file.encode() + b'"\r\n\r\n'
        + encodebytes(octets).replace(b"\n", b"\r\n") + b"--trial--\r\n"
    )  # fmt: skip


def _document() -> dict[str, bytes]:
    """The members of a document with EICAR embedded."""
    return {
        "[Content_Types].xml": _XML + _TYPES,
        "_rels/.rels": _XML + _RELATIONS % (b"officeDocument", b"word/document.xml"),
        "word/document.xml": _XML + _TEXT,
        "word/_rels/document.xml.rels": _XML + _RELATIONS % (b"package", b"embeddings/eicar.com"),
        "word/embeddings/eicar.com": EICAR,
    }


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip file with these members, deflated."""
    local, directory = b"", b""
    for name, octets in members.items():
        squeezed = b"".join(_deflated(octets))
        # APPNOTE 4.3.7, from "version needed" (2.0) to the length of the extra field.
        known = pack(
            "<5H3I2H", 20, 0, _DEFLATED, _TIME, _DATE,
            zlib.crc32(octets), len(squeezed), len(octets), len(name), 0,
        )  # fmt: skip
        # 4.3.12: no comment, the first disk, no attributes, and where the member begins.
        directory += b"PK\1\2" + pack("<H", 20) + known + pack("<3H2I", 0, 0, 0, 0, len(local))
        directory += name.encode()
        local += b"PK\3\4" + known + name.encode() + squeezed
    count = len(members)
    # 4.3.16.
    end = pack("<4H2IH", 0, 0, count, count, len(directory), len(local), 0)
    return local + directory + b"PK\5\6" + end


def _deflated(octets: bytes) -> Iterator[bytes]:
    """RFC 1951, without a head."""
    squeezing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    yield squeezing.compress(octets)
    yield squeezing.flush()
