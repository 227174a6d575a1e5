"""Ring many alarms set for the same delay, with one timer of the loop.

Each message sets one at MAIL and at each RCPT, and cancels it milliseconds later.  In asyncio a
cancelled timer stays in the loop's heap until its time has come, or until half of the
heap is cancelled: seconds of mail make tens of thousands of them.  Here alarms of the
same delay stand in a row, the first to ring in front; a cancelled one leaves the row, and only
the first has a timer.
"""

from collections.abc import Callable

from pratique.milter.doors.smtp.downstream import Later, Timer


class Alarms:
    """A row of alarms, each of which rings `seconds` after it was set, or hardly later."""

    def __init__(self, seconds: float, later: Later, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        # The loop's `call_later` and `time`.
        self._later = later
        self._clock = clock
        # Each with its time to ring; a dict keeps the order in which they were set.
        self._row: dict[Alarm, float] = {}
        self._looks = False

    def set(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Do what `call_later` does; a delay other than the row's gets a timer of its own."""
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
        """Ring those whose time has come, and set the timer for the next one."""
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
    """One alarm of a row."""

    __slots__ = ("_call", "_row")

    def __init__(self, row: "dict[Alarm, float]", call: Callable[[], None]) -> None:
        self._row = row
        self._call = call

    def cancel(self) -> None:
        """Cancel the alarm."""
        self._row.pop(self, None)

    def ring(self) -> None:
        """Ring, unless another alarm that rang just now has cancelled it."""
        if self._row.pop(self, None) is not None:
            self._call()
