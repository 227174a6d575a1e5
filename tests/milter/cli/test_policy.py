"""Try the group `pratique policy`: what it offers."""

from click.testing import CliRunner

from pratique.milter.cli.policy import policy


def test_each_command_says_what_it_is_for():
    said = CliRunner().invoke(policy, ["--help"]).output
    for name in ("check", "test"):
        assert name in said
    assert all(command.help for command in policy.commands.values())


def test_examples_stand_a_line_each():
    for name in policy.commands:
        said = CliRunner().invoke(policy, [name, "--help"]).output
        # A docstring that is raw has click's mark as two characters, and is one paragraph.
        assert "\\b" not in said
        assert f"\n    pratique policy {name}" in said
