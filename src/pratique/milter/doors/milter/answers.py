"""Build the answers to a mail server: what it shall change, and the last word.

All that is said at the end of a message is gathered and written at once.  Small packets
written one by one wait for each other over TCP (Nagle's algorithm and delayed
acknowledgements), some 43 ms each.
"""

from collections.abc import Iterator

from pratique.milter.doors.milter import macros
from pratique.milter.doors.milter.ending import CannotEditError, refusal
from pratique.milter.doors.milter.packets import MAX_OCTETS, Actions, Steps, packet
from pratique.milter.next_hop import Reply

CONTINUE = packet(b"c")
ACCEPT = packet(b"a")
DISCARD = packet(b"d")
DEFER = packet(b"t")

# The steps for which a mail server can be asked for macros (SMFIM_ in mfapi.h).
_MACROS = (
    (0, macros.CONNECT),
    (1, macros.HELO),
    (2, macros.MAIL),
    (3, macros.LATER),
    (6, macros.LATER),
    (5, macros.LATER),
)


def agreed(version: int, actions: Actions, steps: Steps) -> bytes:
    """Return what is agreed on, with the macros wanted if the mail server can be asked for them."""
    said = b"".join(number.to_bytes(4, "big") for number in (version, actions, steps))
    if actions & Actions.SET_MACROS:
        said += b"".join(
            stage.to_bytes(4, "big") + names.encode("ascii") + b"\0" for stage, names in _MACROS
        )
    return packet(b"O", said)


def refused(reply: Reply) -> bytes:
    """Return a 4yz or 5yz reply as libmilter's smfi_setmlreply puts it."""
    said = refusal(reply)
    last = len(said.lines) - 1
    rows = (
        f"{said.code}{'-' if number < last else ' '}{said.enhanced} {line}"
        for number, line in enumerate(said.lines)
    )
    return packet(b"y", "\r\n".join(rows).encode("ascii") + b"\0")


class Answers:
    """Changes for a mail server that allows these actions, under pymilter's names.

    Each raises CannotEditError where the mail server does not allow it.
    """

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._octets = bytearray()

    def taken(self) -> bytes:
        """Return all that was gathered."""
        return bytes(self._octets)

    def addheader(self, name: str, value: str, place: int | None = None) -> None:
        """Add a field at the end of the header, or insert it at this place, counted from 0."""
        self._need(Actions.ADD_FIELDS)
        field = _text(name) + _text(value)
        if place is None:
            self._octets += packet(b"h", field)
        else:
            self._octets += packet(b"i", place.to_bytes(4, "big") + field)

    def chgheader(self, name: str, number: int, value: str | None) -> None:
        """Change the field of this name and number, counted from 1; None removes it."""
        self._need(Actions.CHANGE_FIELDS)
        said = number.to_bytes(4, "big") + _text(name) + _text(value or "")
        self._octets += packet(b"m", said)

    def delrcpt(self, address: str) -> None:
        """Remove a recipient."""
        self._need(Actions.DELETE_RECIPIENT)
        self._octets += packet(b"-", _text(address))

    def addrcpt(self, address: str, parameters: str | None = None) -> None:
        """Add a recipient."""
        if parameters is None:
            self._need(Actions.ADD_RECIPIENT)
            self._octets += packet(b"+", _text(address))
        else:
            self._need(Actions.ADD_RECIPIENT_PARAMETERS)
            self._octets += packet(b"2", _text(address) + _text(parameters))

    def chgfrom(self, address: str) -> None:
        """Replace the reverse-path."""
        self._need(Actions.CHANGE_FROM)
        self._octets += packet(b"e", _text(address))

    def replacebody(self, octets: bytes) -> None:
        """Append a piece of the new body; an empty piece is sent too."""
        self._need(Actions.CHANGE_BODY)
        for piece in _pieces(octets):
            self._octets += packet(b"b", piece)

    def quarantine(self, why: str) -> None:
        """Put the message into the mail server's hold queue."""
        self._need(Actions.QUARANTINE)
        self._octets += packet(b"q", _text(why))

    def _need(self, action: Actions) -> None:
        if not self._actions & action:
            raise CannotEditError(f"the mail server does not allow {action.name}")


def _pieces(octets: bytes) -> Iterator[bytes]:
    for start in range(0, max(1, len(octets)), MAX_OCTETS):
        yield octets[start : start + MAX_OCTETS]


def _text(text: str) -> bytes:
    if "\0" in text:
        # The mail server would take what follows the NUL for another text, or lose it.
        raise CannotEditError("a NUL in what is asked for")
    # Recipients are sent as they came, which need not be UTF-8.
    return text.encode("utf-8", "surrogateescape") + b"\0"
