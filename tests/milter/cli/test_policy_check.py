"""Try `pratique policy check` as an admin would."""

import re

import pytest
from click.testing import CliRunner

from pratique.milter.cli.policy import policy

GOOD = """
[[rule]]
name    = "unseen"
when    = '''parts.exists(p, p.unopened != "")
  || ambiguities.size() + limits.size() + failures.size() > 0'''
actions = ["quarantine"]
reason  = "not looked into"
  [[rule.test]]
  facts.limits = [{ class_ = "depth" }]
  expect = "quarantine"

[[rule]]
name    = "all other mail"
actions = ["accept"]
  [[rule.test]]
  message = "a.eml"
  expect  = "accept"
"""


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(policy, arguments)


@pytest.fixture
def written(tmp_path):
    def write(text=GOOD):
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        (tmp_path / "a.eml").write_bytes(b"Subject: x\r\n\r\nx\r\n")
        return str(path)

    return write


def test_the_default_policy_is_checked_where_no_file_is_named(run):
    done = run("check")
    assert done.exit_code == 0
    assert re.match(r"default\.toml: \d+ rules, ", done.output)
    assert done.output.endswith("nothing is wrong\n")


def test_a_good_policy_is_told_to_be(run, written):
    done = run("check", written())
    assert done.exit_code == 0
    assert "2 rules, 2 tests, nothing is wrong" in done.output


def test_a_broken_policy_is_shown_with_line_caret_and_hint(run, written):
    path = written(GOOD.replace("limits.size()", "limit.size()"))
    done = run("check", path)
    assert done.exit_code == 1
    assert done.stderr == (
        f"{path}:5:27: unknown name `limit`\n"
        "    5 |   || ambiguities.size() + limit.size() + failures.size() > 0'''\n"
        "      |                           ^\n"
        "      hint: did you mean `limits`?\n\n"
        f"{path}: 1 problem\n"
    )
    assert done.stdout == ""


def test_all_problems_are_counted(run, written):
    done = run("check", written(GOOD.replace('["quarantine"]', '["hold"]') + "nope = 1\n"))
    assert done.stderr.endswith(": 2 problems\n")


def test_a_policy_that_cannot_be_read_is_another_matter(run, tmp_path):
    done = run("check", str(tmp_path / "nope.toml"))
    assert done.exit_code == 2
    assert "no such file" in done.stderr


def test_a_list_of_addresses_that_anybody_can_write_is_refused(run, written):
    rule = (
        "[[rule]]\nname = 'partner'\nactions = ['accept']\n"
        "when = 'mail.header.from_.exists(f, f.domain == \"partner.example\")'\n"
        "[[rule.test]]\nfacts.parts = []\nexpect = 'accept'\n"
    )
    done = run("check", written(rule + GOOD))
    assert done.exit_code == 1
    assert "auth.authenticated_as" in done.output
    assert (
        run("check", written(rule.replace("\nwhen", "\nforgeable = true\nwhen") + GOOD)).exit_code
        == 0
    )


def test_another_form_goes_to_the_standard_output(run, written):
    path = written(GOOD.replace("limits.size()", "limit.size()"))
    done = run("check", "--format", "github", path)
    assert done.exit_code == 1
    assert done.stdout.startswith(f"::error file={path},line=5,col=27::unknown name `limit`%0Ahint")
    assert done.stderr == ""
    done = run("check", "--format", "json", written())
    assert (done.exit_code, done.output) == (0, "")


def test_what_has_expired_by_a_day_is_told(run, written):
    rule = (
        "[[rule]]\nname = 'old'\nwhen = 'bounce.claimed'\nactions = ['reject']\nreason = 'r'\n"
        "until = 2200-01-15\n[[rule.test]]\nfacts.parts = []\nexpect = 'accept'\n"
    )
    assert run("check", written(rule + GOOD)).exit_code == 0
    done = run("check", "--on", "2200-01-15", written(rule + GOOD))
    assert done.exit_code == 1
    assert "`old` has expired" in done.stderr


def test_what_the_doors_of_a_configuration_cannot_do_is_told(run, written, tmp_path):
    rule = (
        "[[rule]]\nname = 'no'\nwhen = 'bounce.claimed'\nactions = ['reject']\nreason = 'r'\n"
        "[[rule.test]]\nfacts.bounce = { claimed = true }\nexpect = 'reject'\n"
    )
    path = written(rule + GOOD)
    config = tmp_path / "pratique.toml"
    config.write_text(
        f"[policy]\nfile = '{path}'\n[[listener]]\nname = 'after'\nreply = 'queue'\n", "utf-8"
    )
    done = run("check", "--config", str(config))
    assert done.exit_code == 0
    assert "warning: at `after` `reject` is held instead: `no`" in done.stderr
    assert done.stderr.endswith(f"{path}: 1 warning\n")
    assert "3 rules" in done.stdout
    config.write_text("[policy]\nfiel = 'x'\n", "utf-8")
    assert run("check", "--config", str(config)).exit_code == 2
