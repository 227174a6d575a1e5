"""Maildir: one file a message, whole, with the envelope in front."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.milter.content import content_of
from pratique.milter.durable import Disk
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.maildir import Maildir

NOON = datetime(2025, 11, 22, 12, 0, 0, 42, tzinfo=UTC)
CONTENT = b"Subject: hello\r\n\r\nfirst\r\n.second\r\n"


class Broken:
    """A disk that fails at the first write with an error."""

    def __init__(self, error: int) -> None:
        self.error = error

    def write(self, descriptor: int, octets: bytes | memoryview) -> int:
        raise OSError(self.error, os.strerror(self.error), "/var/lib/pratique/Maildir")

    def fsync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)


async def deliver(
    maildir: Maildir, *recipients: str, reverse_path: str | None = "ann@example.org"
) -> Reply:
    content = content_of((CONTENT,))
    reply, transaction = await maildir.begin(Envelope("Q1", NOON, reverse_path))
    if transaction is None:
        return reply
    for address in recipients:
        answer = await transaction.recipient(Forward(address))
        if not answer.accepted:
            return answer
    reply = await transaction.send(Outgoing(content, b"Received: here\r\n", ((0, 16),)))
    await transaction.give_up()
    await maildir.close()
    content.close()
    return reply


def in_room(folder: Path, room: str) -> list[Path]:
    return sorted((folder / room).iterdir())


async def test_a_message_is_one_file_with_its_envelope_in_front(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "Maildir"
    maildir = Maildir(folder, clock=lambda: NOON, host="mx")
    reply = await deliver(maildir, "bob@example.org", "carl@example.net")
    assert str(reply) == "250 2.0.0 Ok: delivered"
    (file,) = in_room(folder, "new")
    assert file.read_bytes() == (
        b"Return-Path: <ann@example.org>\r\n"
        b"Delivered-To: bob@example.org\r\n"
        b"Delivered-To: carl@example.net\r\n"
        b"Received: here\r\n"
        b"\r\nfirst\r\n.second\r\n"
    )
    assert in_room(folder, "tmp") == in_room(folder, "cur") == []


@pytest.mark.parametrize("reverse_path", ["", None])
async def test_no_reverse_path_is_the_null_one(tmp_path: Path, reverse_path: str | None) -> None:
    await deliver(Maildir(tmp_path), "bob@example.org", reverse_path=reverse_path)
    assert in_room(tmp_path, "new")[0].read_bytes().startswith(b"Return-Path: <>\r\n")


async def test_the_name_follows_the_convention_and_is_never_used_twice(tmp_path: Path) -> None:
    first = Maildir(tmp_path, clock=lambda: NOON, host="a/b:c")
    transactions = [(await first.begin(Envelope("Q", NOON, "")))[1] for _ in range(2)]
    content = content_of((CONTENT,))
    for transaction in transactions:
        assert transaction
        await transaction.recipient(Forward("bob@example.org"))
        assert (await transaction.send(Outgoing(content))).accepted
    await first.close()
    content.close()
    stem = f"{int(NOON.timestamp())}.M000042P{os.getpid()}"
    names = [path.name for path in in_room(tmp_path, "new")]
    assert names == [f"{stem}Q1.a\\057b\\072c", f"{stem}Q2.a\\057b\\072c"]


@pytest.mark.parametrize(
    ("error", "heard"),
    [
        (errno.ENOSPC, "452 4.3.1 Insufficient system storage"),
        (errno.EDQUOT, "452 4.3.1 Insufficient system storage"),
        (errno.EIO, "451 4.3.0 Local error, try again later"),
        (errno.EROFS, "451 4.3.0 Local error, try again later"),
    ],
)
async def test_a_disk_that_fails_is_a_reply_and_the_log_has_the_path(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: int, heard: str
) -> None:
    reply = await deliver(Maildir(tmp_path, disk=Disk(Broken(error))), "bob@example.org")
    assert str(reply) == heard
    assert in_room(tmp_path, "new") == in_room(tmp_path, "tmp") == []
    assert "/var/lib/pratique/Maildir" in caplog.text


async def test_a_file_in_the_place_of_the_folder_is_a_reply(tmp_path: Path) -> None:
    (tmp_path / "Maildir").write_text("not a folder")
    reply = await deliver(Maildir(tmp_path / "Maildir"), "bob@example.org")
    assert reply.code == 451


async def test_folders_that_were_taken_away_are_made_anew(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path)
    content = content_of((CONTENT,))
    codes = []
    for _ in range(3):
        _, transaction = await maildir.begin(Envelope("Q", NOON, ""))
        assert transaction
        await transaction.recipient(Forward("bob@example.org"))
        codes.append((await transaction.send(Outgoing(content))).code)
        if len(codes) == 1:
            in_room(tmp_path, "new")[0].unlink()
            for room in ("new", "tmp", "cur"):
                (tmp_path / room).rmdir()
    await maildir.close()
    content.close()
    assert codes == [250, 451, 250]
    assert len(in_room(tmp_path, "new")) == 1


async def test_a_message_for_nobody_is_refused(tmp_path: Path) -> None:
    assert (await deliver(Maildir(tmp_path))).code == 503
    assert not (tmp_path / "new").exists()


HOSTILE = ["a@b\r\nBcc: x@y", "a@b\n", "a\x00@b", "a\x7f@b", "a\x1b[2J@b", "a\ud800@b"]


@pytest.mark.parametrize("address", HOSTILE)
async def test_an_address_that_would_be_more_than_a_line_is_refused(
    tmp_path: Path, address: str
) -> None:
    assert (await deliver(Maildir(tmp_path), address)).code == 501
    reply = await deliver(Maildir(tmp_path), "bob@example.org", reverse_path=address)
    assert reply.code == 501


@pytest.mark.parametrize("octets", [b"j\xc3\xb6rg@example.org", b"j\xf6rg@example.org"])
async def test_octets_above_ascii_come_through(tmp_path: Path, octets: bytes) -> None:
    await deliver(Maildir(tmp_path), octets.decode("utf-8", "surrogateescape"))
    assert b"Delivered-To: " + octets + b"\r\n" in in_room(tmp_path, "new")[0].read_bytes()
