"""Run the tests that stand in a policy from the command line, and say what they leave open.

Exit status, for scripts and CI: 0 all tests are met, 1 one is not, or something is wrong
with the policy, 2 the command could not run.  Gaps in coverage and mutants that survive are
reported, but do not change the status.
"""

import json
import sys
from typing import TYPE_CHECKING

import click

from pratique.milter.cli.policy_check import WRONG, sound
from pratique.milter.cli.session import told

if TYPE_CHECKING:
    from pratique.milter.cli.policy_test_shown import Shown
    from pratique.milter.policy_file import PolicyFile


@click.command()
@click.argument("file", default="default")
@click.option("-v", "--verbose", is_flag=True, help="Name all tests, and each gap in coverage.")
@click.option("--coverage", is_flag=True, help="Which rules and conditions the tests ask for.")
@click.option("--mutants", is_flag=True, help="Which slips in a rule no test would notice.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def test(file: str, *, verbose: bool, coverage: bool, mutants: bool, form: str) -> None:
    """Run the tests that stand in a policy.

    Messages that tests name are looked for beside the policy, and seen by workers of
    their own, as `pratique inspect` does.

    Tests of a policy that is included are run too: where they come out otherwise under the
    rules here, that is told (with -v each of them), and is no failure.

    --mutants makes one slip at a time in the rules: it leaves out or turns round a condition,
    exchanges && and ||, leaves out a word of a list or a rule, or takes another final action.
    What survives is asked for by no test, or makes no difference at all: nobody can tell
    these two apart in general.

    \b
    Examples:
      pratique policy test
      pratique policy test --coverage --mutants /etc/pratique/policy.toml
    """
    # Imported late: `pratique --help` must not wait for CEL.
    from pratique.milter.cli.policy_test_shown import in_json, in_text

    found = sound(file)
    with told():
        shown = _tried(found, coverage=coverage, mutants=mutants)
    click.echo(json.dumps(in_json(shown)) if form == "json" else in_text(shown, verbose=verbose))
    sys.exit(WRONG if shown.trials.unmet else 0)


def _tried(found: "PolicyFile", *, coverage: bool, mutants: bool) -> "Shown":
    from pratique.milter.cli.policy_test_shown import Shown
    from pratique.milter.policy_trial import try_policy
    from pratique.milter.seeing import facts_of
    from pratique.policies.trials.coverage import coverage as coverage_of
    from pratique.policies.trials.mutants import try_mutants

    trials = try_policy(found, facts_of)
    covered = coverage_of(trials.policy, trials.see) if coverage else None
    # If a test already fails, it would seem to catch every mutant.
    outcome = try_mutants(trials.policy, trials.see) if mutants and not trials.unmet else None
    return Shown(found, trials, covered, outcome)
