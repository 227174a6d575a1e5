"""Keys that are read, refused with what to do, and changed without a bounce being lost."""

import base64
import os
from datetime import date, timedelta

import pytest

from pratique.milter.sent import keys as keys_file
from pratique.milter.sent.keys import GRACE, MOST_KEYS, KeysError, add, parse, read, with_a_new_key

TODAY = date(2026, 11, 22)
GOOD = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(range(100, 140))).decode()


@pytest.fixture
def file(tmp_path):
    def write(text, mode=0o600):
        path = tmp_path / "sent.keys"
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def test_the_first_key_signs_and_all_are_there(file):
    found = read(file(f"# ours\n\n 2  2026-11-22  {GOOD}  \n1 2026-05-01 {OTHER}\n"))
    assert [(key.number, key.made_on.isoformat()) for key in found.all] == [
        (2, "2026-11-22"),
        (1, "2026-05-01"),
    ]
    assert found.signing.octets == bytes(range(32))
    assert found.numbered(1).octets == bytes(range(100, 140))
    assert found.numbered(3) is None
    assert [key.number for key in found.with_digit(2)] == [2]


def test_each_use_has_a_key_of_its_own(keys):
    uses = [keys.signing.for_use(use) for use in ("watermark", "batv 20", "batv 21")]
    assert len({*uses, keys.signing.octets}) == 4


def test_a_key_is_never_shown(keys):
    assert "octets" not in repr(keys)


SHORT = base64.b64encode(bytes(range(31))).decode()
SAME = base64.b64encode(bytes(64)).decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there are no keys"),
        ("# nothing\n", "there are no keys"),
        (f"1 2026-11-22 {SHORT}", r"sent.keys:1: the key is too short: 31 octets, 32 at least"),
        (f"# x\n1 2026-11-22 {SAME}", r"sent.keys:2: the key is not random"),
        (f"1 2026-11-32 {GOOD}", "no key"),
        (f"1 2026-11-22 {GOOD[:-2]}", "no key"),
        (f"one 2026-11-22 {GOOD}", "a line is a number, a date"),
        (GOOD, "a line is a number, a date"),
    ],
)
def test_what_is_wrong_is_told_with_the_command_that_makes_a_key(file, text, told):
    path = file(text)
    with pytest.raises(KeysError, match=told) as raised:
        read(path)
    assert f"`pratique keys new {path}`" in str(raised.value)
    assert GOOD not in str(raised.value)


def test_who_puts_a_key_on_top_of_what_is_none_is_not_told_to_do_so_again(file):
    path = file("")
    with pytest.raises(KeysError, match="move it away and make one with `pratique keys new "):
        add(path, date(2026, 11, 22))
    assert path.read_text() == ""


def test_a_file_that_is_missing_is_told_with_the_command_too(tmp_path):
    with pytest.raises(KeysError, match=r"there are no keys in .*`pratique keys new "):
        read(tmp_path / "none")


def test_two_keys_with_one_number_are_refused(file):
    with pytest.raises(KeysError, match="two keys have the number 1"):
        read(file(f"1 2026-11-22 {GOOD}\n1 2026-05-01 {OTHER}\n"))


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o620, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused(file, mode):
    path = file(f"1 2026-11-22 {GOOD}\n", mode)
    with pytest.raises(KeysError, match=f"mode {mode:04o}.*chmod 0600 {path}"):
        read(path)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_group_may_read_it(file, mode):
    assert read(file(f"1 2026-11-22 {GOOD}\n", mode)).signing.number == 1


def test_a_file_of_another_user_is_refused(file):
    path = file(f"1 2026-11-22 {GOOD}\n")
    ours = path.stat().st_uid
    if ours != 0:
        with pytest.raises(KeysError, match=rf"another user .uid {ours}.*chown 12345 {path}"):
            read(path, 12345)
    # Root may look at that of the service, and the service at that of root.
    assert read(path, 0) == read(path, ours)


@pytest.mark.real("root")
def test_the_owner_of_a_file_is_told(file):
    path = file(f"1 2026-11-22 {GOOD}\n")
    os.chown(path, 12345, 12345)
    with pytest.raises(KeysError, match=rf"another user .uid 12345.*chown 12346 {path}"):
        read(path, 12346)
    assert read(path, 12345) == read(path)


@pytest.mark.real("root")
def test_a_new_key_leaves_the_file_to_whom_it_belonged(file):
    path = file(f"1 2026-11-22 {GOOD}\n", 0o640)
    os.chown(path, 12345, 12346)
    add(path, TODAY)
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (12345, 12346, 0o640)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_folder_or_a_pipe_is_no_file_of_keys(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(KeysError, match="no file"):
            read(path)


def test_a_file_that_is_too_long_is_none(file):
    path = file("#" * 64 * 1024)
    with pytest.raises(KeysError, match="there are no keys"):
        read(path)
    with pytest.raises(KeysError, match="more than"):
        read(file("#" * (64 * 1024 + 1)))


def test_there_is_a_most_of_keys(tmp_path):
    lines = [
        f"{number} 2026-11-22 {base64.b64encode(bytes(range(number, number + 32))).decode()}\n"
        for number in range(1, MOST_KEYS + 2)
    ]
    assert len(parse("".join(lines[:MOST_KEYS]), tmp_path).all) == MOST_KEYS
    with pytest.raises(KeysError, match=f"{MOST_KEYS} at most"):
        parse("".join(lines), tmp_path)


# Making and changing them


def test_a_new_file_is_one_that_is_read(tmp_path):
    path = tmp_path / "sent.keys"
    made = add(path, TODAY)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read(path) == made
    assert (made.signing.number, made.signing.made_on) == (1, TODAY)
    assert len(made.signing.octets) == 32


def test_a_new_key_signs_and_the_old_one_stays(tmp_path):
    path = tmp_path / "sent.keys"
    first = add(path, TODAY)
    second = add(path, TODAY + timedelta(days=400))
    assert [key.number for key in second.all] == [2, 1]
    assert second.all[1] == first.signing
    assert second.signing.octets != first.signing.octets


def test_an_old_key_goes_once_nothing_that_it_signed_is_asked_for(tmp_path):
    path = tmp_path / "sent.keys"
    add(path, TODAY)
    add(path, TODAY)
    numbers = []
    for days in (GRACE.days, GRACE.days + 1):
        text = with_a_new_key(read(path), TODAY + timedelta(days=days))
        numbers.append([key.number for key in parse(text, path).all])
    # The second has signed until now, however old it is.
    assert numbers == [[3, 2, 1], [3, 2]]


def test_keys_that_cannot_be_written_are_told(tmp_path):
    with pytest.raises(KeysError, match="cannot be written"):
        add(tmp_path / "none" / "sent.keys", TODAY)


def test_numbers_come_to_an_end(tmp_path):
    last = parse(f"{keys_file._MOST_NUMBER} 2026-11-22 {GOOD}", tmp_path)
    with pytest.raises(KeysError, match="is the last"):
        with_a_new_key(last, TODAY)
