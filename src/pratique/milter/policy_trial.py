"""Run the tests of a policy: read the messages that they name, have them seen, and compare.

Tests of a policy that is included are run as well, and are no failures: rules of one's own
come first and shall decide otherwise.  They are told apart, so that an admin sees which ones
it is that his rules have changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pratique.milter.judging import weigh
from pratique.milter.policy_file import PolicyFile, folder_of
from pratique.policies.policy import Policy
from pratique.policies.trials.trial import Result, See, is_own, tried
from pratique.policies.written.rule import Example
from pratique.scanners import facts_pb2 as facts

SeeFiles = Callable[[Sequence[Path]], Sequence[facts.Facts]]


@dataclass(frozen=True, slots=True)
class Trials:
    """What came of the tests of a policy."""

    policy: Policy
    # Of the policy's own tests, in the order of its rules.
    own: tuple[Result, ...]
    # Of the tests of policies that it includes.
    included: tuple[Result, ...]
    # What is seen in the messages that its own tests name.
    see: See

    @property
    def unmet(self) -> list[Result]:
        """The policy's own tests that are not met."""
        return [result for result in self.own if result.why]

    @property
    def otherwise(self) -> list[Result]:
        """Tests of included policies that come out otherwise under these rules."""
        return [result for result in self.included if result.why]


def try_policy(found: PolicyFile, see_files: SeeFiles, *, with_included: bool = True) -> Trials:
    """Run all tests; all messages are seen first, each once.

    Raises `FileNotFoundError` where there is no such message, and `PolicyError`.
    """
    policy = Policy.load(found.text, found.name, found.beside)
    tests = [
        (rule, test)
        for rule in policy.rules
        for test in rule.tests
        if with_included or is_own(policy, test)
    ]
    seen = _seen(found, [test for _, test in tests], see_files)

    def seen_by(file: str) -> See:
        return lambda message: seen[_place(found, file, message)]

    results = [tried(policy, rule, test, seen_by(test.file)) for rule, test in tests]
    own = tuple(each for each in results if is_own(policy, each.test))
    included = tuple(each for each in results if not is_own(policy, each.test))
    return Trials(policy, own, included, seen_by(""))


def trials(found: PolicyFile, see_files: SeeFiles) -> list[Result]:
    """What came of a policy's own tests."""
    return list(try_policy(found, see_files, with_included=False).own)


def _seen(
    found: PolicyFile, tests: Sequence[Example], see_files: SeeFiles
) -> dict[Path, facts.Facts]:
    """The facts of all messages that tests name, by where these lie."""
    named = {_place(found, test.file, test.message): test.message for test in tests}
    paths = sorted(path for path, message in named.items() if message)
    for path in paths:
        if not path.is_file():
            text = f"{found.name}: no message {named[path]!r}: {path} is no file"
            raise FileNotFoundError(text)
    seen = dict(zip(paths, see_files(paths) if paths else (), strict=True))
    for one in seen.values():
        weigh(one)
    return seen


def _place(found: PolicyFile, file: str, message: str) -> Path:
    """Where a message lies: beside the policy, or beside those that are shipped.

    Whoever copies a shipped policy to change it seldom copies its messages.
    """
    beside = folder_of(found, file) / message
    shipped = folder_of(found, "default") / message
    return shipped if not beside.is_file() and shipped.is_file() else beside
