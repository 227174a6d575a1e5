"""What clamd says of itself is taken strictly, and its silence about limits is noticed."""

import gzip

import pytest

from pratique.milter.engines.troubles import NoAnswer
from pratique.milter.engines.version import packed, read


@pytest.mark.parametrize(
    ("octets", "engine", "database", "words"),
    [
        (
            b"ClamAV 1.4.6/27500/Thu Nov 20 12:35:01 2025\0",
            "1.4.6",
            "27500",
            "ClamAV 1.4.6, database 27500 of 2025-11-20",
        ),
        (b"ClamAV 1.4.6\0", "1.4.6", "", "ClamAV 1.4.6, a database of its own"),
        (b"ClamAV 1.5.0-rc/1/x\0", "1.5.0-rc", "1", "ClamAV 1.5.0-rc, database 1 of "),
    ],
)
def test_a_version_is_read(octets, engine, database, words):
    version = read(octets)
    assert (version.engine, version.database, str(version)) == (engine, database, words)


@pytest.mark.parametrize(
    "octets",
    [b"", b"ClamAV \0", b"ClamAV 1.4.6", b"ClamAV 1.4.6/x/Thu\0", b"clamd 1\0", b"ClamAV 1\0\0",
     b"ClamAV " + b"1" * 65 + b"\0", b"ClamAV 1/1/Thu\xff\0", b"UNKNOWN COMMAND\0"],
)  # fmt: skip
def test_what_is_no_version_is_not(octets):
    with pytest.raises(NoAnswer):
        read(octets)


def test_a_date_that_there_is_not_is_left_out():
    assert read(b"ClamAV 1.4.6/27500/Xxx Nov 99 12:35:01 2025\0").date is None


def test_the_trial_is_packed_deeper_than_clamd_may_be_told_to_go():
    octets, layers = packed(), 0
    assert len(octets) < 4096
    while octets.startswith(b"\x1f\x8b"):
        octets, layers = gzip.decompress(octets), layers + 1
    assert layers > 100
