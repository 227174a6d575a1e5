"""Tell letters that look like others, and labels that mix scripts (Unicode UTS 39, a subset).

The skeleton of a name is what it looks like: two names with one skeleton are hard to tell
apart (UTS 39, 4).  The table has what looks like letters and digits of ASCII in Cyrillic,
Greek, Armenian, Cherokee and among Latin letters; marks above and below letters are left
out.  Scripts are told by the names of characters, which begin with them.
"""

import re
import unicodedata

# confusables.txt of UTS 39, to letters of ASCII, as far as a domain can have them (IDNA 2008
# has small letters only).
_LIKE = {
    "a": "аɑαạ", "b": "Ьƅ", "c": "сϲⅽƈ", "d": "ԁɗⅾժ", "e": "еҽ℮ɛ", "f": "ƒſ", "g": "ɡցɢ",
    "h": "һհ", "i": "іıɩιіӏɪ", "j": "јʝϳ", "k": "кκĸ", "l": "ӏⅼłӀ", "m": "мⅿ",
    "n": "ոպռᴨ", "o": "оοօσᴏ०০", "p": "рρ", "q": "ԛգզ", "r": "гᴦ", "s": "ѕꜱ", "t": "тτᴛ",
    "u": "υսᴜц", "v": "ѵνᴠ", "w": "ԝѡաᴡɯ", "x": "хⅹ×", "y": "уүγყ", "z": "ᴢʐ",
    "ae": "æ", "ss": "ß", "oe": "œ", "-": "‐‑–ー",
}  # fmt: skip
_PROTOTYPES = {ord(letter): plain for plain, letters in _LIKE.items() for letter in letters}
# What looks like one letter and is two, or a digit.
_GROUPS = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"))
# UTS 39 5.2, "highly restrictive": these are written together.
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
_NO_SCRIPT = re.compile(r"[\d_-]")


def skeleton(label: str) -> str:
    """What a label looks like, in letters of ASCII where it can be."""
    if not label.isascii():
        parts = unicodedata.normalize("NFD", label.translate(_PROTOTYPES))
        label = "".join(one for one in parts if not unicodedata.combining(one))
        label = unicodedata.normalize("NFC", label.translate(_PROTOTYPES))
    for letters, one in _GROUPS:
        label = label.replace(letters, one)
    return label


def scripts(label: str) -> frozenset[str]:
    """The scripts of its letters."""
    letters = _NO_SCRIPT.sub("", label)
    names = (unicodedata.name(one, "") for one in letters if unicodedata.category(one)[0] == "L")
    return frozenset(name.partition(" ")[0] for name in names if name)


def is_mixed(label: str) -> bool:
    """Whether no language is written so."""
    if label.isascii():
        return False
    found = scripts(label)
    return len(found) > 1 and not any(found <= allowed for allowed in _TOGETHER)


def looks_latin(label: str) -> bool:
    """Whether a label of another script looks like one of ASCII letters."""
    if label.isascii() or "LATIN" in scripts(label):
        return False
    return len(label) > 2 and skeleton(label).isascii()
