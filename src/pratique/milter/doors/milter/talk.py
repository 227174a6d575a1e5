"""Follow what a mail server says to a milter, without a socket: octets in, answers out.

    octets -> Packets -> a step -> MilterSession      which collects
    the end of a message -> `finish`                  which decides, some time later
    its Finished -> `told`                            which says what was decided

The order of steps is libmilter's (engine.c).  A step that comes where it cannot in the middle
of a message breaks that message off, and is then taken as if none had begun, or thrown away:
a client of the mail server has started over.  But an end of a message is always answered: where
no message came to its end, by "try again".

Steps that the mail server may leave unanswered get no answer; whether it may was agreed on
at the start.  While a message waits for its answer, nothing else is said on its connection, and
whatever comes nevertheless waits too.

A peer that cannot be understood (MilterError) is disconnected.  A step that fails here spoils
the message under way, which is deferred at its end.
"""

import ipaddress
import logging
from collections.abc import Callable
from typing import ClassVar

from pratique.milter.doors.milter import answers, macros
from pratique.milter.doors.milter.edits import edit, wanted
from pratique.milter.doors.milter.packets import (
    OLDEST_VERSION,
    VERSION,
    Actions,
    MilterError,
    Packets,
    Steps,
    texts,
)
from pratique.milter.doors.milter.session import (
    NOT_NOW,
    Finished,
    Macros,
    MilterDesk,
    MilterSession,
)
from pratique.milter.doors.replies import OUR_FAULT

log = logging.getLogger("pratique.door")

ACTIONS = Actions(0x1FF)
# Steps that a mail server may leave unanswered, or leave out altogether.
_LEFT_OUT = {
    ord("C"): Steps.CONNECT_UNANSWERED,
    ord("H"): Steps.HELO_UNANSWERED,
    ord("M"): Steps.MAIL_UNANSWERED,
    ord("R"): Steps.RECIPIENT_UNANSWERED,
    ord("L"): Steps.FIELD_UNANSWERED,
    ord("N"): Steps.END_OF_HEADER_UNANSWERED,
    ord("B"): Steps.BODY_UNANSWERED,
    ord("T"): Steps.NO_DATA,
    ord("U"): Steps.NO_UNKNOWN,
}
AGREED = Steps.BLANKS_KEPT | Steps(sum(_LEFT_OUT.values()))

_FIELD = ord("L")

# Steps that macros may come for, in the order of a conversation: when an earlier step comes
# again, the macros of later ones are dropped.
_STAGES = {ord(each): place for place, each in enumerate("CHMRTNE")}


# How far the message under way has come: plain numbers, since each field checks them.
_NONE, _MAIL, _RECIPIENTS, _HEADER, _BODY = range(5)
_ENVELOPE = (_MAIL, _RECIPIENTS)
_BEFORE_HEADER = (_RECIPIENTS, _HEADER)
_BEFORE_BODY = (_RECIPIENTS, _BODY)


class Talk:
    """One connection, from the negotiation on.

    `send` takes octets; `finish` gets the macros of a message at its end, and its answer
    comes later by a call of `told`.
    """

    def __init__(
        self,
        desk: MilterDesk,
        send: Callable[[bytes], object],
        finish: Callable[[MilterSession, Macros], object],
    ) -> None:
        self._desk = desk
        self._send = send
        self._finish = finish
        self._packets = Packets()
        self._session: MilterSession | None = None
        self._phase = _NONE
        self._actions = Actions(0)
        # Steps that are answered, and whether the blanks after a colon are sent along.
        self._answered: frozenset[int] = frozenset()
        self._keeps_blanks = False
        self._macros: dict[int, bytes] = {}
        # A message waits for its answer.
        self.waits = False
        # Nothing more is said or listened to.
        self.over = False

    @property
    def unread(self) -> int:
        """Octets that came and wait."""
        return self._packets.unread

    def take(self, octets: bytes) -> None:
        """Follow octets that came.  Raises MilterError."""
        self._packets.feed(octets)
        self._go_on()

    def told(self, finished: Finished) -> None:
        """Say what becomes of the waiting message, and go on.  Raises MilterError."""
        if self._session is None:
            # The connection is gone.
            return
        self._send(self._said_of(finished))
        self.waits = False
        self._go_on()

    def close(self) -> None:
        """End the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _go_on(self) -> None:
        packets, steps = self._packets, self._STEPS
        while not (self.waits or self.over) and (packet := packets.next()) is not None:
            command, octets = packet
            step = steps.get(command)
            if step is None:
                raise MilterError(f"there is no {bytes((command,))!r}")
            step(self, octets)

    # The steps.

    def _negotiate(self, octets: bytes) -> None:
        if self._session is not None:
            raise MilterError("a second negotiation")
        if len(octets) < 12:
            raise MilterError("a negotiation without its numbers")
        version, actions, steps = (int.from_bytes(octets[at : at + 4], "big") for at in (0, 4, 8))
        if version < OLDEST_VERSION:
            raise MilterError(f"version {version} of the protocol, {OLDEST_VERSION} is the oldest")
        self._session = MilterSession(self._desk)
        self._actions, agreed = ACTIONS & actions, AGREED & steps
        if not self._session.welcome:
            # Only a mail server that is turned away gets an answer to its connect.
            agreed &= ~Steps.CONNECT_UNANSWERED
        self._answered = frozenset(each for each, left in _LEFT_OUT.items() if not agreed & left)
        self._keeps_blanks = bool(agreed & Steps.BLANKS_KEPT)
        self._send(answers.agreed(min(version, VERSION), self._actions, agreed))

    def _macro(self, octets: bytes) -> None:
        if octets[:1] and (place := _STAGES.get(octets[0])) is not None:
            self._macros[place] = octets[1:] or b"\0"

    def _forget_macros(self, command: str) -> None:
        """Forget macros of later steps, which were of another client or another message."""
        place = _STAGES[ord(command)]
        self._macros = {each: said for each, said in self._macros.items() if each <= place}

    def _connect(self, octets: bytes) -> None:
        session, client = self._begun_anew(), _client(octets)
        self._forget_macros("C")
        if session.welcome:
            self._collect(ord("C"), lambda: session.connect(*client))
        else:
            self._send(answers.refused(NOT_NOW))

    def _helo(self, octets: bytes) -> None:
        session = self._begun_anew()
        self._forget_macros("H")
        name = texts(octets)[0].decode("utf-8", "replace")
        self._collect(ord("H"), lambda: session.helo(name))

    def _mail(self, octets: bytes) -> None:
        session = self._begun_anew()
        self._forget_macros("M")
        self._phase, words = _MAIL, texts(octets)
        self._collect(ord("M"), lambda: session.mail(words))

    def _recipient(self, octets: bytes) -> None:
        if (session := self._within(_ENVELOPE)) is not None:
            self._phase, words = _RECIPIENTS, texts(octets)
            self._collect(ord("R"), lambda: session.recipient(words))

    def _field(self, octets: bytes) -> None:
        # As the other steps do, with as little as possible: there are many fields.
        session, phase = self._session, self._phase
        if session is None or phase not in _BEFORE_HEADER:
            self._within(_BEFORE_HEADER)
            return
        self._phase = _HEADER
        # libmilter also ignores all texts after the second.
        name, value, *_ = *texts(octets), b""
        try:
            session.field(name.decode("utf-8"), value if self._keeps_blanks else b" " + value)
        except Exception:
            log.exception("a field of a message could not be taken")
            session.spoil()
        if _FIELD in self._answered:
            self._send(answers.CONTINUE)

    def _end_of_header(self, _octets: bytes) -> None:
        if (session := self._within(_BEFORE_HEADER)) is not None:
            self._phase = _BODY
            self._collect(ord("N"), session.end_of_header)

    def _body(self, octets: bytes) -> None:
        if (session := self._within(_BEFORE_BODY)) is not None:
            self._phase = _BODY
            self._collect(ord("B"), lambda: session.body(octets))

    def _end(self, octets: bytes) -> None:
        if (session := self._within(_BEFORE_BODY)) is None:
            self._send(answers.refused(OUR_FAULT))
            return
        try:
            if octets:
                # The last piece of the body may come with it.
                session.body(octets)
        except Exception:
            log.exception("a step of a message could not be taken")
            session.spoil()
        self._phase, self.waits = _NONE, True
        self._finish(session, self._known())

    def _abort(self, _octets: bytes) -> None:
        self._break_off()

    def _quit(self, _octets: bytes) -> None:
        self.over = True

    def _quit_and_begin_anew(self, _octets: bytes) -> None:
        """Begin with another client on the same connection (SMFIC_QUIT_NC)."""
        self._break_off()
        if self._session is not None:
            self._session.close()
            self._session = MilterSession(self._desk)
            if not self._session.welcome and ord("C") not in self._answered:
                # It was agreed that an answer to its connect is not expected.
                self.over = True
        self._macros.clear()

    def _unknown(self, _octets: bytes) -> None:
        if ord("U") in self._answered:
            self._send(answers.CONTINUE)

    def _begin_content(self, _octets: bytes) -> None:
        if self._within((_RECIPIENTS,)) is not None and ord("T") in self._answered:
            self._send(answers.CONTINUE)

    # By the command of a packet (SMFIC_ in mfdef.h).
    _STEPS: ClassVar[dict[int, Callable[["Talk", bytes], None]]] = {
        ord("O"): _negotiate,
        ord("D"): _macro,
        ord("C"): _connect,
        ord("H"): _helo,
        ord("M"): _mail,
        ord("R"): _recipient,
        ord("T"): _begin_content,
        ord("L"): _field,
        ord("N"): _end_of_header,
        ord("B"): _body,
        ord("E"): _end,
        ord("A"): _abort,
        ord("Q"): _quit,
        ord("K"): _quit_and_begin_anew,
        ord("U"): _unknown,
    }

    # Shared by the steps.

    def _begun_anew(self) -> MilterSession:
        """Return the session, with no message under way.  Raises MilterError."""
        if self._session is None:
            raise MilterError("it has not negotiated")
        if self._phase:
            self._break_off()
        return self._session

    def _within(self, phases: tuple[int, ...]) -> MilterSession | None:
        """Return the session if its message is in one of these phases; else break the message off.

        Raises MilterError.
        """
        if self._session is None:
            raise MilterError("it has not negotiated")
        if self._phase in phases:
            return self._session
        self._break_off()
        return None

    def _break_off(self) -> None:
        self._phase = _NONE
        if self._session is not None:
            self._session.reset()

    def _collect(self, command: int, collect: Callable[[], object]) -> None:
        """Do a step, whatever fails in it, and answer it where an answer is expected."""
        try:
            collect()
        except Exception:
            log.exception("a step of a message could not be taken")
            if self._session is not None:
                self._session.spoil()
        if command in self._answered:
            self._send(answers.CONTINUE)

    def _known(self) -> Macros:
        found: dict[str, str | None] = {}
        for place in sorted(self._macros):
            said = texts(self._macros[place])
            for name, value in zip(said[::2], said[1::2], strict=False):
                found[name.decode("ascii", "replace")] = _decoded(value)
        return macros.macros(found.get)

    def _said_of(self, finished: Finished) -> bytes:
        """Return all that is said at the end of a message."""
        ending = finished.ending
        try:
            if not ending.reply.accepted:
                return answers.refused(ending.reply)
            if finished.dropped or finished.mail is None:
                return answers.DISCARD
            said = answers.Answers(self._actions)
            asked = wanted(finished, self._actions)
            edit(said, asked, self._actions, keeps_blanks=self._keeps_blanks)
            return said.taken() + answers.ACCEPT
        except Exception:
            log.exception("%s: cannot be carried out", finished.queue_id)
            return answers.refused(OUR_FAULT)


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _client(octets: bytes) -> tuple[str, str, int]:
    """Return a client's name, address and port; no address if none came, or by a unix socket.

    Raises MilterError.
    """
    name, end, where = octets.partition(b"\0")
    if not end:
        raise MilterError("a client without an end of its name")
    said = name.decode("utf-8", "replace")
    if where[:1] not in (b"4", b"6") or len(where) < 3:
        return said, "", 0
    text = texts(where[3:])[0].decode("ascii", "replace")
    try:
        # RFC 5321 4.1.3 puts "IPv6:" in front.
        address = ipaddress.ip_address(text.removeprefix("IPv6:"))
    except ValueError:
        return said, "", 0
    return said, str(address), int.from_bytes(where[1:3], "big")
