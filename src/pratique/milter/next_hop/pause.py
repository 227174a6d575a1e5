"""Leave a next hop that was away alone for a while, each time for longer.

It is asked less often, but not given up: if no other is left, it is asked anyway.
"""

import time
from collections.abc import Callable

# A restart of a mail server takes a second; after some minutes of absence one more does
# not matter, and waiting mail should reach it soon after it is back.
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 60.0


class Pause:
    """How long one next hop is left alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds = 0.0
        self.ends_at = 0.0

    @property
    def over(self) -> bool:
        """True if the next hop may be asked."""
        return not self._seconds or self._clock() >= self.ends_at

    def begin(self) -> None:
        """Note that it was away.  If it was away for many at the same time, that counts once."""
        if self.over:
            self._seconds = min(max(2 * self._seconds, FIRST_SECONDS), LONGEST_SECONDS)
            self.ends_at = self._clock() + self._seconds

    def end(self) -> None:
        """Note that it answered."""
        self._seconds = 0.0
