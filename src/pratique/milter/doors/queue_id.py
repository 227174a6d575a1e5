"""Name each transaction: short, unique, in order of time.

Eleven digits of microseconds since 1970 (good until the year 3111), two that count
within the process, two that tell processes on one port apart.  Base 32 in ASCII
order, without the letters that are easily misread (I, L, O, U).
"""

import os
from collections.abc import Callable

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)


class QueueIds:
    """Gives one new name per call."""

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        self._clock_ns = clock_ns
        self._count = 0
        self._last = 0
        self._process = _written(int.from_bytes(os.urandom(2)) % 1024, 2)

    def new(self) -> str:
        """Return a name that sorts after all that this process gave before."""
        now = max(self._clock_ns() // 1000, self._last)
        self._count = (self._count + 1) % 1024 if now == self._last else 0
        if now == self._last and self._count == 0:
            now += 1
        self._last = now
        return _written(now, 11) + _written(self._count, 2) + self._process


def _written(number: int, width: int) -> str:
    """Write two digits at a time: each message needs some thirty."""
    pairs = []
    for _ in range((width + 1) // 2):
        number, pair = divmod(number, 1024)
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))[-width:]
