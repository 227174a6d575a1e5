"""Name the doors of a service: what each serves, and which of several processes it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.milter.config import Settings
from pratique.milter.supervisor.sockets import Place

SMTP = "smtp"
MILTER = "milter"
# A milter served by libmilter, which needs a process of another kind.
LIBMILTER = "libmilter"


@dataclass(frozen=True, slots=True)
class DoorName:
    """One process of the SMTP listeners, or of one milter."""

    kind: str
    # The milter's name in the settings; all listeners are served by the same processes.
    section: str = ""
    number: int = 1
    # A milter's place: if it moves, it is another door, as with another kind.
    at: str = ""

    def __str__(self) -> str:
        words = (self.kind, self.section, str(self.number) if self.number > 1 else "")
        return " ".join(filter(None, words))

    def places(self, settings: Settings) -> tuple[Place, ...]:
        """Return where it listens, in the order in which it is given the sockets."""
        if self.kind == SMTP:
            return tuple(
                Place(listener.address, int(listener.socket_mode, 8), listener.socket_group)
                for listener in settings.listeners
            )
        return tuple(
            Place(milter.socket, int(milter.socket_mode, 8), milter.socket_group)
            for milter in settings.milter
            if milter.name == self.section
        )


def doors_of(settings: Settings) -> tuple[DoorName, ...]:
    """Return all doors that these settings want."""
    return tuple(_doors_of(settings))


def _doors_of(settings: Settings) -> Iterator[DoorName]:
    for number in range(1, settings.doors.processes + 1):
        if settings.listeners:
            yield DoorName(SMTP, number=number)
        for milter in settings.milter:
            kind = LIBMILTER if milter.server == "libmilter" else MILTER
            yield DoorName(kind, milter.name, number, milter.socket)


def places_of(settings: Settings) -> tuple[Place, ...]:
    """Return all places that these settings want to listen at."""
    # Several processes of one door share a socket.
    return tuple(dict.fromkeys(p for name in doors_of(settings) for p in name.places(settings)))
