"""Have any program look at octets: in bubblewrap, where it reaches nothing (programs/sandbox.py).

It gets them as its standard input and as a file, says what it found in lines, and ends with
a status.  A line in which the pattern finds a name is a finding, and so is a status of
`found` without such a line.  A status of `clean` without such a line is that nothing was
found.  Every other end is a failure: another status, a signal, too many words, none at all.

It sees /usr and what `read` names, read-only; no network, no other process, and of this
host's file system nothing else.  Where it cannot be started the message is not to blame.
"""

import contextlib
import os
import re
from dataclasses import dataclass

from pratique.milter.config import Settings
from pratique.milter.engines.engine import Said
from pratique.milter.engines.plain import FINDINGS, NAME, NOTE, Plain, clean, terms_of
from pratique.milter.engines.troubles import Away, NoAnswer
from pratique.milter.engines.turns import Turns
from pratique.milter.mail import Content
from pratique.milter.pattern import MOST_LINE, Pattern
from pratique.milter.programs import run as programs
from pratique.milter.programs.programs import BUBBLEWRAP
from pratique.milter.programs.sandbox import LOOKED, PART, Inherited, Room, looking
from pratique.milter.sections.more_engines import CommandSection
from pratique.scanners import facts_pb2 as facts

# What a program may say: a thousand lines.
MOST_SAID = 64 * 1024
# Files that it may make in its folder.
FILES = 10_000
# A finding of a program that gives it no name.
UNNAMED = "Command.Found"
# A shell's statuses for what it cannot run (POSIX, "Exit Status for Commands").
_NOT_RUN = {126, 127}
_END = re.compile(r"\r\n?|\n")


def commands_of(settings: Settings) -> list[Plain]:
    """The engines that the settings name."""
    return [engine_of(section) for section in settings.command]


def engine_of(section: CommandSection, bubblewrap: str = BUBBLEWRAP) -> Plain:
    """One of them."""
    terms = terms_of(section, section.at_once)
    said = Meaning(
        frozenset(section.clean),
        frozenset(section.found),
        Pattern(section.pattern) if section.pattern else None,
        section.severity,
    )
    words = tuple(word.replace("{file}", PART) for word in section.argv)
    shown = tuple(str(path) for path in section.read)
    room = Room(section.octets, FILES, section.memory, section.seconds)
    turns = Turns(section.at_once)
    return Plain(terms, Command(bubblewrap, words, shown, room, said), turns)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a program's words and its status mean."""

    clean: frozenset[int]
    found: frozenset[int]
    pattern: Pattern | None
    severity: str

    def said(self, octets: bytes) -> Said:
        """What all that it said means.  Raises Away or NoAnswer."""
        words, mark, written = octets.decode("utf-8", "replace").rpartition(f"\n{LOOKED}")
        digits = written.removesuffix("\n")
        if not mark or not digits.isdecimal() or len(digits) > 3:
            raise NoAnswer("it was not run to its end")
        # Not `splitlines`: a name in mail may have its other ends of lines in it.
        status, lines = int(digits), _END.split(words)
        names = self._names(lines)
        if not names and status in self.clean:
            if self.pattern is not None and any(len(line) > MOST_LINE for line in lines):
                # What it found may stand behind where a line is cut.
                raise NoAnswer(f"it said a line of more than {MOST_LINE} characters")
            return Said()
        if names or status in self.found:
            note = "" if names else _last(lines)
            return Said(tuple(self._finding(name, note) for name in names or [UNNAMED]))
        why = f"exit status {status}{_last(lines, ': ')}"
        raise Away(f"it cannot be run: {why}") if status in _NOT_RUN else NoAnswer(why)

    def _names(self, lines: list[str]) -> list[str]:
        names: dict[str, None] = {}
        # In a line of nothing there is no text of a pattern.
        for line in filter(None, lines) if self.pattern is not None else ():
            assert self.pattern is not None
            if (name := self.pattern.name(line)) is not None:
                names[clean(name, NAME) or UNNAMED] = None
            if len(names) == FINDINGS:
                break
        return list(names)

    def _finding(self, name: str, note: str) -> facts.Finding:
        return facts.Finding(name=name, severity=self.severity, note=note)


def _last(lines: list[str], before: str = "") -> str:
    """The last words, for a person."""
    words = next((each for line in reversed(lines) if (each := clean(line, NOTE))), "")
    return before + words if words else ""


class Command:
    """One program."""

    def __init__(
        self,
        bubblewrap: str,
        words: tuple[str, ...],
        shown: tuple[str, ...],
        room: Room,
        meaning: Meaning,
    ) -> None:
        self._bubblewrap = bubblewrap
        self._words = words
        self._shown = shown
        self._room = room
        self._meaning = meaning

    @property
    def address(self) -> str:
        """What is run."""
        return f"{self._words[0]}, in bubblewrap"

    @property
    def signatures(self) -> str:
        """Nobody asks a program."""
        return ""

    async def version(self) -> str:
        """What is known of it without running it: when its file was changed."""
        try:
            return str(os.stat(self._words[0]).st_mtime_ns)  # noqa: PTH116 - one quick call
        except OSError as error:
            raise Away(f"{self._words[0]}: {error.strerror}") from error

    def doubt(self) -> None:
        """It keeps nothing."""

    def close(self) -> None:
        """It keeps nothing open."""

    async def look(self, content: Content) -> Said:
        """What it says of a content.  Raises Away or NoAnswer."""
        for path in (self._words[0], self._bubblewrap, *self._shown):
            if not os.access(path, os.R_OK):
                raise Away(f"{path} is not there, or may not be read by Pratique's user")

        def line(inherited: Inherited) -> list[str]:
            return looking(self._bubblewrap, self._words, self._shown, self._room, inherited)

        try:
            with contextlib.closing(_apart(content)) as part:
                ended = await programs.ended(line, (), part, self._room.seconds, MOST_SAID)
        except OSError as error:
            raise Away(f"it could not be started: {error.strerror or error}") from error
        said = b"".join(ended.content.span(0, ended.content.size))
        ended.content.close()
        if ended.late:
            raise NoAnswer(f"no answer within {self._room.seconds:g} s")
        if ended.cut:
            raise NoAnswer(f"it said more than {MOST_SAID} octets")
        if not said and ended.words:
            raise Away(f"it could not be started: {clean(ended.words, NOTE)}")
        return self._meaning.said(said)


def _apart(content: Content) -> Content:
    """The same octets, read from a place of its own: others read them at the same time."""
    return Content(os.open(f"/proc/self/fd/{content.descriptor}", os.O_RDONLY | os.O_CLOEXEC))
