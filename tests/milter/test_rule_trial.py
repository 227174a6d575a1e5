"""Rules are checked and timed by a process apart, and what it says is believed only whole."""

import sys

import pytest

from pratique.milter.rule_trial import Problem, checked, timed
from pratique.milter.wall.faults import NurseryLost

pytestmark = pytest.mark.slow


def test_what_is_wrong_comes_with_file_and_line(tmp_path):
    (tmp_path / "a.yar").write_text("\nrule a { condition: b }")
    (tmp_path / "b.yar").write_text("// none")
    found = checked([str(tmp_path)])
    assert found.files == (str(tmp_path / "a.yar"), str(tmp_path / "b.yar"))
    wrong, doubtful = found.problems
    assert wrong == Problem(found.files[0], 2, "error", 'undefined identifier "b"')
    assert (wrong.is_error, doubtful.is_error) == (True, False)


def test_files_and_rules_are_timed(tmp_path):
    loop = "filesize > 9 and for all i in (0..300000) : (uint8(i % 4) != 7)"
    (tmp_path / "a.yar").write_text(f"\nrule a {{ condition: {loop} }}")
    (tmp_path / "sample").write_bytes(b"x" * 50_000)
    times = timed([str(tmp_path)], [str(tmp_path / "sample")])
    ((whole,), (rule,)) = times.files, times.rules
    assert (whole.rules, whole.slow, rule.rule, rule.line) == (1, True, "a", 2)
    assert rule.cost > 20
    assert times.problems == ()


def test_a_trial_that_dies_is_told():
    with pytest.raises(NurseryLost, match="ended with the status 7"):
        checked([], [sys.executable, "-c", "raise SystemExit(7)"])
