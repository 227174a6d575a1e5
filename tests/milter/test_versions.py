"""Every policy that was in force is kept, found by its hash, and believed only if it is whole."""

import errno
import json
import logging
import os
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pratique.milter.durable import Disk
from pratique.milter.history import Came
from pratique.milter.policy_file import PolicyFile
from pratique.milter.versions import NoVersion, Versions
from pratique.policies.written.beside import Beside, hash_of

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ACCEPT = '[[rule]]\nname = "all"\nactions = ["accept"]\n'


def policy(text=ACCEPT, **beside):
    return PolicyFile("/etc/pratique/mine.toml", text, Path("/etc/pratique"), Beside(**beside))


@pytest.fixture
def versions(tmp_path):
    return Versions(tmp_path / "policies")


def texts(versions):
    return sorted(path.name for path in (versions.folder / "texts").iterdir())


def test_what_was_kept_is_found_by_its_hash_with_all_that_it_names(versions):
    found = policy(policies={"default": "# ü"}, lists={"partners.txt": "ann@x.example\n"})
    digest = versions.keep(found, NOW)
    assert digest == hash_of(found.text, found.beside)
    kept = versions.find(digest)
    assert (kept.hash, kept.name, kept.text) == (digest, found.name, found.text)
    assert kept.beside == found.beside
    assert versions.find(digest[:8]) == versions.find(digest.upper()) == kept


def test_a_text_that_two_versions_share_is_kept_once(versions):
    long = "\n".join(f"a{number}@x.example" for number in range(10_000))
    for number in range(3):
        versions.keep(policy(ACCEPT + f"# {number}\n", lists={"long.txt": long}), NOW)
    assert len(texts(versions)) == 4
    size = sum(path.stat().st_size for path in (versions.folder / "texts").iterdir())
    assert size < len(long) / 2


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("", "is no hash"),
        ("../../etc/passwd", "is no hash"),
        ("g1", "is no hash"),
        ("0" * 65, "is no hash"),
        ("0" * 64, "no policy 0000"),
    ],
)
def test_what_is_no_version_is_said_in_words(versions, which, words):
    versions.keep(policy(), NOW)
    with pytest.raises(NoVersion, match=words):
        versions.find(which)


def test_before_anything_was_kept_nothing_is_found(versions):
    with pytest.raises(NoVersion, match="no policy abc was in force"):
        versions.find("abc")
    assert versions.history() == []
    assert not versions.was_in_force("abc")


def test_digits_with_which_two_hashes_begin_find_neither(versions):
    seen = {}
    for number in range(100):
        digest = versions.keep(policy(ACCEPT + f"# {number}\n"), NOW)
        if digest[0] in seen:
            break
        seen[digest[0]] = digest
    with pytest.raises(NoVersion, match=f"2 policies begin with {digest[0]}: "):
        versions.find(digest[0])


def damaged(folder, digest):
    text = folder / "texts" / hash_of(ACCEPT, Beside())
    manifest = folder / f"{digest}.json"
    said = json.loads(manifest.read_text())
    yield lambda: text.write_bytes(zlib.compress(ACCEPT.replace("accept", "reject").encode()))
    yield lambda: text.write_bytes(text.read_bytes()[:-5])
    yield lambda: text.write_bytes(b"no deflated text")
    yield text.unlink
    yield lambda: manifest.write_text("{")
    yield lambda: manifest.write_text("[]")
    yield lambda: manifest.write_text("[" * 100_000)
    yield lambda: manifest.write_text(json.dumps(said | {"format": 2}))
    yield lambda: manifest.write_text(json.dumps(said | {"hash": "0" * 64}))
    yield lambda: manifest.write_text(json.dumps(said | {"text": "../../x"}))
    yield lambda: manifest.write_text(json.dumps(said | {"lists": []}))
    yield lambda: manifest.write_text(json.dumps(said | {"lists": {"x": said["text"]}}))


@pytest.mark.parametrize("number", range(12))
def test_what_is_damaged_is_told_and_not_used_and_mended_when_it_is_kept_anew(versions, number):
    digest = versions.keep(policy(), NOW)
    list(damaged(versions.folder, digest))[number]()
    with pytest.raises(NoVersion, match=f"the policy {digest[:12]} is damaged"):
        versions.find(digest)
    versions.keep(policy(), NOW)
    assert versions.find(digest).text == ACCEPT


class FullDisk:
    """Writes as long as there is room."""

    def __init__(self, room):
        self.room = room

    def write(self, descriptor, octets):
        if self.room < len(octets):
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(octets)
        return os.write(descriptor, octets)

    fsync = staticmethod(os.fsync)
    rename = staticmethod(os.rename)


@pytest.mark.parametrize("room", [0, 60, 150, 300])
def test_a_full_disk_leaves_nothing_half_behind(versions, room):
    full = replace(versions, disk=Disk(FullDisk(room)))
    with pytest.raises(OSError, match="No space left"):
        full.keep(policy(lists={"a.txt": "x@example.org\n"}), NOW)
    with pytest.raises(NoVersion, match="no policy"):
        versions.find(hash_of(ACCEPT, Beside(lists={"a.txt": "x@example.org\n"})))
    digest = versions.keep(policy(lists={"a.txt": "x@example.org\n"}), NOW)
    assert versions.find(digest).text == ACCEPT


def test_a_policy_was_in_force_once_it_has_come_and_not_when_it_is_only_kept(versions):
    digest = versions.keep(policy(), NOW)
    assert not versions.was_in_force(digest)
    versions.enter(Came(NOW, digest, "mine.toml", "reload", "shadow"))
    assert not versions.was_in_force(digest)
    versions.enter(Came(NOW, digest, "mine.toml", "start"))
    assert versions.was_in_force(digest)


# Three policies, in force one after the other, a day each; the last one is in force now.
@pytest.fixture
def three(versions):
    hashes = []
    for day in range(3):
        since = NOW - timedelta(days=2 - day)
        hashes.append(versions.keep(policy(ACCEPT + f"# {day}\n"), since))
        versions.enter(Came(since, hashes[-1], "mine.toml", "reload"))
        os.utime(versions.folder / f"{hashes[-1]}.json", (since.timestamp(),) * 2)
    return hashes


def kept(versions):
    return {path.stem for path in versions.folder.glob("*.json")}


def test_what_is_not_too_much_stays_for_ever(versions, three):
    assert versions.drop_old(NOW + timedelta(days=9999), 1) == 0
    assert kept(versions) == set(three)


def test_what_is_too_much_goes_the_oldest_first_and_its_texts_with_it(versions, three):
    assert versions.drop_old(NOW + timedelta(days=40), 30, most=2) == 1
    assert kept(versions) == set(three[1:])
    assert len(texts(versions)) == 2
    assert versions.find(three[2]).text.endswith("# 2\n")


def test_what_is_in_force_stays_however_old_it_is(versions, three):
    assert versions.drop_old(NOW + timedelta(days=9999), 1, most=0) == 2
    assert kept(versions) == {three[2]}


def test_octets_are_too_many_as_well(versions, three):
    assert versions.drop_old(NOW + timedelta(days=40), 30, most_octets=150) == 1


def test_what_a_record_may_name_stays_though_it_is_too_much(versions, three, caplog):
    # Until 30 days after the first one ended, and a day for the clock.
    with caplog.at_level(logging.WARNING):
        assert versions.drop_old(NOW + timedelta(days=29), 30, most=1) == 0
    assert "3 versions" in caplog.text
    assert kept(versions) == set(three)
    assert versions.drop_old(NOW + timedelta(days=31), 30, most=1) == 1


def test_where_one_manifest_is_damaged_no_text_is_dropped(versions, three):
    (versions.folder / f"{three[1]}.json").write_text("{")
    assert versions.drop_old(NOW + timedelta(days=40), 30, most=2) == 1
    assert len(texts(versions)) == 3


def test_where_no_text_can_be_dropped_no_version_goes_for_its_octets(versions, three):
    (versions.folder / f"{three[2]}.json").write_text("{")
    assert versions.drop_old(NOW + timedelta(days=40), 30, most_octets=0) == 1
    assert versions.find(three[1]).text.endswith("# 1\n")


def test_nobody_else_reads_what_is_kept(versions):
    versions.keep(policy(), NOW)
    for path in versions.folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
