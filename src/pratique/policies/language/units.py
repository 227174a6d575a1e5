"""Convert sizes and durations with their units into what CEL reads.

    mail.size > 10MB                                 mail.size > 10485760
    envelope.received_at - f.database_date > 7d      ... > duration("604800s")

Sizes are in octets, powers of 1024: KB, MB, GB, TB and KiB, MiB, GiB, TiB mean the same.
Durations are in s, m (minutes), h or d.  One number and one unit, written together and in
these letters: whatever else people write (`10mb`, `7 days`, `1h30m`) is not a number, and `hint`
says what is right.  A text or a comment in a condition stays as it is.

CEL's complaints refer to the text that it reads: `Written.offset` finds the place in what was
written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pratique.policies.language.texts import TEXT

_POWERS = {letter: 1024**power for power, letter in enumerate("KMGT", 1)}
SIZES = {f"{letter}{tail}": power for letter, power in _POWERS.items() for tail in ("B", "iB")}
DURATIONS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# A duration of protobuf has some 10,000 years at most (google/protobuf/duration.proto).
_LONGEST_SECONDS = 315_576_000_000

# CEL accepts no longer expression: such a one is not searched.
LONGEST = 100_000


# The lexis of github.com/google/cel-spec, langdef.md.
_TOKEN = re.compile(rf"(?s:{TEXT})|//[^\n]*|[A-Za-z_]\w*|(?P<number>\d[\w.]*)|(?s:.)")
_WITH_UNIT = re.compile(r"(\d+)([A-Za-z]+)")
_OF_CEL = re.compile(r"\d+u?|0[xX][\da-fA-F]+u?|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+")

# What people write for a unit, in lower case.
_ELSEWHERE = {
    **{f"{letter.lower()}{tail}": f"{letter}B" for letter in _POWERS for tail in ("", "b", "i",
       "ib")},
    "kilobyte": "KB", "megabyte": "MB", "gigabyte": "GB", "terabyte": "TB", "kbyte": "KB",
    "mbyte": "MB", "gbyte": "GB", "b": "", "byte": "", "octet": "",
    "s": "s", "sec": "s", "second": "s", "min": "m", "minute": "m", "mn": "m",
    "h": "h", "hr": "h", "hour": "h", "d": "d", "day": "d",
}  # fmt: skip
# Units that do not exist, in days.
_DAYS = {"w": 7, "wk": 7, "week": 7, "fortnight": 14, "month": 30, "y": 365, "yr": 365, "year": 365}
_PLURALS = {f"{word}s" for word in (*_ELSEWHERE, *_DAYS) if len(word) > 1} - {"s", "ms"}
WORDS = tuple(
    sorted({*_ELSEWHERE, *_DAYS, *_PLURALS, "m"} - {""}, key=lambda word: (-len(word), word))
)
# Python reads no number of more than 4300 digits; CEL has none of more than 19.
_COMPOUND = re.compile(r"(?:\d{1,12}[smhd]){2,8}")
_LOOSE = re.compile(r"(\d[\d_,]{0,30})(?:\.(\d{1,6}))?\s*([A-Za-z]*)")
_SHOWN = "sizes are written `10MB`, durations `7d`"


@dataclass(frozen=True, slots=True)
class Written:
    """A condition as CEL reads it, and where that stands in what was written."""

    text: str
    # For each number with a unit: begin and end in `text`, begin and end in what was written.
    _swapped: tuple[tuple[int, int, int, int], ...] = ()

    def offset(self, at: int) -> int:
        """Return the offset in what was written for an offset in `text`."""
        shift = 0
        for begin, end, written_begin, written_end in self._swapped:
            if at < begin:
                break
            if at < end:
                return written_begin
            shift = written_end - end
        return at + shift

    def line_and_column(self, written: str, line: int, column: int) -> tuple[int, int]:
        """Convert a place of `text`, both from 1, into one in what was written."""
        lines = self.text.split("\n")
        at = self.offset(sum(len(each) + 1 for each in lines[: line - 1]) + column - 1)
        before = written[:at]
        return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def written(text: str) -> Written:
    """Convert the units of a condition into CEL."""
    if len(text) > LONGEST:
        return Written(text)
    pieces: list[str] = []
    swapped: list[tuple[int, int, int, int]] = []
    kept_from = length = 0
    for begin, end, instead in _numbers(text):
        pieces += [text[kept_from:begin], instead]
        length += begin - kept_from
        swapped.append((length, length + len(instead), begin, end))
        length += len(instead)
        kept_from = end
    return Written("".join((*pieces, text[kept_from:])), tuple(swapped))


def hint(number: str) -> str:
    """Return what is right for something that begins like a number; empty if it is one."""
    if _OF_CEL.fullmatch(number) or _in_cel(number):
        return ""
    if _COMPOUND.fullmatch(number):
        seconds = sum(int(count) * DURATIONS[unit] for count, unit in _WITH_UNIT.findall(number))
        return f"one number and one unit: `{_duration(seconds)}`"
    found = _LOOSE.fullmatch(number)
    if found is None:
        return _SHOWN
    amount, fraction, unit = re.sub("[_,]", "", found[1]), found[2] or "", found[3]
    if not unit:
        return f"a number is digits only: `{amount}`"
    return _meant(amount, fraction, unit)


def _numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each number with a unit begins and ends, and what CEL reads for it."""
    for token in _TOKEN.finditer(text):
        if token["number"] and (instead := _in_cel(token[0])):
            yield *token.span(), instead


def _in_cel(number: str) -> str:
    """Return what CEL reads for a number with a unit; empty if it is not one."""
    found = _WITH_UNIT.fullmatch(number)
    if found is None or len(found[1]) > len(str(2**63)):
        return ""
    amount = int(found[1])
    if found[2] in SIZES:
        return str(amount * SIZES[found[2]])
    seconds = amount * DURATIONS.get(found[2], _LONGEST_SECONDS + 1)
    known = found[2] in DURATIONS and seconds <= _LONGEST_SECONDS
    return f'duration("{seconds}s")' if known else ""


def _meant(amount: str, fraction: str, unit: str) -> str:
    if not fraction and int(amount) * DURATIONS.get(unit, 0) > _LONGEST_SECONDS:
        return f"a duration has at most {_LONGEST_SECONDS} seconds, 10,000 years"
    if unit == "M" and not fraction:
        return f"write `{amount}MB` for a size, `{amount}m` for minutes"
    word = unit.lower()
    word = word.removesuffix("s") if word in _PLURALS else word
    if word in _DAYS:
        return f"days are the longest unit: `{int(amount) * _DAYS[word]}d`"
    right = "m" if unit == "m" else _ELSEWHERE.get(word)
    if right is None:
        return _SHOWN
    if not fraction:
        return f"write `{amount}{right}`"
    return f"a whole number: `{_whole(amount, fraction, right)}`"


def _whole(amount: str, fraction: str, unit: str) -> str:
    """Return a fraction of a unit in smaller units, the largest possible."""
    scale = SIZES.get(unit) or DURATIONS.get(unit, 1)
    count = int(amount + fraction) * scale // 10 ** len(fraction)
    return _duration(count) if unit in DURATIONS else _size(count)


def _size(octets: int) -> str:
    for letter, power in reversed(_POWERS.items()):
        if octets and octets % power == 0:
            return f"{octets // power}{letter}B"
    return str(octets)


def _duration(seconds: int) -> str:
    for unit, length in reversed(DURATIONS.items()):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
