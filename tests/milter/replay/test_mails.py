"""Two policies are held against each other over the messages of a folder."""

import shutil
from importlib import resources
from pathlib import Path

import pytest

from pratique.milter.config import Settings
from pratique.milter.replay.mails import compared, held
from pratique.milter.replay.tally import Change
from pratique.milter.seeing import Seen
from pratique.scanners.facts_pb2 import Facts

PLAIN = "From: ann@a.example\r\nSubject: hello\r\n\r\nhello\r\n"
MAIL = Path(str(resources.files("pratique.policies") / "shipped/mail"))


def seen(file, *kinds, error=""):
    known = Facts()
    for number, kind in enumerate(("message", *kinds)):
        known.parts.add(id=number, parent=number and 0, kind=kind)
    return Seen(file, facts=known, error=error)


def test_messages_fall_into_groups_and_the_file_is_what_is_opened(old, new):
    files = [seen("a.eml", "text"), seen("b.eml", "script"), seen("c.eml", error="no such file")]
    tally = held(files, (old, new), 3)
    assert tally.groups.keys() == {
        Change("rest", "accept", "all others", "accept"),
        Change("rest", "accept", "program", "quarantine"),
    }
    (example,) = tally.groups[Change("rest", "accept", "program", "quarantine")].newest
    assert example.id == "b.eml"
    assert [(one.where, one.why) for one in tally.unread] == [("c.eml", "no such file")]
    assert tally.compared == 2


def test_a_policy_against_itself_differs_in_nothing(new):
    assert not held([seen("a.eml", "script")], (new, new), 3).differs


@pytest.mark.slow
def test_a_folder_is_seen_by_workers(tmp_path, old, new):
    (tmp_path / "a.eml").write_bytes(PLAIN.encode())
    shutil.copy(MAIL / "program.eml", tmp_path / "b.eml")
    shutil.copy(MAIL / "program.eml", tmp_path / "c.txt")
    tally = compared(str(tmp_path), Settings(), (old, new), 3)
    assert (tally.compared, tally.otherwise, tally.unread) == (2, 1, [])
    (group,) = (group for change, group in tally.groups.items() if change.is_otherwise)
    assert [one.id for one in group.newest] == [str(tmp_path / "b.eml")]
