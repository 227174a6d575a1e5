"""Bring what a stranger lets people read into the form that they believe to read.

A subject or a display name with an invisible character before a known word, blanks of
another width or one letter of another alphabet reads the same to a person, and must read
the same here.  So: NFKC (Unicode annex 15), no Default_Ignorable_Code_Point (annex 44),
one blank for all blanks, small letters.  Gateways and senders put marks and tags in
front, which a reader skips: so there are several beginnings, and each is held against
the known ones.
"""

import re
import unicodedata
from functools import lru_cache

# RFC 5322 2.1.1: as long as a line; what comes later in a text makes no beginning.
LINE = 998

# Default_Ignorable_Code_Point without the category Cf, which is left out as a whole.
_IGNORED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
# Cyrillic and Greek small letters that fonts draw as Latin ones, and the dotless and the
# dotted I of Turkish in small letters.
_ALIKE = str.maketrans("аеорсухіјѕԁһԛԝӏοανιρτκυϲ", "aeopcyxijsdhqwloaviptkuc") | {
    0x131: "i", 0x307: None,
}  # fmt: skip
_BLANKS = re.compile(r"[\s\x00-\x1f]+")
_MARKS = re.compile(r"[\W_]+")
# "[EXTERN] ", "(external) ", and two of them.
_TAGS = re.compile(r"(?:[\W_]*[\[({<][^\[\](){}<>]{1,80}[\])}>])+[\W_]*")


def fold(text: str) -> str:
    """One spelling of a text, in small letters."""
    if text.isascii():
        # Nothing in it is ignored or has another form; and most of what is asked is so.
        seen = _BLANKS.sub(" ", text[: 4 * LINE].replace("\0", "")).strip()
        return seen[:LINE].strip().lower()
    # What is left out must not use the line up; but nothing is read without end.
    seen = _BLANKS.sub(" ", _visible(text[: 4 * LINE])).strip()
    return _visible(unicodedata.normalize("NFKC", seen[:LINE])).strip().lower()[:LINE]


def _visible(text: str) -> str:
    # No blank is of category Cf; NUL and its kin are of Cc, and end no word.
    kept = (one for one in text if unicodedata.category(one) != "Cf" and one != "\0")
    return _IGNORED.sub("", "".join(kept))


# Of one subject it is asked several times.
@lru_cache(maxsize=4)
def beginnings(text: str) -> tuple[str, ...]:
    """The folded text, without the marks and without the tags before it; each once."""
    whole = fold(text)
    if whole[:1].isalnum():
        # No mark and no tag stands before it; and in ASCII nothing looks like a letter of it.
        return (whole,) if whole.isascii() else tuple({whole: None, whole.translate(_ALIKE): None})
    found = {whole: None}
    for before in (_MARKS, _TAGS):
        skipped = before.match(whole)
        if skipped is not None:
            found[whole[skipped.end() :]] = None
    return tuple({**found, **{one.translate(_ALIKE): None for one in found}})
