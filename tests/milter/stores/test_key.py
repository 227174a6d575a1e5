"""The key of the hashes: made once, whole, ours alone, and never a weaker one."""

import os
import subprocess
import sys

import pytest

from pratique.milter.stores.key import OCTETS, NoKeyError, key_of

MAKE = """
import sys
from pathlib import Path
from pratique.milter.stores.key import key_of
sys.stdin.readline()
print(key_of(Path(sys.argv[1])).hex())
"""


def test_a_key_is_made_once_and_stays(tmp_path):
    path = tmp_path / "journal.key"
    key = key_of(path)
    assert (len(key), key_of(path)) == (OCTETS, key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["journal.key"]


@pytest.mark.slow
def test_processes_that_start_at_the_same_moment_have_one_key(tmp_path):
    command = [sys.executable, "-c", MAKE, tmp_path / "journal.key"]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(6)
    ]
    for one in running:
        one.stdin.write(b"\n")
        one.stdin.flush()
    keys = {one.communicate(timeout=60)[0] for one in running}
    assert len(keys) == 1
    assert len(keys.pop()) == 2 * OCTETS + 1
    assert [one.name for one in tmp_path.iterdir()] == ["journal.key"]


@pytest.mark.parametrize("octets", [b"", b"x" * (OCTETS - 1), b"x" * (OCTETS + 1)])
def test_a_key_of_another_length_is_refused_and_left(tmp_path, octets):
    path = tmp_path / "journal.key"
    path.write_bytes(octets)
    with pytest.raises(NoKeyError, match="damaged"):
        key_of(path)
    assert path.read_bytes() == octets


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "journal.key").mkdir()
    with pytest.raises(NoKeyError, match="cannot be used"):
        key_of(tmp_path / "journal.key")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NoKeyError, match="cannot be used"):
        key_of(tmp_path / "nowhere/journal.key")


def test_a_key_that_points_elsewhere_and_nowhere_is_refused(tmp_path):
    os.symlink(tmp_path / "gone", tmp_path / "journal.key")
    with pytest.raises(NoKeyError):
        key_of(tmp_path / "journal.key")
