"""Compound files: chains, short streams, the directory, and what hostile tables do."""

import io
import struct

import olefile
import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office.ole import Compound

STREAMS = {
    "long": bytes(range(256)) * 40,
    "short": b"abc" * 30,
    "A/B/deep": b"x" * 5000,
    "A/empty": b"",
}


@pytest.fixture(params=[512, 4096])
def octets(request, sample) -> bytes:
    return sample("_compound").compound(STREAMS, request.param)


def named(compound):
    return {"/".join([*compound.path(one), one.name]): one for one in compound.streams()}


def test_every_stream_is_read_to_its_last_octet(octets, budget):
    compound = Compound(memoryview(octets), budget)
    read = {path: compound.read(one) for path, one in named(compound).items()}

    assert {path: bytes(held) for path, (held, _) in read.items()} == STREAMS
    assert {why for _, why in read.values()} == {""}
    assert compound.damage == ""


def test_another_reader_sees_the_same(octets):
    other = olefile.OleFileIO(io.BytesIO(octets))

    assert {"/".join(path): other.openstream(path).read() for path in other.listdir()} == STREAMS


@pytest.mark.slow
def test_a_table_that_the_header_does_not_hold_goes_on_elsewhere(sample, budget):
    # 109 sectors of 128 places chain 7 MB.
    octets = sample("_compound").compound({"long": bytes(range(256)) * 40_000})
    compound = Compound(memoryview(octets), budget)
    held, why = compound.read(named(compound)["long"])

    assert (bytes(held), why) == (bytes(range(256)) * 40_000, "")
    assert olefile.OleFileIO(io.BytesIO(octets)).openstream("long").read() == bytes(held)


def test_names_know_no_case_and_stand_in_their_storage(octets, budget):
    compound = Compound(memoryview(octets), budget)
    storage = compound.below(0, "a")

    assert storage is not None
    assert compound.below(storage.number, "EMPTY") is not None
    assert compound.below(0, "empty") is None


def test_other_octets_are_written_in_the_place_of_a_stream(octets, budget):
    compound = Compound(memoryview(octets), budget)
    copy, entries = bytearray(octets), named(compound)
    compound.write(copy, entries["long"], bytes(10240))
    compound.write(copy, entries["short"], b"z" * 90)
    again = Compound(memoryview(copy), budget)

    assert bytes(again.read(entries["long"])[0]) == bytes(10240)
    assert bytes(again.read(entries["short"])[0]) == b"z" * 90
    assert bytes(again.read(entries["A/B/deep"])[0]) == STREAMS["A/B/deep"]


def test_only_the_beginning_is_read_if_no_more_is_asked(octets, budget):
    compound = Compound(memoryview(octets), budget)

    assert len(compound.read(named(compound)["long"], 10)[0]) == 10


def table_at(octets: bytes) -> int:
    return (int.from_bytes(octets[76:80], "little") + 1) * 512


def test_a_chain_that_leads_into_itself_ends_and_says_so(sample, budget):
    octets = bytearray(sample("_compound").compound({"long": bytes(50_000)}))
    at = table_at(octets)
    octets[at + 4 * 5 : at + 4 * 6] = struct.pack("<I", 2)
    compound = Compound(memoryview(octets), budget)
    held, why = compound.read(named(compound)["long"])

    assert why == "a chain leads into itself"
    assert 0 < len(held) <= 6 * 512


def test_a_stream_of_a_size_that_cannot_be_is_what_is_there(sample, budget):
    octets = bytearray(sample("_compound").compound({"long": bytes(5000)}))
    at = octets.find("long".encode("utf-16-le"))
    octets[at + 120 : at + 124] = struct.pack("<I", 0x7FFFFFFF)
    compound = Compound(memoryview(octets), budget)
    held, why = compound.read(named(compound)["long"])

    assert len(held) <= len(octets)
    assert why


def test_a_directory_that_leads_into_itself_ends_and_says_so(octets, budget):
    if octets[30] != 9:
        return  # the larger sectors hold this directory in one
    broken = bytearray(octets)
    first = int.from_bytes(broken[48:52], "little")
    at = table_at(broken) + 4 * first
    broken[at : at + 4] = struct.pack("<I", first)

    assert Compound(memoryview(broken), budget).damage == "directory: a chain leads into itself"


def test_an_entry_that_no_storage_lists_is_there_all_the_same(octets, budget):
    lonely = bytearray(octets)
    at = lonely.find("long".encode("utf-16-le"))
    root = lonely.find("Root".encode("utf-16-le"))
    lonely[root + 76 : root + 80] = struct.pack("<I", 0xFFFFFFFF)
    compound = Compound(memoryview(lonely), budget)

    assert at > 0
    assert not named(compound)["long"].reached
    assert bytes(compound.read(named(compound)["long"])[0]) == STREAMS["long"]


@pytest.mark.parametrize("octets_", [b"", b"\xd0\xcf\x11\xe0", bytes(600)])
def test_what_has_no_header_is_damaged(octets_, budget):
    with pytest.raises(Damaged):
        Compound(memoryview(octets_), budget)


def test_a_directory_may_have_ten_entries_for_each_part_and_no_more(sample):
    # Four entries a sector of 512 octets: the root and three of forty streams come first.
    octets = sample("_compound").compound({f"s{number}": b"" for number in range(39)})

    assert len(Compound(memoryview(octets), Budget(Limits(parts=4))).entries) == 40
    with pytest.raises(OverBudget, match="directory"):
        Compound(memoryview(octets), Budget(Limits(parts=3)))


def test_all_that_is_read_is_charged(octets):
    budget = Budget(Limits(octets=8_000))
    compound = Compound(memoryview(octets), budget)
    compound.read(named(compound)["short"])
    with pytest.raises(OverBudget):
        compound.read(named(compound)["long"])
