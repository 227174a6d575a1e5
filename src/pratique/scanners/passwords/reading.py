"""Read the octets of a text as a person's mail program may: in one charset or several.

The declared charset comes first, then UTF-8 where the octets are that, and where neither
gives text without damage, those charsets of our languages that do.  Each text comes after
NFKC (a password in full-width letters is typed in plain ones) and, where that differs, as
it is.  What is not seen (zero-width characters, soft hyphens) is taken out.
"""

import re
import unicodedata
from collections.abc import Iterator

from pratique.scanners.passwords.page import shown
from pratique.scanners.text import to_text

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_ISO_2022 = b"\x1b$"
# In these nothing is damaged as a rule, or all of it is.
_GUESSES = "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp1251", "koi8_r", "cp1252"
# A text that is cut where its reading ends may lose a character at each of two cuts.
_CUT = 4
_LOST = "\N{REPLACEMENT CHARACTER}"
# A page says its charset in its first 1,024 octets (HTML standard, 4.2.5.4).
_META = re.compile(rb"""charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_META_WITHIN = 1024
# Default_Ignorable_Code_Point (Unicode annex 44) as far as it occurs in texts, and NUL.
_UNSEEN = re.compile(
    "[\0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
    # Ligatures of whole sentences, which NFKC makes eighteen times as long.
    "\ufdfa\ufdfb]+"
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def readings(octets: bytes, charset: str, *, page: bool) -> Iterator[str]:
    """Each text that the octets may be, most likely first; `page` is HTML."""
    for text in dict.fromkeys(_decoded(octets, charset, page=page)):
        seen = _LINE_ENDS.sub("\n", _UNSEEN.sub("", text))
        seen = shown(seen) if page else seen
        # One character can become several.
        normal = unicodedata.normalize("NFKC", seen)[: len(octets)]
        yield normal
        if normal != seen:
            yield seen


def _decoded(octets: bytes, charset: str, *, page: bool) -> Iterator[str]:
    for mark, named in _BOMS:
        if octets.startswith(mark):
            yield to_text(octets[len(mark) :], named)[0]
            return
    whole = False
    for named in dict.fromkeys((charset, _meta(octets) if page else "", "utf-8")):
        if named and not (named == "utf-8" and octets.isascii() and whole):
            text, bad = to_text(octets, named)
            if not bad or (named in {charset, "utf-8"} and _is_only_cut(text)):
                whole = True
                yield text
    if _ISO_2022 in octets:
        yield to_text(octets, "iso2022_jp_2")[0]
    elif octets.count(0) * 3 > len(octets):
        yield from (to_text(octets, wide)[0] for wide in ("utf-16-le", "utf-16-be"))
    elif not whole:
        yield from _guessed(octets)


def _guessed(octets: bytes) -> Iterator[str]:
    """Every reading that does little damage; what is ASCII is in all of them."""
    for named in ("utf-8", *_GUESSES):
        text = to_text(octets, named)[0]
        if _nearly(text):
            yield text
    yield to_text(octets, "latin-1")[0]


def _is_only_cut(text: str) -> bool:
    """Whether so little is lost that it was lost where the text was cut."""
    lost = text.count(_LOST)
    others = len(text) - len(text.encode("ascii", "ignore"))
    # A charset that is unknown is read as Latin-1, where nothing is replaced at all.
    return 0 < lost <= _CUT and others > 4 * lost


def _nearly(text: str) -> bool:
    return text.count(_LOST) <= _CUT


def _meta(octets: bytes) -> str:
    named = _META.search(octets, 0, _META_WITHIN)
    return named[1].decode("ascii").lower() if named is not None else ""
