"""Macintosh files in MacBinary."""

import subprocess

import pytest

from pratique.scanners import signatures
from pratique.scanners.formats.macbinary import Macbinary


def test_both_forks_are_given(samples, open_with):
    octets = samples("macbinary").macbinary(b"hello", b"a.exe", b"icons")
    opened = open_with(Macbinary(), octets)

    assert opened.called == {"a.exe": b"hello", "": b"icons"}
    assert signatures.detect(memoryview(octets)) == "application/x-macbinary"


@pytest.mark.real("unar")
def test_another_reader_reads_what_the_tests_write(samples, tmp_path):
    (tmp_path / "a.bin").write_bytes(samples("macbinary").good(b"hello"))
    subprocess.run(["unar", "-q", "a.bin"], cwd=tmp_path, check=True)
    assert (tmp_path / "fox.txt").read_bytes() == b"hello"
