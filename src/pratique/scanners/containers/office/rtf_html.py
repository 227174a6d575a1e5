r"""Take the page out of RTF that Outlook made of a page ([MS-OXRTFEX] 2.1).

Outlook keeps a page's marks in groups `{\*\htmltag ...}` and its text as RTF; what stands
between `\htmlrtf` and `\htmlrtf0` is for readers of RTF only.
"""

import re
from dataclasses import dataclass, field

from pratique.scanners.budget import Budget

_SIGN = b"\\fromhtml"
# [MS-OXRTFEX] 2.1.3.1.4: among the first ten words.
_HEAD = 1024
_PAGE = re.compile(rb"\\ansicpg([0-9]{1,5})")
_TOKEN = re.compile(
    rb"\\(?:(?P<word>[A-Za-z]{1,32})(?P<number>-?[0-9]{1,10})? ?|'(?P<octet>[0-9A-Fa-f]{2})"
    rb"|(?P<symbol>[^A-Za-z]))|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|."
)
_SAYS = {
    b"par": b"\r\n", b"line": b"\r\n", b"tab": b"\t", b"lquote": b"'", b"rquote": b"'",
    b"ldblquote": b'"', b"rdblquote": b'"', b"bullet": b"*", b"endash": b"-", b"emdash": b"-",
}  # fmt: skip
_SYMBOLS = {b"{": b"{", b"}": b"}", b"\\": b"\\", b"~": b"&nbsp;", b"_": b"-"}
_ASIDE = frozenset({b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object"})
# The clock is looked at once in so many tokens.
_TOKENS = 4096


def charset(rtf: bytes) -> str:
    """The code page of the text."""
    found = _PAGE.search(rtf[:_HEAD])
    return f"cp{found[1].decode()}" if found is not None else "cp1252"


def page(rtf: bytes, budget: Budget) -> bytes:
    """The page; empty if the RTF was made of none."""
    if _SIGN not in rtf[:_HEAD]:
        return b""
    budget.charge_octets(len(rtf))
    writing = _Writing()
    for number, token in enumerate(_TOKEN.finditer(rtf)):
        if number % _TOKENS == 0:
            budget.check_clock()
        writing.take(token)
    return b"".join(writing.done)


@dataclass(slots=True)
class _Writing:
    done: list[bytes] = field(default_factory=list)
    # For each open group whether it is aside; the last is the one at hand.
    _aside: list[bool] = field(default_factory=lambda: [False])
    _for_rtf: bool = False
    _marked: bool = False

    def take(self, token: re.Match[bytes]) -> None:
        if token["brace"] == b"{":
            self._aside.append(self._aside[-1])
        elif token["brace"] == b"}":
            if len(self._aside) > 1:
                self._aside.pop()
        elif token["word"] is not None:
            self._word(token)
        elif token["symbol"] == b"*":
            self._marked = True
            return
        elif token["symbol"] is not None:
            self._say(_SYMBOLS.get(token["symbol"], b""))
        elif token["octet"] is not None:
            self._say(bytes.fromhex(token["octet"].decode()))
        elif token["text"] is not None:
            self._say(token["text"])
        self._marked = False

    def _word(self, token: re.Match[bytes]) -> None:
        word = token["word"]
        if word == b"htmltag":
            self._aside[-1] = False
        elif self._marked or word in _ASIDE:
            self._aside[-1] = True
        elif word == b"htmlrtf":
            self._for_rtf = token["number"] != b"0"
        elif word == b"u" and token["number"]:
            self._say(b"&#%d;" % (int(token["number"]) & 0xFFFF))
        else:
            self._say(_SAYS.get(word, b""))

    def _say(self, text: bytes) -> None:
        if text and not self._aside[-1] and not self._for_rtf:
            self.done.append(text)
