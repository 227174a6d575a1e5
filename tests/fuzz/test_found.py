"""What was once found by fuzzing stays mended: every sample in `found` is tried again."""

from pathlib import Path

import pytest
from fuzz import trials

FOUND = sorted(filter(trials.is_sample, (Path(__file__).parent / "found").iterdir()))


def test_there_are_samples():
    assert FOUND


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_a_sample_is_read_as_it_should_be(path):
    assert trials.judge_file(path) == []


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_beside_a_sample_stands_what_was_wrong_with_it(path):
    assert path.with_suffix(path.suffix + ".txt").read_text("utf-8").strip()
