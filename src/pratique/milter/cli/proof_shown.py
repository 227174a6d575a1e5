"""Show a person why: the rule, its condition as a tree, the facts, and what would change it.

Each piece of a condition stands on a line with its answer: a tick for true, a cross for
false, a question mark for none, and a dot where CEL did not ask.
"""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pratique.milter.cli import proof_words as words
from pratique.milter.cli.reasons import Reason, Reasons
from pratique.milter.cli.screen import printable
from pratique.policies.explain import Asked, Became
from pratique.policies.why.proof import Answer, Step
from pratique.policies.written.rule import Rule

# Enough for a regular expression or a name: more would say no more.
_LONGEST = 400
_NAMED = 3

_MARKS = {
    Answer.TRUE: ("✓", "+", "green"),
    Answer.FALSE: ("✗", "-", "red"),
    Answer.NONE: ("?", "?", "magenta"),
    Answer.NOT_ASKED: ("·", ".", "dim"),
}


def show(console: Console, reasons: Reasons, *, all_rules: bool = False) -> None:
    """Print all reasons, and the remarks that go with them."""
    page = _Page(console, reasons.hashed)
    for remark in reasons.remarks:
        page.line(0, remark, "yellow")
    for one in reasons.each:
        page.reason(one, named=len(reasons.each) + reasons.more > 1, all_rules=all_rules)
    if reasons.more:
        page.line(0, f"and {reasons.more} other verdicts, for other recipients")
    console.print()


class _Page:
    """Lines that keep their indentation when they are folded."""

    def __init__(self, console: Console, hashed: Mapping[str, tuple[str, ...]]) -> None:
        self._console = console
        # Pieces that depend on hashes, and on which fields.
        self._hashed = hashed
        self._plain = console.options.ascii_only

    def line(self, indent: int, text: str, style: str = "", mark: str = "") -> None:
        """Print one line, after a mark if there is one."""
        # `Text` is shown as it is: a bare str would be read as rich's markup.
        shown: Text | Table = Text(printable(text, _LONGEST), style=style)
        if mark:
            grid = Table.grid(padding=(0, 1, 0, 0))
            grid.add_column(no_wrap=True)
            grid.add_column(overflow="fold")
            grid.add_row(Text(mark, style=style), Text(printable(text, _LONGEST)))
            shown = grid
        self._console.print(Padding(shown, (0, 0, 0, indent), expand=False))

    def reason(self, one: Reason, *, named: bool, all_rules: bool) -> None:
        """Print one verdict."""
        deciding, verdict = one.explanation.deciding, one.explanation.verdict
        whom = f" for {_names(one.recipients)}" if named else ""
        why = f": {verdict.reason}" if verdict.reason else ""
        self.line(0, f"{words.DONE[verdict.action]}{whom}{why}", "bold")
        self.line(2, _rule(deciding.rule))
        self._proof(deciding)
        for asked in one.explanation.rules[:-1]:
            self._beside(asked)
        self._before(one, all_rules=all_rules)
        for told in words.counterfactual(one.counterfactual):
            self.line(2, told, "cyan", "→" if not self._plain else ">")

    def _proof(self, asked: Asked) -> None:
        if asked.proof is None:
            self.line(4, "it has no condition: it is for all other mail")
            return
        for depth, step in _walked(asked.proof, 0):
            self._step(4 + 2 * depth, step)

    def _step(self, indent: int, step: Step) -> None:
        fields = self._hashed.get(step.text, ())
        is_sure = step.kind != "leaf" or not fields or step.answer is Answer.NOT_ASKED
        mark, plain, style = _MARKS[step.answer if is_sure else Answer.NONE]
        text = words.JOINED.get(step.kind) or words.one_line(step.text)
        why = f"  {step.why}" if step.why and step.kind == "leaf" else ""
        why += "" if is_sure else f"  {words.kept_as_hashes(fields)}"
        self.line(indent, f"{text}{why}", style, plain if self._plain else mark)
        for told in words.about(step.told):
            self.line(indent + 2, told, "dim", " ")

    def _beside(self, asked: Asked) -> None:
        """Print a rule that applied, but did not decide."""
        if asked.became is Became.NOTED:
            why = f": {asked.rule.reason}" if asked.rule.reason else ""
            self.line(2, f"noted by {_rule(asked.rule)}{why}")
        elif asked.became is Became.WOULD:
            self.line(2, f"in the shadow, {_rule(asked.rule)} would have said {asked.would}")
        else:
            return
        self._proof(asked)

    def _before(self, one: Reason, *, all_rules: bool) -> None:
        silent = (Became.SILENT, Became.WOULD_NOT, Became.PAST)
        before = [asked for asked in one.explanation.rules if asked.became in silent]
        if not before:
            return
        if not all_rules:
            number = f"{len(before)} rules" if len(before) > 1 else "one rule"
            self.line(2, f"{number} before it did not hold; --all says why", "dim")
            return
        self.line(2, "before it did not hold:")
        for asked in before:
            shadow = " (in the shadow)" if asked.rule.mode == "shadow" else ""
            told = f"{asked.rule.name}{shadow}: {words.failed(asked, self._hashed)}"
            self.line(4, told, "dim", "-" if self._plain else "✗")


def _walked(step: Step, depth: int) -> Iterator[tuple[int, Step]]:
    """Yield the steps; what was not asked is one line, whatever it contains."""
    if step.answer is Answer.NOT_ASKED:
        yield depth, Step("leaf", step.text, step.answer)
        return
    yield depth, step
    for part in step.parts:
        yield from _walked(part, depth + 1)


def _rule(rule: Rule) -> str:
    where = f"{rule.file}, line {rule.line}" if rule.file else f"line {rule.line}"
    changed = f", changed in {rule.changed_in}" if rule.changed_in else ""
    until = f", until {rule.until:%Y-%m-%d %H:%M} UTC" if rule.until else ""
    return f"rule `{rule.name}`  ({where}{changed}{until})"


def _names(recipients: tuple[str, ...]) -> str:
    named = ", ".join(name or "nobody named" for name in recipients[:_NAMED])
    more = len(recipients) - _NAMED
    return f"{named} and {more} more" if more > 0 else named
