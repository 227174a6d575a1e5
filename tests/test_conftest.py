"""See that a missing real part is told, and that with CI set no skip goes through."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CONFTEST = Path(__file__).with_name("conftest.py")
SAMPLE = """
import pytest

@pytest.mark.real("postfix")
def test_that_needs_a_postfix(): pass

@pytest.mark.real("unobtainable")
def test_that_needs_what_is_not_here(): pass

def test_that_skips_by_itself():
    pytest.skip("not today")

def test_that_runs(): pass
"""
AT_IMPORT = """
import pytest
pytest.skip("not on this machine", allow_module_level=True)
"""
FOREIGN = 'PARTS["unobtainable"] = lambda: "nobody has it"\nPARTS["postfix"] = lambda: ""\n'


@pytest.fixture
def run(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = real(part)\n  slow\n")
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text() + FOREIGN)

    def start(sample, **environment):
        (tmp_path / "test_sample.py").write_text(sample)
        clean = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."],
            check=False,
            cwd=tmp_path,
            env=clean | environment,
            capture_output=True,
            text=True,
        )

    return start


def test_a_missing_part_is_told_at_the_end(run):
    done = run(SAMPLE)
    assert done.returncode == 0
    assert "2 passed, 2 skipped" in done.stdout
    assert "postfix                 1 tests  tried" in done.stdout
    assert "unobtainable            1 tests  missing: nobody has it" in done.stdout


def test_with_ci_set_each_skip_is_a_failure(run):
    done = run(SAMPLE, CI="true")
    assert done.returncode == 1
    assert "1 failed, 2 passed, 1 error" in done.stdout
    assert "With CI set a skipped test is a failure." in done.stdout


def test_a_file_that_skips_as_a_whole_counts_too(run):
    assert "1 skipped" in run(AT_IMPORT).stdout
    done = run(AT_IMPORT, CI="true")
    assert "With CI set a skipped test is a failure." in done.stdout
    assert "skipped in" not in done.stdout


def test_a_part_that_nobody_knows_is_an_error(run):
    done = run('import pytest\n@pytest.mark.real("posfix")\ndef test_x(): pass\n')
    assert done.returncode != 0
    assert "no real part 'posfix'" in done.stdout + done.stderr
