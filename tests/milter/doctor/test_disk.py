"""The state folder: whose it is, who may read it, how much room there is."""

import os
from datetime import timedelta

import pytest

from pratique.milter.doctor.disk import (
    FEW,
    FEW_FILES,
    TOO_FEW,
    TOO_FEW_FILES,
    _files,
    disk,
    kind_of,
    of_room,
)

MOUNTS = """\
/dev/vda / ext4 rw 0 0
tmpfs /run tmpfs rw 0 0
host:/a /srv/with\\040blank nfs4 rw 0 0
"""


@pytest.fixture
def state(case):
    """The state folder of a service that was started once."""
    folder = case().settings.state
    for each in ("", "quarantine", "quarantine/held", "quarantine/tmp", "journal"):
        (folder / each).mkdir(mode=0o700)
    return folder


def what(lines, state):
    return [line.what for line in lines if line.state == state]


def test_a_folder_of_ones_own_is_right(case, state, tmp_path):
    lines = list(disk(case()))
    assert what(lines, "wrong") == []
    assert f"{state} is " in lines[0].what


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o750, 0o755, 0o704])
def test_nobody_else_may_look_into_it(case, state, mode):
    state.chmod(mode)
    (line,) = [one for one in disk(case()) if one.state == "wrong"]
    assert line.do == f"chmod 700 {state}"


def test_one_that_is_not_there_is_made_by_the_service(case):
    (line,) = disk(case())
    assert (line.state, line.do) == ("warning", "the service makes it")


@pytest.mark.real("root")
def test_unless_it_cannot_make_it(case, tmp_path):
    from pratique.milter.doctor.access import User

    (line,) = disk(case(user=User("somebody", 64001, frozenset())))
    assert (line.state, "somebody may not" in line.what) == ("wrong", True)


def test_a_file_is_no_folder(case):
    here = case()
    here.settings.state.write_text("x")
    (line,) = disk(here)
    assert line.state == "wrong"


@pytest.mark.real("root")
def test_files_of_somebody_else_are_told(case, state):
    for name in ("quarantine/index.sqlite3", "journal/2026-11-22.sqlite3"):
        (state / name).touch()
        os.chown(state / name, 64001, 64001)
    (line,) = [one for one in disk(case()) if one.state == "wrong"]
    assert line.what.startswith("2 of the files below")
    assert line.do.startswith("chown -R ")


@pytest.mark.parametrize(("days", "state_is"), [(1, "ok"), (31, "ok"), (33, "warning")])
def test_what_is_held_too_long_says_that_nobody_expires_it(case, state, days, state_is):
    here = case()
    held = here.now() - timedelta(days=days)
    (state / f"quarantine/held/{held:%Y%m%dT%H%M%S}-0123abcd").mkdir()
    (state / "quarantine/held/lost+found").mkdir()
    (line,) = [one for one in disk(here) if "held" in one.what and "messages" in one.what]
    assert (line.state, "1 " in line.what) == (state_is, True)


def test_a_folder_whose_name_is_no_date_is_counted_and_ends_nothing(case, state):
    (state / "quarantine/held/20269999T999999-0123abcd").mkdir()
    (line,) = [one for one in disk(case()) if "messages are held" in one.what]
    assert (line.state, line.what[:2]) == ("ok", "1 ")


def test_what_goes_while_it_looks_is_left_out(state):
    days = [state / "journal" / day for day in ("one", "two", "three")]
    for day in days:
        day.mkdir()
    seen = []
    for path, *_ in _files(state):
        seen.append(path)
        if path == state / "quarantine/held":
            path.rmdir()
        elif path in days:
            for other in {*days} - {path}:
                other.rmdir()
    assert len({*days} & {*seen}) == 1
    assert state / "quarantine/held" in seen


MB = 1024**2


@pytest.mark.parametrize(
    ("free", "files", "state_is"),
    [
        (FEW * 50 * MB, FEW_FILES, "ok"),
        (FEW * 50 * MB - 1, FEW_FILES, "warning"),
        (FEW * 50 * MB, FEW_FILES - 1, "warning"),
        (TOO_FEW * 50 * MB, FEW_FILES, "warning"),
        (TOO_FEW * 50 * MB - 1, FEW_FILES, "wrong"),
        (FEW * 50 * MB, TOO_FEW_FILES, "warning"),
        (FEW * 50 * MB, TOO_FEW_FILES - 1, "wrong"),
        (0, 0, "wrong"),
    ],
)
def test_how_much_room_is_enough(free, files, state_is):
    line = of_room(free, files, 50 * MB)
    assert (line.state, bool(line.do)) == (state_is, state_is != "ok")


def test_which_file_system_a_folder_is_on(tmp_path):
    assert kind_of("/srv/mail", MOUNTS) == "ext4"
    assert kind_of("/run/pratique-that-is-not-there", MOUNTS) == "tmpfs"
    assert kind_of("/srv/with blank/mail", MOUNTS) == "nfs4"
