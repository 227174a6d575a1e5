"""Leave a next hop alone for a while that was away, each time for longer.

It is asked less often, not given up: where no other is left it is asked all the same.
"""

import time
from collections.abc import Callable

# A restart of a mail server takes a second; after some minutes of absence one more does
# not matter, and mail that waits should find it soon after it is back.
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 60.0


class Pause:
    """How long one next hop is left alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds = 0.0
        self.ends_at = 0.0

    @property
    def over(self) -> bool:
        """True if it may be asked."""
        return not self._seconds or self._clock() >= self.ends_at

    def begin(self) -> None:
        """It was away.  Who was away at the same time for many counts once."""
        if self.over:
            self._seconds = min(max(2 * self._seconds, FIRST_SECONDS), LONGEST_SECONDS)
            self.ends_at = self._clock() + self._seconds

    def end(self) -> None:
        """It was there."""
        self._seconds = 0.0
