"""Assemble a policy from the texts that it includes.

    include = "default"                        # or several: ["ours.toml", "default"]

Its own rules come first, then those of each included one, in order; an included policy may
include others.  The caller has read the texts (beside.py), by the names that are written
here.  A policy is included only once: a second copy would repeat each rule's name.

What is wrong with an included text is reported with that text's name, line and column, and what
is wrong with including it at the place that names it.
"""

from collections.abc import Iterator

from pratique.policies.hints import hints
from pratique.policies.written import overrides
from pratique.policies.written.beside import MOST_INCLUDED
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading, kind_of

_FORM = 'write `include = "default"`, or a list of names'


def gather(reading: Reading) -> bool:
    """Read what a policy includes, and apply its overrides; return whether all of it is there.

    The texts are left in `reading.included`, what is wrong in `reading.problems`.
    """
    gathering = _Gathering(reading)
    gathering.below(reading)
    return gathering.is_whole


class _Gathering:
    def __init__(self, policy: Reading) -> None:
        self.policy = policy
        self.is_whole = True
        # Each text that is there, with the one that includes it.
        self.named: dict[str, str] = {policy.file: ""}

    def below(self, reading: Reading) -> None:
        """Read what a text includes, and what those include."""
        found: list[Reading] = []
        for path, name in self._names(reading):
            if self._is_refused(reading, path, name):
                self.is_whole = False
                continue
            self.named[name] = reading.file
            one = self._read(reading, path, name)
            if one is not None:
                self.below(one)
                found += (one, *one.included)
        reading.included = tuple(found)
        overrides.carry_out(reading)

    def _names(self, reading: Reading) -> Iterator[tuple[Path, str]]:
        """Yield the names that a text includes; complain about what is not a name."""
        said = reading.values.get("include", [])
        is_one = isinstance(said, str)
        if not is_one and not isinstance(said, list):
            reading.say(("include",), f"`include` is {kind_of(said)}, not a name", _FORM)
            self.is_whole = False
            return
        # One more than allowed: only the first beyond the limit is complained about.
        for index, name in enumerate([said] if is_one else said[: MOST_INCLUDED + 1]):
            path: Path = ("include",) if is_one else ("include", index)
            if isinstance(name, str) and name.strip():
                yield path, name
            else:
                told = "an empty text" if isinstance(name, str) else kind_of(name)
                reading.say(path, f"{told}, where the name of a policy is needed", _FORM)
                self.is_whole = False

    def _is_refused(self, reading: Reading, path: Path, name: str) -> bool:
        """Complain if a text cannot be included; return whether that is so."""
        hint = ""
        if name == reading.file or name in self._chain(reading.file):
            message = f"`{name}` includes itself"
            if name != reading.file:
                message += f": {' includes '.join((*self._chain(reading.file), name))}"
            hint = "leave it out"
        elif name in self.named:
            message = f"`{name}` is included twice: `{self.named[name]}` does so too"
            hint = "leave one of them out"
        elif len(self.named) > MOST_INCLUDED:
            message = f"a policy includes at most {MOST_INCLUDED} others"
            hint = "those that the included ones include are counted, too"
        elif name not in self.policy.beside.policies:
            known = self.policy.beside.policies
            why = self.policy.beside.missing.get(name, "nobody has read it")
            message = f"the policy `{name}` cannot be included: {why}"
            hint = hints.did_you_mean(name, [*_SHIPPED, *known]) or _HINT_MISSING
        else:
            return False
        reading.say(path, message, hint)
        return True

    def _chain(self, file: str) -> list[str]:
        """Return the policy, and each text down to this one."""
        chain = [file]
        while above := self.named.get(chain[0], ""):
            chain.insert(0, above)
        return chain

    def _read(self, reading: Reading, path: Path, name: str) -> Reading | None:
        """Return an included text; None, with its own complaint, if it is not TOML."""
        before = len(self.policy.problems)
        one = Reading(
            name,
            self.policy.beside.policies[name],
            problems=self.policy.problems,
            beside=self.policy.beside,
            named_at=(reading, path),
        )
        if len(self.policy.problems) > before:
            self.is_whole = False
            return None
        self._mode(reading, path, one)
        return one

    def _mode(self, reading: Reading, path: Path, one: Reading) -> None:
        """Complain if a policy that includes one in the shadow does not say which mode is meant."""
        if one.values.get("mode", "enforce") != "enforce" and "mode" not in reading.values:
            message = f"`{one.file}` has `mode` for the whole of it, and this policy has none"
            hint = 'say which one is meant: `mode = "enforce"`, or `mode = "shadow"`'
            reading.say(path, message, hint)


# Named in hints only: the caller that reads the files knows which ones exist.
_SHIPPED = ("default", "strict", "monitor", "bounces-only")
_HINT_MISSING = f"the name of a shipped one ({', '.join(_SHIPPED)}), or of a file beside this"
