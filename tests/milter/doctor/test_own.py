"""The policy, the lists and the families that an admin wrote or fetched."""

import hashlib
import os
import sys

import pytest

from pratique.milter.doctor.access import User
from pratique.milter.doctor.own import lists, policy, readable
from pratique.milter.lists.building import build

WORM = hashlib.sha256(b"worm").hexdigest()


@pytest.mark.slow
def test_the_shipped_policy_is_sound(case):
    assert [line.state for line in policy(case())] == ["ok"]


def test_a_broken_policy_is_told_with_its_place(case, tmp_path):
    file = tmp_path / "my.toml"
    file.write_text(
        "[[rule]]\nname = 'a'\nwhen = 'nope == 1'\nactions = ['accept']\nreason = 'x'\n"
    )
    (line,) = policy(case(f'[policy]\nfile = "{file}"'))
    assert (line.state, "my.toml:" in line.what) == ("wrong", True)
    assert "policy check" in line.do
    file.unlink()
    (line,) = policy(case(f'[policy]\nfile = "{file}"'))
    assert "no such file" in line.what


@pytest.mark.slow
def test_a_broken_file_of_families_is_told(case, tmp_path):
    (tmp_path / "f.toml").write_text("[families\n")
    lines = list(policy(case(f'[families]\nfile = "{tmp_path}/f.toml"')))
    assert [line.state for line in lines] == ["ok", "wrong"]


@pytest.fixture
def listed(case, tmp_path):
    (tmp_path / "ours.txt").write_text(f"{WORM}\n")
    return case(
        f'[[hash_list]]\nname = "ours"\nfeed = "{tmp_path}/ours.txt"\nowner = "ann"\n'
        'severity = "malicious"\n'
    )


def test_a_list_must_be_built_and_of_the_feed_as_it_is(listed, tmp_path):
    (line,) = lists(listed)
    assert (line.state, "is not built" in line.what) == ("wrong", True)
    assert line.do.startswith("`pratique lists build ours`")

    listed.settings.state.mkdir(mode=0o700)
    (section,) = listed.settings.hash_list
    build(section, listed.settings.state)
    assert [line.state for line in lists(listed)] == ["ok"]

    later = listed.now().timestamp() + 60
    os.utime(tmp_path / "ours.txt", (later, later))
    (line,) = lists(listed)
    assert (line.state, "is newer" in line.what) == ("warning", True)

    (tmp_path / "ours.txt").unlink()
    assert [line.state for line in lists(listed)] == ["warning"]

    section.file(listed.settings.state).write_bytes(b"torn")
    assert [line.state for line in lists(listed)] == ["wrong"]


@pytest.mark.real("py-tlsh")
def test_a_list_of_tlsh_digests_needs_the_library(listed, tmp_path, monkeypatch):
    (tmp_path / "ours.txt").write_text("T1" + "ab" * 35)
    listed.settings.state.mkdir(mode=0o700)
    build(listed.settings.hash_list[0], listed.settings.state)
    assert [line.state for line in lists(listed)] == ["ok"]
    monkeypatch.setitem(sys.modules, "tlsh", None)
    (line,) = lists(listed)
    assert (line.state, "pip install 'pratique[tlsh]'" in line.what) == ("wrong", True)


def test_without_lists_nothing_is_said(case):
    assert list(lists(case())) == []


def test_what_whoever_asks_may_read_the_service_must(case, tmp_path):
    config, rules = tmp_path / "pratique.toml", tmp_path / "rules"
    rules.mkdir()
    for file in (config, rules / "a.yar", rules / "b.txt"):
        file.touch(mode=0o600)
    text = f'[yara]\nfolders = ["{rules}"]\n'
    assert list(readable(case(text, config=config))) == []
    somebody = User("somebody", 64001, frozenset())
    lines = list(readable(case(text, config=config, user=somebody)))
    assert [line.state for line in lines] == ["wrong"] * 3
    assert [line.what.split(": ")[0] for line in lines] == [
        f"the service cannot read {path}" for path in (config, rules, rules / "a.yar")
    ]
    (line,) = readable(case(f'[yara]\nfolders = ["{tmp_path}/none"]\n'))
    assert (line.state, "none: No such file" in line.what) == ("wrong", True)
