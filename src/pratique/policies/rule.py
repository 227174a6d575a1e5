"""Name what a policy is made of: rules, their tests (examples), and the actions they can order.

A rule that holds and has a final action decides, and reading ends.  A rule without one
only states: its fields and its note are kept, reading goes on, and what it adds goes out
with whatever decides further down.
"""

from dataclasses import dataclass

from pratique.policies.condition import Condition
from pratique.policies.edits import Strip
from pratique.policies.verdict import Action, HeaderField
from pratique.scanners import facts_pb2 as facts

NOTE = "note"
FINAL = tuple(action.value for action in Action)
# Actions that take a value: `{ add_header = "X-Name: value" }`.
EDITS = ("add_header",)
# Of the design, and not yet built: named here so that `check` can say so.
PLANNED = ("redirect", "notify")


@dataclass(frozen=True, slots=True)
class Example:
    """What a rule's author expects of one message, a file's or one of a few facts."""

    # Where the policy stands, a path from there; empty where `known` is given.
    message: str
    known: facts.Facts | None
    recipient: str
    # None leaves what the message says; "" is the null reverse-path.
    reverse_path: str | None
    # A final action, or "note" where the rule shall state and not decide.
    expect: str
    # The rule that shall decide, if another than the one that the test stands under.
    by: str
    line: int
    # The edits that shall be ordered, `strip` or `rebuild`; None leaves them open.
    expect_edits: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, checked; `condition` None holds for every message."""

    name: str
    condition: Condition | None
    final: Action | None
    add_header: tuple[HeaderField, ...]
    reason: str
    tests: tuple[Example, ...]
    line: int
    strip: Strip | None = None
    rebuild: bool = False
    # Its author knows that a forger can meet its condition (forgeable.py).
    forgeable: bool = False
