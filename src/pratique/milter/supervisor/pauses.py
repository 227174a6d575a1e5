"""Wait longer each time before something is tried again, so that trouble costs little."""

from collections.abc import Iterator

# A door that is back at once is hardly missed; one that cannot start need not be tried
# more often than an admin can read.
FIRST_PAUSE = 0.1
LAST_PAUSE = 30.0


def pauses() -> Iterator[float]:
    """Seconds to wait before each next try."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LAST_PAUSE)
