"""What another user may do is reckoned as the kernel does it."""

import os
import subprocess

import pytest

from pratique.milter.doctor.access import (
    PASS,
    READ,
    WRITE,
    User,
    hindrance,
    owner_of,
    user_called,
    user_of,
)

SOMEBODY = User("somebody", 64001, frozenset({64002}))


@pytest.fixture
def file(tmp_path):
    """A file that is reached through folders that everybody passes."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == user_of(os.geteuid()).name:
            folder.chmod(folder.stat().st_mode | 0o755)
    made = tmp_path / "folder/file"
    made.parent.mkdir(mode=0o755)
    made.write_text("x")
    return made


@pytest.mark.parametrize(
    ("mode", "wanted", "may"),
    [(0o604, READ, True), (0o640, READ, False), (0o602, WRITE, True), (0o664, WRITE, False)],
)
def test_others_have_the_rights_of_others(file, mode, wanted, may):
    file.chmod(mode)
    assert (hindrance(file, SOMEBODY, wanted) == "") is may


@pytest.mark.real("root")
def test_of_owner_group_and_others_the_first_that_fits_decides(file):
    os.chown(file, SOMEBODY.uid, 0)
    file.chmod(0o066)
    assert "may not read" in hindrance(file, SOMEBODY, READ)
    os.chown(file, 0, 64002)
    file.chmod(0o606)
    assert "may not write" in hindrance(file, SOMEBODY, WRITE)
    file.chmod(0o660)
    assert hindrance(file, SOMEBODY, WRITE) == ""


def test_each_folder_on_the_way_must_be_passable(file):
    file.chmod(0o666)
    file.parent.chmod(0o750)
    why = hindrance(file, SOMEBODY, READ)
    assert why.startswith(f"somebody may not pass {file.parent} (drwxr-x---, owner ")
    # Who begins there has passed what lies above it, and not the folder itself.
    assert "may not pass" in hindrance(file, SOMEBODY, READ, file.parent)
    file.parent.chmod(0o755)
    file.parent.parent.chmod(0o700)
    assert "may not pass" in hindrance(file, SOMEBODY, READ)
    assert hindrance(file, SOMEBODY, READ, file.parent) == ""


@pytest.mark.slow
@pytest.mark.real("root")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o620, 0o622, 0o666])
def test_the_kernel_says_the_same(file, mode):
    file.chmod(mode)
    nobody = user_called("nobody")
    for wanted, test in ((READ, "-r"), (WRITE, "-w")):
        command = ["setpriv", "--reuid=nobody", "--init-groups", "--regid=nogroup", "test", test]
        done = subprocess.run([*command, file], check=False)
        assert (done.returncode == 0) is (hindrance(file, nobody, wanted) == "")


def test_root_may_all_and_what_is_not_there_is_an_error(file):
    file.chmod(0)
    assert hindrance(file, user_of(0), WRITE) == ""
    with pytest.raises(FileNotFoundError):
        hindrance(file.with_name("none"), SOMEBODY, PASS)


def test_the_service_runs_as_the_owner_of_its_folder(tmp_path):
    assert owner_of(tmp_path).uid == os.geteuid()
    assert owner_of(tmp_path).is_me
    assert owner_of(tmp_path / "none").uid >= 0
    assert not SOMEBODY.is_me


def test_a_number_without_a_name_is_somebody_too():
    assert user_of(64001).name == "uid 64001"
    with pytest.raises(KeyError):
        user_called("nobody-at-all")
