"""Ring many alarms that are all set for the same time from now, with one timer of the loop.

Each message sets one at MAIL and at each RCPT, and stops it milliseconds later.  With asyncio a
timer that was stopped lies in the loop's heap until its time has come, or until half of the
heap are such: seconds of mail are tens of thousands of them.  Here those that are set for the
same time stand in a row, the first to ring in front; one that is stopped leaves it, and only
the first has a timer.
"""

from collections.abc import Callable

from pratique.milter.doors.smtp.downstream import Later, Timer


class Alarms:
    """A row of alarms, each of which rings `seconds` after it was set, or hardly later."""

    def __init__(self, seconds: float, later: Later, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        # `call_later` and `time` of the loop.
        self._later = later
        self._clock = clock
        # Each with its time to ring; a dict keeps the order in which they were set.
        self._row: dict[Alarm, float] = {}
        self._looks = False

    def set(self, seconds: float, call: Callable[[], None]) -> Timer:
        """What `call_later` is; another time than that of the row has a timer of its own."""
        if seconds != self._seconds:
            return self._later(seconds, call)
        alarm = Alarm(self._row, call)
        self._row[alarm] = self._clock() + seconds
        if not self._looks:
            self._look_after(seconds)
        return alarm

    def _look_after(self, seconds: float) -> None:
        self._looks = True
        self._later(seconds, self._look)

    def _look(self) -> None:
        """Ring those whose time has come, and come again for the next one."""
        self._looks = False
        now = self._clock()
        due = []
        for alarm, at in self._row.items():
            if at > now:
                self._look_after(at - now)
                break
            due.append(alarm)
        for alarm in due:
            alarm.ring()


class Alarm:
    """One of them."""

    __slots__ = ("_call", "_row")

    def __init__(self, row: "dict[Alarm, float]", call: Callable[[], None]) -> None:
        self._row = row
        self._call = call

    def cancel(self) -> None:
        """Do not ring."""
        self._row.pop(self, None)

    def ring(self) -> None:
        """Ring, unless another that rang just now has cancelled it."""
        if self._row.pop(self, None) is not None:
            self._call()
