"""The folder: whole notices wait in it, and whatever else lies there is set aside, once."""

import errno
import hashlib
import json
import logging
import os
from dataclasses import replace

import pytest

from pratique.milter.durable import Disk
from pratique.milter.notices.outbox import FORMAT, LARGEST, WAITING, Full, Outbox, Unfit, Waiting
from pratique.milter.notices.rate import Rates

NOTICE = Waiting("a@our.example", "a rule", "Q1", 1_800_000_000, b"Subject: x\r\n\r\nhello\r\n")


def said(**other):
    """A notice of which something else is said than we would say."""
    mail = b"x"
    known = {"address": "a@our.example", "rule": "r", "about": "Q1", "made_at": 1}
    head = json.dumps(known | {"sha256": hashlib.sha256(mail).hexdigest()} | other)
    return FORMAT + head.encode("ascii") + b"\n" + mail


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path / "outbox")
    made.prepare()
    return made


def put(outbox, notice=NOTICE):
    with outbox.writing():
        outbox.put(notice)
    return outbox.names()[-1]


def test_what_was_put_there_is_read_again_until_it_is_removed(outbox):
    name = put(outbox)
    assert outbox.read(name) == NOTICE
    outbox.remove(name)
    outbox.remove(name)
    assert outbox.names() == []


def test_the_oldest_comes_first(outbox):
    new = put(outbox)
    old = replace(NOTICE, made_at=NOTICE.made_at - 1)
    put(outbox, old)
    assert outbox.read(outbox.names()[0]) == old
    assert outbox.names()[1] == new


def test_nobody_but_us_may_read_it(outbox):
    name = put(outbox)
    assert (outbox.folder / "new" / name).stat().st_mode & 0o077 == 0
    assert (outbox.folder / "key").stat().st_mode & 0o077 == 0
    assert outbox.folder.stat().st_mode & 0o077 == 0


def test_the_key_stays(outbox):
    assert outbox.prepare() == Outbox(outbox.folder).prepare()
    (outbox.folder / "key").write_bytes(b"short")
    assert len(outbox.prepare()) == 32


def test_of_a_notice_that_cannot_be_written_nothing_is_left(outbox):
    class Full:
        def write(self, descriptor, octets):
            raise OSError(errno.ENOSPC, "No space left on device")

        fsync, rename = staticmethod(os.fsync), staticmethod(os.rename)

    with pytest.raises(OSError, match="No space"):
        put(Outbox(outbox.folder, Disk(Full())))
    assert outbox.names() == []
    assert list((outbox.folder / "tmp").iterdir()) == []


@pytest.mark.slow
def test_so_many_wait_and_no_more(outbox):
    for number in range(WAITING - 1):
        (outbox.folder / "new" / str(number)).touch()
    put(outbox)
    with pytest.raises(Full, match="1000 notices wait"):
        put(outbox)


def test_what_a_crash_left_half_written_is_set_aside_and_told(outbox, caplog):
    (outbox.folder / "tmp/1").write_bytes(FORMAT)
    outbox.prepare()
    outbox.prepare()
    assert len(list((outbox.folder / "aside").iterdir())) == 1
    assert [one.levelno for one in caplog.records] == [logging.ERROR]


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "another version"),
        (b"pratique notice 2\n{}\n", "another version"),
        (FORMAT, "damaged"),
        (FORMAT + b"{}\nx", "damaged"),
        (FORMAT + b"[1]\nx", "damaged"),
        (FORMAT + b"\xff\nx", "damaged"),
        (FORMAT + b"[" * 100_000 + b"\nx", "damaged"),
        (said(made_at=float("inf")), "damaged"),
        (said(address="a@our.example>\r\nRCPT TO:<b@evil.example"), "no address"),
        (said(address=""), "no address"),
        (FORMAT + b"x" * LARGEST, "octets"),
    ],
)
def test_what_is_no_notice_is_known(outbox, octets, why):
    (outbox.folder / "new/1").write_bytes(octets)
    with pytest.raises(Unfit, match=why):
        outbox.read("1")


def test_one_that_was_changed_or_cut_off_is_known(outbox):
    name = put(outbox)
    path = outbox.folder / "new" / name
    whole = path.read_bytes()
    for octets in (whole[:-1], whole[:-1] + b"x", whole + b"x"):
        path.write_bytes(octets)
        with pytest.raises(Unfit, match="damaged"):
            outbox.read(name)


def test_a_notice_of_the_largest_size_is_read_and_no_larger(outbox):
    room = LARGEST - 300
    name = put(outbox, replace(NOTICE, mail=b"x" * room))
    assert outbox.read(name).mail == b"x" * room
    name = put(outbox, replace(NOTICE, mail=b"x" * LARGEST, made_at=NOTICE.made_at + 1))
    with pytest.raises(Unfit):
        outbox.read(name)


def test_what_is_a_folder_leaves_no_file_open(outbox):
    (outbox.folder / "new/1").mkdir()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        with pytest.raises(Unfit):
            outbox.read("1")
    assert len(os.listdir("/proc/self/fd")) < before + 10


def test_what_the_start_could_not_make_is_made_once_it_can_be(tmp_path):
    outbox = Outbox(tmp_path / "outbox")
    with outbox.writing():
        outbox.put(NOTICE)
    assert len(outbox.names()) == 1


@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
def test_what_is_no_file_is_known_and_set_aside(outbox, kind):
    path = outbox.folder / "new/1"
    make = {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "link": lambda: path.symlink_to("x"),
    }
    make[kind]()
    with pytest.raises(Unfit):
        outbox.read("1")
    outbox.set_aside("1", "because")
    assert outbox.names() == []


def test_one_has_the_turn_to_send(outbox):
    turn = outbox.turn()
    assert outbox.turn() is None
    os.close(turn)
    again = outbox.turn()
    assert again is not None
    os.close(again)


def test_counts_are_kept_and_damaged_ones_begin_anew(outbox, caplog):
    rates = Rates()
    rates.due(("a", "b"), 1, 1000)
    outbox.keep_rates(rates)
    assert outbox.rates().due(("a", "b"), 1, 1001) is None
    assert not caplog.records
    (outbox.folder / "rates").write_bytes(b"{")
    assert outbox.rates().due(("a", "b"), 1, 1001) is not None
    assert "begin anew" in caplog.text
