"""Try the group `pratique policy`: what it offers."""

from click.testing import CliRunner

from pratique.milter.cli.policy import policy


def test_each_command_says_what_it_is_for():
    said = CliRunner().invoke(policy, ["--help"]).output
    for name in ("check", "test"):
        assert name in said
    assert all(command.help for command in policy.commands.values())
