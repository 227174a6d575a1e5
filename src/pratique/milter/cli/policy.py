"""Work on policies from the command line: one group, one file per command.

Exit status, for scripts and CI: 0 all is well, 1 something is wrong with the policy,
2 the command could not run.
"""

import click

from pratique.milter.cli.policy_check import check
from pratique.milter.cli.policy_replay import agreement, diff, replay
from pratique.milter.cli.policy_schema import schema
from pratique.milter.cli.policy_test import test
from pratique.milter.cli.policy_versions import history, show


@click.group()
def policy() -> None:
    """Check policies, test them, and compare them.

    A policy is a TOML file of rules.  FILE is its path, or the name of a policy that is
    shipped; without FILE it is `default`.
    """


# One line per command.
policy.add_command(check)
policy.add_command(schema)
policy.add_command(test)
policy.add_command(replay)
policy.add_command(diff)
policy.add_command(agreement)
policy.add_command(history)
policy.add_command(show)
