"""Tell where in a TOML file each key and each value stands.

`tomllib` gives values without places, and an admin wants line and column.  This is a
scanner for text that `tomllib` has accepted already: it trusts the grammar of TOML
1.0.0 and only keeps count.  For a string it also keeps the offset of each character in the
file, so that column 18 of a condition is found in the file even after escapes and in strings
of several lines.
"""

from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}
_BARE_KEY_ENDS = frozenset(" \t.=]\n#")
_VALUE_ENDS = frozenset(",]}\n#")


@dataclass(slots=True)
class Layout:
    """Where things stand: offsets into `text`, by the path of keys and indexes."""

    text: str
    # The first character of a key, or of a table's header.
    keys: dict[Path, int] = field(default_factory=dict)
    values: dict[Path, int] = field(default_factory=dict)
    # For each string: the offset of each of its characters, and of its end.
    letters: dict[Path, list[int]] = field(default_factory=dict)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both from 1."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def value(self, path: Path) -> int:
        """Return the offset of a value, or of the nearest thing around it that has a place."""
        while path not in self.values and path not in self.keys and path:
            path = path[:-1]
        return self.values.get(path, self.keys.get(path, 0))

    def key(self, path: Path) -> int:
        """Return the offset of a key, or of the nearest thing around it that has a place."""
        return self.keys[path] if path in self.keys else self.value(path)

    def letter(self, path: Path, index: int) -> int:
        """Return the offset of a string's character, 0 being its first."""
        letters = self.letters.get(path)
        return letters[min(index, len(letters) - 1)] if letters else self.value(path)


def lay_out(text: str) -> Layout:
    """Find the places in a text that `tomllib.loads` accepts."""
    # Normalized as by tomllib, so that both count the same characters.
    scanner = _Scanner(Layout(text.replace("\r\n", "\n")))
    scanner.document()
    return scanner.layout


class _Scanner:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.text = layout.text
        self.at = 0
        # How many elements each array of tables has so far.
        self.counts: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while self.skip_space():
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)

    def skip_space(self) -> bool:
        """Advance to the next character that is not a space, line end or comment."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                self.at = self.find("\n")
            elif self.text[self.at] in " \t\n":
                self.at += 1
            else:
                return True
        return False

    def find(self, wanted: str) -> int:
        found = self.text.find(wanted, self.at)
        return len(self.text) if found < 0 else found

    def header(self) -> Path:
        start = self.at
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        path = self.resolve(self.dotted_key()[0], is_array, start)
        self.layout.keys[path] = start
        self.at += 2 if is_array else 1
        return path

    def resolve(self, names: list[str], is_array: bool, start: int) -> Path:
        """Return the path of a header: the name of an array of tables means its last element."""
        path: Path = ()
        for position, name in enumerate(names):
            path += (name,)
            self.layout.keys.setdefault(path, start)
            if is_array and position == len(names) - 1:
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path += (self.counts[path] - 1,)
        return path

    def dotted_key(self) -> tuple[list[str], int]:
        """Read a key such as `a."b c".d`; return its names and where the last one begins."""
        names: list[str] = []
        while True:
            self.skip_space()
            start = self.at
            names.append(self.simple_key())
            self.skip_space()
            if self.text[self.at] != ".":
                return names, start
            self.at += 1

    def simple_key(self) -> str:
        if self.text[self.at] in "\"'":
            return self.string()[0]
        start = self.at
        while self.text[self.at] not in _BARE_KEY_ENDS:
            self.at += 1
        return self.text[start : self.at]

    def pair(self, table: Path) -> None:
        start = self.at
        names, last = self.dotted_key()
        path = table
        for name in names:
            path += (name,)
            self.layout.keys.setdefault(path, start)
        self.layout.keys[path] = start if len(names) == 1 else last
        self.at += 1  # "="
        self.read_value(path)

    def read_value(self, path: Path) -> None:
        self.skip_space()
        self.layout.values[path] = self.at
        first = self.text[self.at]
        if first in "\"'":
            self.layout.letters[path] = self.string()[1]
        elif first == "[":
            self.array(path)
        elif first == "{":
            self.inline_table(path)
        else:
            while self.at < len(self.text) and self.text[self.at] not in _VALUE_ENDS:
                self.at += 1

    def array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self.skip_space() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.read_value((*path, index))
            index += 1
        self.at += 1

    def inline_table(self, path: Path) -> None:
        self.at += 1
        while self.skip_space() and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.pair(path)
        self.at += 1

    def string(self) -> tuple[str, list[int]]:
        """Read a string of any of the four forms; return it and its characters' offsets."""
        quote = self.text[self.at]
        fence = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(fence)
        if len(fence) == 3 and self.text.startswith("\n", self.at):
            self.at += 1
        letters: list[str] = []
        offsets: list[int] = []
        while not self.closes(fence):
            offset = self.at
            letter = self.letter(escapes=quote == '"')
            if letter:
                letters.append(letter)
                offsets.append(offset)
        offsets.append(self.at)
        self.at += len(fence)
        return "".join(letters), offsets

    def closes(self, fence: str) -> bool:
        if not self.text.startswith(fence, self.at):
            return False
        # Up to two quotation marks may stand right before the closing three.
        return len(fence) == 1 or not self.text.startswith(fence[0], self.at + 3)

    def letter(self, *, escapes: bool) -> str:
        letter = self.text[self.at]
        self.at += 1
        if letter != "\\" or not escapes:
            return letter
        mark = self.text[self.at]
        self.at += 1
        if mark in "uU":
            digits = 4 if mark == "u" else 8
            self.at += digits
            return chr(int(self.text[self.at - digits : self.at], 16))
        if mark in " \t\n":
            # A backslash at a line's end swallows the space up to the next character.
            while self.text[self.at] in " \t\n":
                self.at += 1
            return ""
        return _ESCAPES.get(mark, mark)
