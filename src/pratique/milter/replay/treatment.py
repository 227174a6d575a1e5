"""Say what a verdict does to a message for a recipient; two that do the same are equal.

The words that an admin wrote (a rule's name, its reason, the text of a refusal) make no
difference.  What is added to the header counts only where it may be read one day: where a
message is delivered, or held and may be released.
"""

from functools import lru_cache
from typing import NamedTuple

from pratique.policies.verdict import Action, Verdict
from pratique.policies.written.edits import CHANGES

# Only the few verdicts with edits, fields, notices or failures are cached.
_KEPT = 1024


class Treatment(NamedTuple):
    """What happens to a message for a recipient."""

    action: str
    # Each with the parts that it takes out.
    edits: tuple[tuple[str, tuple[int, ...]], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    redirect: str = ""
    notices: tuple[str, ...] = ()
    # A condition had no answer, so the message is held.
    failed: bool = False

    @property
    def words(self) -> str:
        """The treatment in words: `accept, strip, + X-Note`."""
        said = f"redirect to {self.redirect}" if self.redirect else self.action
        said += " (no answer)" if self.failed else ""
        edits = dict.fromkeys(action for action, _ in self.edits)
        added = dict.fromkeys(f"+ {name}" for name, _ in self.fields)
        told = (f"tell {address}" for address in self.notices)
        return ", ".join((said, *edits, *added, *told))


_PLAIN = {action: Treatment(str(action)) for action in Action}


def treatment_of(verdict: Verdict) -> Treatment:
    """Return what a verdict does."""
    rare = verdict.edits or verdict.add_header or verdict.notices or verdict.redirect
    if rare or verdict.failures:
        return _treatment_of(verdict)
    return _PLAIN[verdict.action]


@lru_cache(maxsize=_KEPT)
def _treatment_of(verdict: Verdict) -> Treatment:
    fields = verdict.add_header if verdict.action.is_kept else ()
    return Treatment(
        str(verdict.action),
        _edits(verdict),
        tuple((one.name, one.value) for one in fields),
        verdict.redirect,
        tuple(sorted({one.address for one in verdict.notices})),
        bool(verdict.failures),
    )


def _edits(verdict: Verdict) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return what is changed, however many rules order it: all parts go at once (taking_out.py)."""
    parts: dict[str, set[int]] = {}
    for one in verdict.edits:
        parts.setdefault(one.action, set()).update(one.parts)
    return tuple((each, tuple(sorted(parts[each]))) for each in CHANGES if each in parts)


def words_of_both(before: Treatment, after: Treatment) -> tuple[str, str]:
    """Return both in words; if these are the same, add what tells them apart."""
    first, second = before.words, after.words
    if first != second or before == after:
        return first, second
    what = "parts" if before.edits != after.edits else "values of fields"
    return first, f"{second} (other {what})"
