"""A policy is found by its file, its shipped name, or the hash of one that was in force."""

from datetime import UTC, datetime

import pytest

from pratique.milter.policy_file import NoPolicy, PolicyFile
from pratique.milter.replay.sides import choose
from pratique.milter.versions import Versions
from pratique.policies.written.problem import PolicyError

TEXT = "[[rule]]\nname = 'rest'\nactions = ['accept']\n"


@pytest.fixture
def versions(tmp_path):
    folder = tmp_path / "policies"
    kept = PolicyFile("policy.toml", TEXT, tmp_path)
    return folder, Versions(folder).keep(kept, datetime(2026, 11, 1, tzinfo=UTC))


def test_a_shipped_name_and_a_file(tmp_path, versions):
    folder, digest = versions
    assert choose("default", folder).name == "default.toml"
    (tmp_path / "mine.toml").write_text(TEXT)
    found = choose(str(tmp_path / "mine.toml"), folder)
    assert (found.hash, found.title) == (digest, f"{tmp_path}/mine.toml ({digest[:12]})")
    assert found.load().rules[-1].name == "rest"


def test_a_hash_or_its_first_digits(versions):
    folder, digest = versions
    for which in (digest, digest[:6], digest[:12].upper(), f" {digest[:8]} "):
        found = choose(which, folder)
        assert (found.hash, found.name, found.text) == (digest, "policy.toml", TEXT)


def test_a_file_comes_before_a_hash(tmp_path, versions, monkeypatch):
    folder, digest = versions
    monkeypatch.chdir(tmp_path)
    (tmp_path / digest[:8]).write_text(f"# other\n{TEXT}")
    assert choose(digest[:8], folder).hash != digest


@pytest.mark.parametrize("which", ["abcde", "nope.toml", "123", "xyzxyz"])
def test_what_is_none_of_these_is_told_with_what_there_is(versions, which):
    with pytest.raises(NoPolicy, match="shipped are"):
        choose(which, versions[0])


def test_a_hash_that_was_never_in_force_is_told(versions, tmp_path):
    for folder in (versions[0], tmp_path / "none"):
        with pytest.raises(NoPolicy, match=r"shipped are: .*; no policy ffffff was in force"):
            choose("ffffff", folder)


def test_two_of_the_same_hash_are_the_same(versions):
    folder, digest = versions
    one, other = choose(digest, folder), choose(digest, folder)
    assert one == other
    assert hash(one) == hash(other)


def test_a_policy_in_the_shadow_is_compared_as_if_it_were_in_force(a_policy):
    assert a_policy(f'mode = "shadow"\n{TEXT}').load().mode == "enforce"
    with pytest.raises(PolicyError):
        a_policy("[[rule]]\n").load()
