"""Names without a charset, in each way in which they are read."""

import pytest

from pratique.scanners.containers.oem import readings


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"a.exe", "a.exe"),
        ("Täst.exe".encode("cp437"), "Täst.exe"),
        ("Täst.exe".encode("cp1252"), "Täst.exe"),
        ("請求書.exe".encode("cp932"), "請求書.exe"),
        ("счёт.exe".encode("cp866"), "счёт.exe"),
        ("請求書.exe".encode(), "請求書.exe"),
    ],
)
def test_the_right_name_is_among_them(raw, name):
    assert name in readings(raw)
    assert len(readings(raw)) == len(set(readings(raw)))


@pytest.mark.parametrize("raw", [b"a.exe", "請求書.exe".encode(), b""])
def test_a_name_that_is_certain_is_one(raw):
    assert readings(raw) == (raw.decode(),)
