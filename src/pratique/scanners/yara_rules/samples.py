"""Have octets at hand that no rule may find, and those that one must.

A rule that finds one of the harmless here finds it in all mail: an empty part, a line of
text, a page, a picture.  They are few and small; a set of rules is tried on them in
milliseconds, each time it is loaded.
"""

import zlib
from binascii import b2a_base64

# The test file of eicar.org in two halves, or this file would be taken for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# The rule of ours that finds it.
EICAR_RULE = "EICAR_test_file"

_TEXT = (
    b"Dear Ann,\r\n\r\nthank you for the minutes of Monday. Could you send the invoice for the\r\n"
    b"two chairs again? The address is https://www.example.org/orders?id=17, as before.\r\n\r\n"
    b"Kind regards\r\nBob\r\n-- \r\nBob Miller, Example Ltd, +1 555 0100, bob@example.org\r\n"
)
_PAGE = (
    b'<!DOCTYPE html>\r\n<html><head><meta charset="utf-8"><title>News</title><style>p { color:'
    b' #333 }</style></head>\r\n<body><table width="600"><tr><td><img src="https://www.example.org'
    b'/logo.png" alt="Example"></td></tr></table>\r\n<p>Our shop is open again. <a href="https://'
    b'www.example.org/news">Read more</a>, or <a href="https://www.example.org/off">no more</a>'
    b"</p></body></html>\r\n"
)


def _chunk(kind: bytes, octets: bytes) -> bytes:
    """One chunk of a PNG (RFC 2083, 3.2)."""
    checked = kind + octets
    return len(octets).to_bytes(4) + checked + zlib.crc32(checked).to_bytes(4)


_PICTURE = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", bytes.fromhex("00000001000000010800000000"))
    + _chunk(b"IDAT", zlib.compress(b"\0\x7f"))
    + _chunk(b"IEND", b"")
)
_DATES = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Mail//EN\r\nBEGIN:VEVENT\r\n"
    b"UID:1@example.org\r\nDTSTAMP:20261122T090000Z\r\nDTSTART:20261123T100000Z\r\n"
    b"SUMMARY:Minutes\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_HEADER = (
    b"Received: from mail.example.org (mail.example.org [192.0.2.1])\r\n"
    b"\tby mx.example.net with ESMTPS id 1; Sun, 22 Nov 2026 10:00:00 +0100\r\n"
    b"From: Bob Miller <bob@example.org>\r\nTo: ann@example.net\r\nSubject: Re: minutes\r\n"
    b"Date: Sun, 22 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@example.org>\r\n"
    b"MIME-Version: 1.0\r\n"
)
_MIXED = (
    _HEADER
    + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    + _TEXT
    + b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    + _PAGE
    + b"--b\r\nContent-Type: image/png; name=logo.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + b2a_base64(_PICTURE)
    + b"--b--\r\n"
)

HARMLESS: dict[str, bytes] = {
    # What YARA is never asked about; but a rule that finds nothing at all finds all.
    "an empty part": b"",
    "a line of text": b"hello\r\n",
    "a text": _TEXT,
    "a page": _PAGE,
    "a picture": _PICTURE,
    "an invitation": _DATES,
    "a text mail": _HEADER + b"Content-Type: text/plain\r\n\r\n" + _TEXT,
    "a mail with a picture": _MIXED,
}
