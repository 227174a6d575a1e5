"""The files in compiled help, stored and packed."""

import shutil
import subprocess

import pytest

from pratique.scanners.formats.chm import Chm

PAGES = {"/a.html": b"<html>a", "/b.bin": bytes(range(256)) * 400, "/c": b"c"}


def test_what_is_stored_and_what_is_packed_are_parts(samples, open_with):
    opened = open_with(Chm(), samples("chm").help_({"/s": b"stored"}, PAGES))

    assert opened.called == {"s": b"stored"} | {name[1:]: held for name, held in PAGES.items()}
    assert opened.known.unopened == ""


def test_the_files_own_tables_are_no_parts(samples, open_with):
    opened = open_with(Chm(), samples("chm").help_({"/#SYSTEM": b"a", "/$OBJINST": b"b"}, PAGES))

    assert set(opened.names) == {name[1:] for name in PAGES}


def test_what_came_before_damage_is_given(samples, open_with):
    octets = samples("chm").help_({}, PAGES)
    at = octets.find(bytes(range(256)) * 100)
    opened = open_with(Chm(), octets[: at + 66_000])

    assert opened.called["a.html"] == b"<html>a"
    assert opened.known.unopened == "unreadable"


def test_a_size_that_cannot_be_is_stopped_by_a_limit(samples, open_with):
    # Both are numbers of four octets, so that nothing behind them is moved.
    octets = samples("chm").help_({}, {"/a": bytes(1 << 21)})
    told, huge = b"/a\x01\x00\x81\x80\x80\x00", b"/a\x01\x00\xff\xff\xff\x7f"
    assert told in octets
    opened = open_with(Chm(), octets.replace(told, huge))

    assert opened.over == "octets"


@pytest.mark.real("7z")
def test_another_reader_finds_the_same(samples, tmp_path):
    file = tmp_path / "a.chm"
    file.write_bytes(samples("chm").help_({"/s": b"stored"}, PAGES))
    program = shutil.which("7zz") or shutil.which("7z") or "7z"
    done = subprocess.run(
        [program, "x", "-so", str(file), "b.bin"], check=False, capture_output=True
    )

    assert done.stdout == PAGES["/b.bin"]
