"""The socket that `pratique reload` asks on."""

import asyncio
import contextlib
import socket

import pytest

from pratique.milter.supervisor import control
from pratique.milter.supervisor.control import Said


async def obey(word):
    return Said(word == "reload", (word, "ünd"))


async def test_a_word_is_obeyed_and_answered(tmp_path):
    async with control.listening(tmp_path, obey):
        assert control.answers(tmp_path)
        assert await asyncio.to_thread(control.ask, tmp_path, "reload") == Said(
            True, ("reload", "ünd")
        )
        assert not (await asyncio.to_thread(control.ask, tmp_path, "dance")).done


async def test_only_the_owner_may_ask(tmp_path):
    async with control.listening(tmp_path, obey):
        assert (tmp_path / "control").stat().st_mode & 0o777 == 0o600


async def test_a_path_that_is_longer_than_a_sockets_may_be_is_no_trouble(tmp_path):
    folder = tmp_path / ("x" * 200)
    folder.mkdir()
    async with control.listening(folder, obey):
        assert (await asyncio.to_thread(control.ask, folder, "reload")).done


async def test_a_socket_that_a_killed_service_left_is_replaced(tmp_path):
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(tmp_path / "control"))
    assert not control.answers(tmp_path)
    async with control.listening(tmp_path, obey):
        assert control.answers(tmp_path)
    assert not (tmp_path / "control").exists()


def test_where_nobody_serves_nobody_answers(tmp_path):
    assert not control.answers(tmp_path)
    with pytest.raises(FileNotFoundError):
        control.ask(tmp_path, "reload")


async def test_a_line_without_end_is_cut_off(tmp_path):
    async with control.listening(tmp_path, obey):
        with control._path(tmp_path) as path:
            reader, writer = await asyncio.open_unix_connection(path)
        with contextlib.closing(writer):
            writer.write(b"x" * 1000)
            assert await reader.read() == b""


async def test_a_service_that_ends_before_it_answers_is_told(tmp_path):
    async def end(word):
        raise OSError("gone")

    async with control.listening(tmp_path, end):
        with pytest.raises(ConnectionResetError):
            await asyncio.to_thread(control.ask, tmp_path, "reload")
