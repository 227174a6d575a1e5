"""The process that runs a policy's tests: what it answers, in each case."""

import json
import subprocess
from pathlib import Path

import pytest

from pratique.milter.policy_file import PolicyFile
from pratique.milter.supervisor.charge import Policies
from pratique.milter.supervisor.trial import COMMAND
from pratique.milter.supervisor.trial_process import answer
from pratique.milter.wall.faults import NurseryUnfit
from pratique.scanners.facts_pb2 import Facts

POLICY = """
[[rule]]
name = "scripts"
when = 'any_kind(["script"])'
actions = ["reject"]
reason = "a script"
  [[rule.test]]
  facts.parts = [{ kind = "script" }]
  expect = "reject"

[[rule]]
name = "all"
actions = ["accept"]
reason = "the rest"
  [[rule.test]]
  facts.parts = [{ kind = "text" }]
  expect = "accept"
"""
BY_FILE = POLICY.replace('facts.parts = [{ kind = "text" }]', 'message = "a.eml"')


def policy(text, folder="/nowhere"):
    return PolicyFile("mine.toml", text, Path(folder))


def nobody(paths):
    raise AssertionError("nothing is to be seen")


def test_tests_that_are_met_are_counted():
    assert answer(policy(POLICY), nobody) == {"tests": 2, "unmet": [], "cannot": ""}


def test_a_test_that_is_not_met_is_named_with_its_place():
    said = answer(policy(POLICY.replace('"script" }]', '"image" }]')), nobody)
    (line,) = said["unmet"]
    assert line.startswith("mine.toml:7: `scripts`: expected reject, accept was decided by")
    assert said["tests"] == 2


def test_messages_are_looked_for_beside_the_policy(tmp_path):
    (tmp_path / "a.eml").write_bytes(b"Subject: x\r\n\r\nhello\r\n")
    seen = []

    def see(paths):
        seen.extend(paths)
        return [Facts()]

    assert answer(policy(BY_FILE, tmp_path), see)["unmet"] == []
    assert seen == [tmp_path / "a.eml"]


@pytest.mark.parametrize("error", [OSError("no room"), NurseryUnfit("bad.yar: line 1")])
def test_what_keeps_messages_from_being_seen_is_said_in_words(tmp_path, error):
    (tmp_path / "a.eml").write_bytes(b"\r\n")

    def fail(paths):
        raise error

    assert answer(policy(BY_FILE, tmp_path), fail)["cannot"] == str(error)


def test_a_message_that_is_not_there_is_said_in_words():
    assert "a.eml" in answer(policy(BY_FILE), nobody)["cannot"]


def test_it_is_a_process_of_its_own():
    given = Policies(policy(POLICY)).written()
    done = subprocess.run(COMMAND, check=True, input=given, capture_output=True, timeout=60)
    assert json.loads(done.stdout) == {"tests": 2, "unmet": [], "cannot": ""}
