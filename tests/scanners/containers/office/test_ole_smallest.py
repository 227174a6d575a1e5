"""The compound files that readers are rehearsed with."""

import io

import olefile
import pytest

from pratique.scanners.containers.office.ole_smallest import smallest


@pytest.mark.parametrize(
    "streams", [{}, {"a": b""}, {"a": b"abc"}, {"a": b"x" * 64, "b": b"", "c": b"y" * 200}]
)
def test_another_reader_opens_them(streams):
    other = olefile.OleFileIO(io.BytesIO(smallest(streams)))

    assert {path[0]: other.openstream(path).read() for path in other.listdir()} == streams
