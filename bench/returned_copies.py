"""Find the copy that a bounce returns of what it answers, and put fields into it.

By other means than the scanner's, which is what is measured: a copy stands where a line looks
like a Message-ID, or where eight lines in a row look like fields; in a part, quoted in a
text, or in base64.
"""

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

# A header of so many fields is as it was sent (docs/bounces.md).
FIELDS = 8
# As far as the header of one message goes.
_HEADER_LINES = 300

_QUOTED = rb"^([ \t>|]{0,16})"
_MESSAGE_ID = re.compile(
    _QUOTED + rb"Message-ID[ \t]*:[ \t]*(?:\r?\n[ \t>|]+)?(<[^<>\s]+>|[^\s<>&]+@[^\s<>&]+)[^\r\n]*",
    re.MULTILINE | re.IGNORECASE,
)
_FIELD = re.compile(_QUOTED + rb"[A-Za-z][A-Za-z0-9-]{1,60}:")
# The header of a part whose body is encoded, and that body.
_HEADER = rb"(content-transfer-encoding:[ \t]*%b[^\n]*\n(?:[^\r\n][^\n]*\n)*?\r?\n)"
_ENCODED = {
    "base64": re.compile(
        _HEADER % b"base64" + rb"((?:[A-Za-z0-9+/=]{4,80}\r?\n?)+)", re.IGNORECASE
    ),
    "quoted-printable": re.compile(
        _HEADER % b"quoted-printable" + rb"(.+?)(?=\n--[^-\s]|\Z)", re.IGNORECASE | re.DOTALL
    ),
}
_DECODED = {"base64": binascii.a2b_base64, "quoted-printable": quopri.decodestring}
_ADDRESS = re.compile(rb"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,254}")
_FAILED = re.compile(
    rb"^[ \t>|]*(?:(?:Final|Original)-Recipient|To)[ \t]*:(.*)", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A returned copy: the text that it stands in, where that lies, and its Message-ID."""

    text: bytes
    place: tuple[int, int]
    # As Content-Transfer-Encoding calls it, or empty.
    encoding: str
    # Where fields are put, and what stands before each line.
    at: int
    prefix: bytes
    message_id: bytes = b""


@dataclass(frozen=True, slots=True)
class Sample:
    """A bounce, the copy in it, and who sent the original to whom."""

    octets: bytes
    copy: Copy | None
    reverse_path: str
    recipients: list[str]


def read(octets: bytes) -> Sample:
    """What a sample is."""
    copy = returned(octets)
    return Sample(octets, copy, *_whom(octets, copy))


def returned(octets: bytes) -> Copy | None:
    """The copy that a sample returns, or None."""
    head, body = _parted(octets)
    plain = _copy_in(body, (len(head), len(octets)), "")
    spans = [one.span(2) for one in _ENCODED["quoted-printable"].finditer(octets)]
    if plain and not any(start <= len(head) + plain.at < end for start, end in spans):
        return plain
    return next(_encoded_copies(octets), plain)


def _encoded_copies(octets: bytes) -> Iterator[Copy]:
    for encoding, pattern in _ENCODED.items():
        for found in pattern.finditer(octets):
            try:
                text = _DECODED[encoding](found[2])
            except binascii.Error:
                continue
            if copy := _copy_in(text, found.span(2), encoding):
                yield copy


def original(sample: Sample) -> bytes:
    """The message that was sent, as far as its header came back."""
    copy = sample.copy
    if copy is None:
        to = ", ".join(sample.recipients[:1])
        return f"From: {sample.reverse_path}\r\nTo: {to}\r\nSubject: x\r\n\r\nx\r\n".encode()
    lines = copy.text[: copy.at].splitlines()[-_HEADER_LINES:]
    above = [line.removeprefix(copy.prefix) for line in _run(lines[::-1], copy.prefix)][::-1]
    lines = copy.text[copy.at :].splitlines()[:_HEADER_LINES]
    # Behind a Message-ID the rest of its line comes first.
    rest = lines[1:] if copy.message_id else lines
    below = [line.removeprefix(copy.prefix) for line in _run(rest, copy.prefix)]
    return b"\r\n".join([*above, *below, b"", b"hello", b""])


def _run(lines: list[bytes], prefix: bytes) -> list[bytes]:
    """The lines, up to the first that belongs to no field."""
    kept: list[bytes] = []
    for line in lines:
        plain = line.removeprefix(prefix)
        if not (_FIELD.match(line) or re.match(rb"[ \t>|]+\S", plain)):
            break
        kept.append(line)
    return kept


def stamped(sample: Sample, fields: bytes) -> bytes:
    """The sample as it would be, had the original borne these fields; without a copy as it is."""
    copy = sample.copy
    if copy is None:
        return sample.octets
    end = b"\r\n" if b"\r\n" in copy.text else b"\n"
    lines = end.join(copy.prefix + line for line in fields.splitlines())
    added = end + lines if copy.message_id else lines + end
    text = copy.text[: copy.at] + added + copy.text[copy.at :]
    return (
        sample.octets[: copy.place[0]]
        + _encode(text, copy.encoding)
        + sample.octets[copy.place[1] :]
    )


def _encode(text: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        pieces = (text[at : at + 57] for at in range(0, len(text), 57))
        return b"".join(map(binascii.b2a_base64, pieces))
    return quopri.encodestring(text) if encoding else text


def _copy_in(text: bytes, place: tuple[int, int], encoding: str) -> Copy | None:
    if found := _MESSAGE_ID.search(text):
        return Copy(text, place, encoding, found.end(), found[1], found[2])
    if fields := _eight_fields(text):
        return Copy(text, place, encoding, *fields)
    return None


def _eight_fields(text: bytes) -> tuple[int, bytes] | None:
    """Where eight fields and their folds stand together; None for nowhere."""
    first, count, at = (0, b""), 0, 0
    for line in text.splitlines(keepends=True):
        if found := _FIELD.match(line):
            first, count = (first if count else (at, found[1])), count + 1
            if count == FIELDS:
                return first
        elif not (count and re.match(rb"[ \t>|]+\S", line)):
            count = 0
        at += len(line)
    return None


def _parted(octets: bytes) -> tuple[bytes, bytes]:
    """The message's own header, and what follows."""
    found = re.search(rb"\r?\n\r?\n", octets)
    end = found.end() if found else len(octets)
    return octets[:end], octets[end:]


def _whom(octets: bytes, copy: Copy | None) -> tuple[str, list[str]]:
    """Who sent the original, and to whom."""
    head, body = _parted(octets)
    to = re.search(rb"^To[ \t]*:(.*(?:\r?\n[ \t].*)*)", head, re.MULTILINE | re.IGNORECASE)
    sender = next(iter(_addresses(to[1]) if to else ()), "owner@example.org")
    stated = re.findall(rb"^X-Failed-Recipients:(.*)", head, re.MULTILINE | re.IGNORECASE)
    text = body + (copy.text if copy and copy.encoding else b"")
    named = [one for found in (*stated, *_FAILED.findall(text)) for one in _addresses(found)]
    others = [one for one in _addresses(text) if one.lower() != sender.lower()]
    return sender, named or others


def _addresses(octets: bytes) -> list[str]:
    return [one.decode("ascii", "replace") for one in _ADDRESS.findall(octets)]
