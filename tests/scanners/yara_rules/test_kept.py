"""Compiled rules are kept for the next start, and nothing else is believed."""

import os

import pytest

from pratique.scanners.yara_rules.kept import _HEAD, MOST, Kept, key_of

SOURCES = {"/x/a.yar": "rule a { condition: true }"}
KEY = key_of(SOURCES)
SAVED = b"what YARA saved"


@pytest.fixture
def kept(tmp_path):
    return Kept.at(str(tmp_path / "rules-cache"))


def file_of(kept, key=KEY):
    return kept.folder / f"{key.hex()}.compiled"


def test_what_is_kept_is_had_again_by_whom_it_belongs_to_alone(kept):
    kept.put(KEY, SAVED)
    assert kept.get(KEY) == SAVED
    assert kept.folder.stat().st_mode & 0o777 == 0o700
    assert file_of(kept).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in kept.folder.iterdir()] == [file_of(kept).name]


def test_other_sources_are_other_rules(kept):
    kept.put(KEY, SAVED)
    others = [
        {"/x/b.yar": SOURCES["/x/a.yar"]},
        {"/x/a.yar": SOURCES["/x/a.yar"] + " "},
        SOURCES | {"/x/b.yar": ""},
        {},
    ]
    assert len({KEY, *map(key_of, others)}) == 5
    assert [kept.get(key_of(one)) for one in others] == [None] * 4


@pytest.mark.parametrize(
    "spoil",
    [
        lambda octets: octets[:-1],
        lambda octets: octets + b"x",
        lambda octets: b"",
        lambda octets: octets[:_HEAD],
        lambda octets: b"prqyara0" + octets[8:],
        lambda octets: octets[:-1] + b"?",
        lambda octets: octets[:10] + b"?" + octets[11:],
    ],
    ids=["cut", "longer", "empty", "head", "version", "octet", "key"],
)
def test_what_is_damaged_or_of_another_version_is_not_believed(kept, spoil):
    kept.put(KEY, SAVED)
    file_of(kept).write_bytes(spoil(file_of(kept).read_bytes()))
    assert kept.get(KEY) is None
    kept.put(KEY, SAVED)
    assert kept.get(KEY) == SAVED


def test_one_set_does_not_pass_for_another(kept):
    kept.put(KEY, SAVED)
    other = key_of({})
    file_of(kept).rename(file_of(kept, other))
    assert kept.get(other) is None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_believed(kept, mode):
    kept.put(KEY, SAVED)
    file_of(kept).chmod(mode)
    assert kept.get(KEY) is None


def test_a_link_is_not_followed(kept, tmp_path):
    kept.put(KEY, SAVED)
    file_of(kept).rename(tmp_path / "elsewhere")
    file_of(kept).symlink_to(tmp_path / "elsewhere")
    assert kept.get(KEY) is None


def test_what_is_no_file_is_not_waited_for(kept):
    os.mkfifo(file_of(kept), 0o600)
    assert kept.get(KEY) is None


@pytest.mark.real("root")
def test_a_file_of_another_user_is_not_believed(kept):
    kept.put(KEY, SAVED)
    os.chown(file_of(kept), 65534, -1)
    assert kept.get(KEY) is None


@pytest.mark.real("root")
@pytest.mark.parametrize("whose", ["rules-cache", "."])
def test_a_folder_of_another_user_is_not_believed_and_none_is_made_in_his(tmp_path, whose):
    if whose == "rules-cache":
        (tmp_path / whose).mkdir(mode=0o700)
    os.chown(tmp_path / whose, 65534, -1)
    assert Kept.at(str(tmp_path / "rules-cache")).folder is None
    assert (tmp_path / "rules-cache").exists() is (whose == "rules-cache")


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o1777])
def test_a_folder_that_others_may_write_into_is_not_believed_and_told(tmp_path, mode, capfd):
    folder = tmp_path / "rules-cache"
    folder.mkdir()
    folder.chmod(mode)
    assert Kept.at(str(folder)).folder is None
    assert f"{folder} is not believed" in capfd.readouterr().err


def test_without_a_folder_of_state_nothing_is_kept(tmp_path):
    for folder in ("", str(tmp_path / "nowhere/rules-cache")):
        kept = Kept.at(folder)
        kept.put(KEY, SAVED)
        assert kept.get(KEY) is None
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_the_folder_is_not_believed(tmp_path):
    (tmp_path / "other").mkdir(mode=0o700)
    (tmp_path / "rules-cache").symlink_to(tmp_path / "other")
    assert Kept.at(str(tmp_path / "rules-cache")).folder is None


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_are_kept_and_that_which_was_used_last_is_one_of_them(kept, more):
    keys = [key_of({"": str(number)}) for number in range(MOST)]
    for number, key in enumerate(keys):
        kept.put(key, SAVED)
        os.utime(file_of(kept, key), (number, number))
    assert kept.get(keys[0]) == SAVED
    for number in range(more):
        kept.put(key_of({"more": str(number)}), SAVED)
    assert kept.get(keys[0]) == SAVED
    assert (kept.get(keys[1]) is None) is bool(more)
    assert len(list(kept.folder.iterdir())) == MOST


def test_what_was_left_half_written_goes_with_time(kept):
    for number in range(3 * MOST):
        (kept.folder / f"{KEY.hex()}.compiled.{number}").write_bytes(b"half")
    kept.put(KEY, SAVED)
    assert len(list(kept.folder.iterdir())) == 2 * MOST
    assert kept.get(KEY) == SAVED


def test_what_cannot_be_kept_is_told_and_harms_nothing(kept, capfd):
    file_of(kept).mkdir()
    kept.put(KEY, SAVED)
    assert "is not kept" in capfd.readouterr().err
    assert [each.name for each in kept.folder.iterdir()] == [file_of(kept).name]
    assert kept.get(KEY) is None
