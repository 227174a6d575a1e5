"""Detect text that is more than text: pages, encoded scripts, shortcuts, messages.

A source file is not told by its octets: `var x = 1` stands in many an honest letter.
Only what nobody writes by accident counts, at the very beginning of the file, where
the program that opens it looks for it too.
"""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What a browser takes for the beginning of a page (WHATWG MIME Sniffing, 7.1), and SVG.
_PAGE = re.compile(
    rb"<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p"
    rb"|meta|form|img|object|base|link|span|center)[\s>/]",
    re.IGNORECASE,
)
_SVG = re.compile(rb"<(?:svg|!doctype svg)[\s>]", re.IGNORECASE)
_HTA = re.compile(rb"<hta:application[\s>/]", re.IGNORECASE)
# Eight comments and declarations stand before a page, no more are skipped.
_BEFORE = re.compile(rb"\s*(?:<!--.{0,4096}?-->|<\?.{0,512}?\?>)", re.DOTALL)
_SKIPS = 8
# Where the declarations of an XML file end; a root that comes later is not looked for.
_ROOT_WITHIN = 2048
# With what begins all that `detect` tells, after blanks; most texts begin with another.
_FIRST = frozenset(bytes([one]) for one in b"X#<[(-F*\x01Bb0123456789\xef\xbb\xbf")
_EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"
# RFC 1741, 3.
_BINHEX = b"(This file must be converted with BinHex"
_FIELD = re.compile(rb"([!-9;-~]{1,64})[ \t]*:")
# RFC 5322 3.6 and RFC 2045: fields of which a letter has two or more at its head.
_FIELDS = frozenset(
    b"bcc cc content-transfer-encoding content-type date delivered-to dkim-signature from "
    b"in-reply-to list-id message-id mime-version received references reply-to return-path "
    b"sender subject to x-mailer".split()
)
_FIELDS_WANTED = 2
# Nothing but MIME has these: one is enough.
_MIME_FIELDS = frozenset({b"content-type", b"mime-version"})
# With what a field goes on in the next line.
_FOLDED = frozenset({b" ", b"\t"})
# As much of a header as is looked at in a file that nobody calls a message.
_LINES = 1000
_HEADER_HEAD = 64 * 1024
# Enough to see that a file is not text: a binary one shows it in its first block, and mostly
# at once.
_TEXT_HEAD, _AT_ONCE = 16 * 1024, 256
# Bell, backspace, tab, line ends, form feed and escape (ISO 2022) stand in text.
_CHARACTERS = bytes([*range(7, 14), 27, *range(32, 127), *range(128, 256)])


def detect(head: bytes) -> str:
    """The media type, or nothing where the octets prove none."""
    text = _narrow(head).lstrip()
    if text[:1] not in _FIRST:
        return ""
    if text.startswith(_EICAR):
        return "text/x-eicar"
    if text.startswith((b"#@~^", b"<%#@~^")):
        return "text/x-encoded-script"
    if text[:64].lower().startswith((b"[internetshortcut]", b"[{000214a0")):
        return "application/x-mswinurl"
    if text.startswith(_BINHEX):
        return "application/mac-binhex40"
    if text.startswith(b"-----BEGIN PGP MESSAGE-----"):
        return "application/pgp-encrypted"
    return _mail_store(text) or _listing(text) or _markup(text)


def is_text(octets: memoryview, *, declared: bool) -> bool:
    """Whether these are characters; octets above 127 are if they are UTF-8, or declared."""
    head = bytes(octets[:_TEXT_HEAD])
    if head[:_AT_ONCE].translate(None, _CHARACTERS) or head.translate(None, _CHARACTERS):
        return False
    if declared or head.isascii():
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _narrow(head: bytes) -> bytes:
    """The text with one octet a character, as far as markup is concerned."""
    for mark, charset in _BOMS:
        if head.startswith(mark):
            text = head[len(mark) :]
            return text if charset == "utf-8" else _decoded(text, charset)
    return head


def _decoded(text: bytes, charset: str) -> bytes:
    return text.decode(charset, "replace").encode("ascii", "replace")


def _markup(text: bytes) -> str:
    xml = text.startswith(b"<?xml")
    body = _skip_comments(text)
    if body.startswith(b"<") and _HTA.search(text):
        return "application/hta"
    if _SVG.match(body):
        return "image/svg+xml"
    if _PAGE.match(body):
        return "text/html"
    if xml and _SVG.search(body[:_ROOT_WITHIN]):
        return "image/svg+xml"
    if xml and _PAGE.search(body[:_ROOT_WITHIN]):
        return "application/xhtml+xml"
    return "text/xml" if xml else ""


def _skip_comments(text: bytes) -> bytes:
    for _ in range(_SKIPS):
        before = _BEFORE.match(text)
        if not before:
            break
        text = text[before.end() :]
    return text.lstrip()


def is_message(octets: memoryview) -> bool:
    """Whether the octets begin like a message: header fields, several of them known."""
    head = _narrow(bytes(octets[:_HEADER_HEAD])).lstrip()
    if head.startswith((b"From ", b">From ")):
        head = head.partition(b"\n")[2]
    known, at = set(), 0
    for _ in range(_LINES):
        # The lines are not split apart beforehand: mostly the first is no field.
        if field := _FIELD.match(head, at):
            known.add(field[1].lower())
        elif head[at : at + 1] not in _FOLDED:
            break
        at = head.find(b"\n", at) + 1
        if not at:
            break
    return bool(known & _MIME_FIELDS) or len(known & _FIELDS) >= _FIELDS_WANTED


# RFC 4155: a mailbox's next message begins so, with the first field in the next line.
_NEXT = re.compile(rb"\n\r?\nFrom [^\n]{1,998}\n>?[!-9;-~]{1,64}:")
# UW IMAP's own form, and MMDF: four octets of one before and behind each message.
_OTHER_STORES = (b"*mbx*\r\n", b"\1\1\1\1\n")
# Apple Mail: the message's length stands in a line before it.
_EMLX = re.compile(rb"[0-9]{1,10}[ \t]{0,16}\r?\n")


def is_mailbox(octets: memoryview) -> bool:
    """Whether more than one message stands in the file, one behind the other."""
    head = bytes(octets[:64]).lstrip(b"\xef\xbb\xbf\r\n\t ")
    return head.startswith(b"From ") and _NEXT.search(octets) is not None


def is_emlx(octets: memoryview) -> bool:
    """Whether a length stands before what begins like a message."""
    first = _EMLX.match(bytes(octets[:64]))
    return first is not None and is_message(octets[first.end() :])


def _mail_store(text: bytes) -> str:
    if text.startswith(_OTHER_STORES) or is_mailbox(memoryview(text)):
        return "application/mbox"
    return "application/x-emlx" if is_emlx(memoryview(text)) else ""


# RFC 5545 3.4 and RFC 6350 3.3; blanks and letters of either case, as all readers take it.
_CALENDAR = re.compile(
    rb"BEGIN[ \t]{0,16}:[ \t]{0,16}V(CALENDAR|CARD)[ \t]{0,16}[\r\n]", re.IGNORECASE
)


def _listing(text: bytes) -> str:
    """Appointments and addresses: their first line says so."""
    found = _CALENDAR.match(text)
    if found is None:
        return ""
    return "text/calendar" if found[1].lower() == b"calendar" else "text/vcard"
