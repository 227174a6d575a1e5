"""Say what is wrong with a policy in an admin's words, and show the place.

A problem is a value: the reader of a policy collects many in one pass, so that nobody has to
mend a file one error at a time.  A caret stands under the first character of what is
meant; the hint says what would be right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong; `line` and `column` count from 1, in characters."""

    line: int
    column: int
    file: str
    message: str
    # What would be right; empty where nothing useful can be said.
    hint: str = ""
    # With an error a policy is refused; a warning is reported, and the policy may be used.
    severity: Literal["error", "warning"] = "error"

    @property
    def place(self) -> str:
        """`file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def told(self) -> str:
        """The message, preceded by "warning" if it is one."""
        return self.message if self.severity == "error" else f"warning: {self.message}"


class PolicyError(Exception):
    """A policy that cannot be used; `problems` are in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(one_line, self.problems)))


def one_line(problem: Problem) -> str:
    """Return the problem on one line, as compilers do: `file:line:column: message (hint)`."""
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{problem.place}: {problem.told}{hint}"


def render(problem: Problem, text: str) -> str:
    """Return the problem with its source line, a caret under the place, and the hint."""
    lines = [f"{problem.place}: {problem.told}"]
    source = text.replace("\r\n", "\n").split("\n")
    if problem.line <= len(source):
        shown = _printable(source[problem.line - 1])
        margin = f"{problem.line:>5} | "
        # A tab in front of the caret is as wide as the tab above it.
        before = "".join(
            "\t" if letter == "\t" else " " for letter in shown[: max(0, problem.column - 1)]
        )
        lines += [margin + shown, " " * 5 + " | " + before + "^"]
    if problem.hint:
        lines.append(f"      hint: {problem.hint}")
    return "\n".join(lines)


def _printable(line: str) -> str:
    # A terminal obeys control characters; a policy may have come from anywhere.
    return "".join(letter if letter.isprintable() or letter == "\t" else "�" for letter in line)
