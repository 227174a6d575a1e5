"""Name what a policy is made of: rules, their tests (examples), and the actions they can order.

A rule that holds and has a final action decides, and reading ends.  A rule without one
only makes a note: its fields and its note are kept, reading goes on, and what it adds goes out
with whichever rule decides further down.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pratique.policies.language.condition import Condition
from pratique.policies.verdict import Action, HeaderField
from pratique.policies.written.edits import Strip
from pratique.scanners import facts_pb2 as facts

NOTE = "note"
FINAL = tuple(action.value for action in Action)
# Actions that take a value, and how each is written.
FORMS = {
    "add_header": 'a field is added with `{ add_header = "X-Name: value" }`',
    "redirect": 'a message is sent elsewhere with `{ redirect = "analyst@example.org" }`',
    "notify": 'somebody is told with `{ notify = "security@example.org" }`',
}


@dataclass(frozen=True, slots=True)
class Example:
    """What a rule's author expects of one message, from a file or given as a few facts."""

    # A path relative to the policy; empty where `known` is given.
    message: str
    known: facts.Facts | None
    recipient: str
    # None keeps what the message says; "" is the null reverse-path.
    reverse_path: str | None
    # A final action, or "note" where the rule shall only make a note.
    expect: str
    # The rule that shall decide, if not the one that the test stands under.
    by: str
    line: int
    # The edits that shall be ordered, `strip` or `rebuild`; None leaves them open.
    expect_edits: frozenset[str] | None = None
    # The addresses that shall be notified; None leaves them open.
    expect_notify: frozenset[str] | None = None
    # The reply to the client; None leaves it open.
    expect_reply: str | None = None
    # When the message is received; None keeps what its facts say.
    at: datetime | None = None
    # The file that the test stands in, which `line` refers to.
    file: str = ""


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
    # In the shadow it is asked, and what it would order is only reported.
    mode: Literal["enforce", "shadow"] = "enforce"
    # It holds for mail that is received before this moment, in UTC.
    until: datetime | None = None
    # The reply to the client: an enhanced status code and a text.
    reply: str = ""
    # With Action.REDIRECT: the address that gets the message.
    redirect: str = ""
    # Addresses of ours that are notified.
    notify: tuple[str, ...] = ()
    # The file that it stands in, which `line` refers to.
    file: str = ""
    # The file of the `[[override]]` that gave it another condition, other actions or other
    # tests; empty if there is none.  Its tests are those of that file.
    changed_in: str = ""
