"""Read what a bounce says of the message that it answers: its Message-ID, who failed.

The standard's places come first: the returned part, the fields of the status part
(RFC 3464 2.3).  But a third of genuine bounces has neither, and quotes the header in the
text, indented, behind `>`, in HTML, with lines that were never folded.  So the text is
searched for lines that look like a field; one that stands there for another reason costs
nothing, since it is held against what we sent.

Every pattern here looks at each octet a bounded number of times: classes that repeat are
bounded, and begin where a line does.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from pratique.scanners.bounces.outermost import Outermost
from pratique.scanners.bounces.outline import PAGE_TYPES, STATUS_OCTETS, Outline
from pratique.scanners.mime.header import unfold
from pratique.scanners.text import to_text

# A bounce answers one message.  Threads are quoted, so a few more are kept.
MESSAGE_IDS = 4
# RFC 3464 2.3 has a group of fields for each recipient; servers report of one, or a few, and
# send to 1,000 at most (Postfix, smtpd_recipient_limit).
RECIPIENTS = 1000
# So many of them are told.
FAILED = 20
# A mark is written by us, and stands once in a header.
WATERMARKS = 4
# So often an `@` is looked at in the texts until an address is found that failed.
ADDRESSES = 1000
# RFC 5322 3.6.4: no blanks in it; a line has 998 octets.
_ID = rb"(<[^<>\s]{1,990}>|[^<>\s@]{1,255}@[^<>\s@]{1,255})"
_IDS = re.compile(_ID)
# From the field's name on; what stands before it in its line marks a quotation, or `X-`.
_VALUE = re.compile(rb"message-id[ \t]{0,8}:(?:[ \t]|\r?\n[ \t>|]){0,16}" + _ID, re.IGNORECASE)
_BEFORE = re.compile(
    rb"(?:\A|.*[\r\n])[ \t>|]{0,16}(?:x-)?(?:original-)?\Z", re.DOTALL | re.IGNORECASE
)
_BEFORE_OCTETS = 32
# So often the words "Message-ID" are looked at in one text.
PLACES = 1000
# As milter/sent/watermark.py writes it: key, day, 26 letters in base32.  Servers fold it.
_GAP = rb"(?:\r?\n)?[ \t>|]{0,16}"
_MARK = re.compile(
    rb"x-pratique-watermark[ \t]{0,8}:%(gap)b([0-9]{1,6}%(gap)b-%(gap)b[0-9]{1,5}%(gap)b-"
    rb"(?:%(gap)b[a-z2-7]){26})(?![a-z0-9])" % {b"gap": _GAP},
    re.IGNORECASE,
)
_NOT_IN_MARK = re.compile(rb"[^0-9a-z-]")
_FIELD = rb"^[ \t]{0,8}%b[ \t]{0,8}:[ \t]{0,8}([^\r\n]{0,998})"
_RECIPIENT = re.compile(_FIELD % b"(?:final|original)-recipient", re.IGNORECASE | re.MULTILINE)
_REPORTER = re.compile(_FIELD % b"reporting-mta", re.IGNORECASE | re.MULTILINE)
_TAG = re.compile(rb"<(/?[A-Za-z!][^<>]{0,500})>")
_ENTITIES = {b"&lt;": b"<", b"&gt;": b">", b"&nbsp;": b" ", b"&#64;": b"@"}
_AT = re.compile(rb"@[A-Za-z0-9][A-Za-z0-9.-]{0,254}")
_LOCAL = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}\Z")


def message_ids(outline: Outline, outermost: Outermost, returned: Iterable[int]) -> list[str]:
    """Message-IDs of what is returned, the surest first, each once."""
    found = islice(dict.fromkeys(_message_ids(outline, outermost, returned)), MESSAGE_IDS)
    return [to_text(one if one.startswith(b"<") else b"<" + one + b">")[0] for one in found]


def watermarks(outline: Outline, returned: Iterable[int]) -> list[str]:
    """Marks of ours in what is returned or quoted, each once."""
    found = (mark[1] for octets in _places(outline, returned) for mark in _MARK.finditer(octets))
    bare = (_NOT_IN_MARK.sub(b"", one.lower()) for one in islice(found, PLACES))
    return [one.decode("ascii") for one in islice(dict.fromkeys(bare), WATERMARKS)]


def _places(outline: Outline, returned: Iterable[int]) -> Iterator[bytes]:
    """Where fields of the message that it answers may stand, as octets with line ends."""
    # What is returned comes first; one that stands elsewhere is held against what we sent too.
    order = dict.fromkeys((*returned, *outline.heads))
    heads = [outline.heads[one] for one in order if one in outline.heads]
    texts = [_plain(octets, text.kind) for text, octets in outline.texts]
    for octets in (*heads, *outline.statuses, *texts):
        yield octets if b"\n" in octets else octets.replace(b"\r", b"\n")


def _message_ids(
    outline: Outline, outermost: Outermost, returned: Iterable[int]
) -> Iterator[bytes]:
    for lines in _places(outline, returned):
        yield from islice(_fields(lines), MESSAGE_IDS)
    yield from answered(outermost)


def answered(outermost: Outermost) -> Iterator[bytes]:
    """Message-IDs in the fields of its own header, which say what it answers."""
    for name in (b"x-original-message-id", b"original-message-id", b"in-reply-to"):
        yield from islice((match[1] for match in _IDS.finditer(outermost.first(name))), 1)
    yield from _IDS.findall(outermost.first(b"references"))[-1:]


def has_id(value: bytes) -> bool:
    """Tell whether a field's body begins with a Message-ID as most programs write it."""
    return _IDS.match(value.lstrip()) is not None


def _fields(octets: bytes) -> Iterator[bytes]:
    """The values of lines that look like the field Message-ID."""
    lower, at = octets.lower(), -1
    for _ in range(PLACES):
        at = lower.find(b"message-id", at + 1)
        if at < 0:
            return
        value = _VALUE.match(octets, at)
        if value is not None and _BEFORE.match(octets[max(0, at - _BEFORE_OCTETS) : at]):
            yield value[1]


def _plain(octets: bytes, kind: str) -> bytes:
    """A page's text, roughly: each tag ends a line."""
    if kind != "html":
        return octets
    # What stands in angle brackets and has an @ is an address or a Message-ID.
    text = _TAG.sub(lambda tag: tag[0] if b"@" in tag[1] else b"\n", octets)
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return text


def reporters(outline: Outline) -> str:
    """Who reports (RFC 3464 2.2.2), where a status part also says about whom; or nothing."""
    for octets in outline.statuses:
        reporter = _REPORTER.search(octets)
        if reporter is not None and _RECIPIENT.search(octets):
            return to_text(reporter[1].strip())[0]
    return ""


def has_many_recipients(outline: Outline) -> bool:
    """Tell whether a status part has more recipients, or is longer, than is looked at."""
    return any(
        len(octets) >= STATUS_OCTETS
        or next(islice(_RECIPIENT.finditer(octets), RECIPIENTS, None), None) is not None
        for octets in outline.statuses
    )


def failed_recipients(outline: Outline, outermost: Outermost, own: set[str]) -> list[str]:
    """Addresses that failed, the surest first; `own` are those of the bounce, in lower case."""
    stated = outermost.first(b"x-failed-recipients").split(b",")[:RECIPIENTS]
    for octets in outline.statuses:
        found = islice(_RECIPIENT.finditer(octets), RECIPIENTS)
        stated += [unfold(match[1]).rpartition(b";")[2] for match in found]
    said = (to_text(address.strip(b" \t<>"))[0] for address in stated)
    texts = (octets for _, octets in outline.texts)
    named = (one for one in _addresses(texts) if one.lower() not in own)
    together = dict.fromkeys((*(one for one in said if "@" in one), *islice(named, FAILED)))
    return list(islice(together, FAILED))


def _addresses(texts: Iterable[bytes]) -> Iterator[str]:
    """Each `@` counts, also one that makes no address: looking at it costs the same."""
    places = ((octets, domain) for octets in texts for domain in _AT.finditer(octets))
    for octets, domain in islice(places, ADDRESSES):
        local = _LOCAL.search(octets[max(0, domain.start() - 64) : domain.start()])
        if local is not None and b"." in domain[0]:
            yield to_text(local[0] + domain[0].rstrip(b".-"))[0]


def is_page_only(outline: Outline, outermost: Outermost) -> bool:
    """Tell whether there is a page to read and no plain text beside it."""
    shown = [(text, octets) for text, octets in outline.texts if text.disposition != "attachment"]
    plain = any(text.kind == "text" and octets.strip() for text, octets in shown)
    page = any(text.kind == "html" or text.declared_type in PAGE_TYPES for text, _ in shown)
    return not plain and (page or outermost.media_type() in PAGE_TYPES)
