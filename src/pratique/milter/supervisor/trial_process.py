"""Run a policy's tests: the policy comes on standard input, the answer goes out as JSON.

    {"tests": 12, "unmet": ["policy.toml:7: ..."], "cannot": ""}

`cannot` says in words why no test could be run.
"""

import json
import sys

from pratique.milter.policy_file import NoPolicy, PolicyFile
from pratique.milter.policy_trial import SeeFiles, trials
from pratique.milter.seeing import facts_of
from pratique.milter.supervisor.charge import Policies
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.policies.trials.trial import Result
from pratique.policies.written.problem import PolicyError


def answer(found: PolicyFile, see: SeeFiles = facts_of) -> dict[str, object]:
    """Return the results of a policy's tests."""
    try:
        results = trials(found, see)
    except (NoPolicy, PolicyError, NurseryLost, NurseryUnfit, OSError) as error:
        return {"tests": 0, "unmet": [], "cannot": str(error) or type(error).__name__}
    unmet = [_line(found.name, result) for result in results if result.why]
    return {"tests": len(results), "unmet": unmet, "cannot": ""}


def _line(name: str, result: Result) -> str:
    place = f"{result.rule.file or name}:{result.test.line}: `{result.rule.name}`"
    return f"{place}: expected {result.test.expect}, {result.why}"


if __name__ == "__main__":
    policies = Policies.read(sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(answer(policies.enforced)))
