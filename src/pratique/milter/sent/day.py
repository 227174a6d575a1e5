"""Count days since 1970, in UTC, and say how long a stamp of ours holds.

A stamp tells its day, not its second: that is short, and the same for all our hosts.
Two of them may be on two sides of midnight, so one day ahead is as good as today.
"""

from datetime import UTC, date, datetime

# A mail server tries for five days by default (Postfix, maximal_queue_lifetime), and its
# bounce may be tried for as long; BATV's draft says seven, and MailScanner uses seven as well.
WINDOW = 7

_AHEAD = 1
_EPOCH = date(1970, 1, 1).toordinal()


def day_of(moment: datetime) -> int:
    """Return the day of a moment."""
    return moment.astimezone(UTC).date().toordinal() - _EPOCH


def date_of(day: int) -> date:
    """Return the date of a day."""
    return date.fromordinal(day + _EPOCH)


def holds(day: int, today: int) -> bool:
    """Whether what was stamped on a day is in force today."""
    return -_AHEAD <= today - day <= WINDOW
