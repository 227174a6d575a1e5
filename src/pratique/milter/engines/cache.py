"""Remember what an engine said of octets that come again: one file in a thousand mails.

Only what is whole is kept: the octets are named by the hash that this side computed, the
answer is "nothing" or what was found, and neither a limit nor a failure is ever
an answer.  It holds for one version of the engine and its database, and for a while only:
databases of an admin's own have no version that anybody could ask for.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

# An entry takes 300 octets, and a finding as much again: 5 to 10 MB in a door for the
# attachments of some days.
ENTRIES = 16_384
# Third parties give out their signatures each hour; a new one is believed after ten minutes.
SECONDS = 600.0

Answer = TypeVar("Answer")


class Cache(Generic[Answer]):
    """The last answers, by the hash of the octets and by who gave them."""

    def __init__(self, clock: Callable[[], float], entries: int = ENTRIES) -> None:
        self._clock = clock
        self._most = entries
        self._kept: OrderedDict[tuple[str, object], tuple[float, Answer]] = OrderedDict()

    def get(self, sha256: str, version: object) -> Answer | None:
        """What was found, in the form in which it was put; None: it is not known."""
        key = (sha256, version)
        kept = self._kept.get(key)
        if kept is None:
            return None
        if self._clock() - kept[0] > SECONDS:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept[1]

    def put(self, sha256: str, version: object, answer: Answer) -> None:
        """Keep a whole answer."""
        self._kept[sha256, version] = (self._clock(), answer)
        self._kept.move_to_end((sha256, version))
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
