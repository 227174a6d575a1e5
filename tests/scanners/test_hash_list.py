"""A list of hashes is found in its file as it was written, and not at all if it is not whole."""

import hashlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.hash_list import HashList, Head, Record, WrongList, packed

HEAD = Head("ours", "malicious", 1_700_000_000)
RECORDS = [Record("ann", "seen on Monday"), Record("böb", "ein Wurm", 20_000)]


def sha(number):
    return hashlib.sha256(b"%d" % number).digest()


def md5(number):
    return sha(number)[:16]


def file(hashes, records=RECORDS, head=HEAD):
    return b"".join(packed(head, hashes, records))


def test_what_was_written_is_found():
    octets = file({sha(1): 0, sha(2): 1, md5(3): 1})
    listed = HashList(octets)
    assert listed.head == HEAD
    assert listed.counts == {"sha256": 2, "md5": 1, "tlsh": 0}
    assert [listed.find(one) for one in (sha(1), sha(2), md5(3))] == [
        RECORDS[0],
        RECORDS[1],
        RECORDS[1],
    ]


def test_what_was_not_written_is_not_found():
    listed = HashList(file({sha(1): 0}))
    assert [listed.find(one) for one in (sha(2), md5(1), b"", b"short", sha(1) + b"x")] == [
        None
    ] * 5


def test_a_list_of_before_tlsh_is_still_one():
    pieces = packed(HEAD, {sha(1): 0}, RECORDS)
    stated = json.loads(pieces[3])
    del stated["distance"], stated["counts"]["tlsh"]
    pieces[3] = json.dumps(stated).encode()
    pieces[2] = len(pieces[3]).to_bytes(4, "little")
    pieces[1] = hashlib.sha256(b"".join(pieces[2:])).digest()
    listed = HashList(b"".join(pieces))
    assert (listed.find(sha(1)), listed.counts["tlsh"]) == (RECORDS[0], 0)


def test_hashes_of_a_kind_are_read_from_place_to_place():
    digests = [bytes([3, one]) + b"x" * 33 for one in (0, 7, 255)]
    listed = HashList(file(dict.fromkeys([sha(1), *digests], 0)))
    fan = listed.fan(35, 3)
    assert (len(fan), fan[0], fan[1], fan[7], fan[8], fan[255], fan[256]) == (257, 0, 1, 1, 2, 2, 3)
    assert set(listed.fan(35, 2)) == {0}
    assert set(listed.fan(35, 4)) == {3}
    assert listed.rows(35, 1, 3) == digests[1] + digests[2]
    assert listed.record(35, 2) == RECORDS[0]


def test_of_a_kind_that_it_has_not_there_is_nothing_to_read():
    assert set(HashList(file({sha(1): 0})).fan(35, 0)) == {0}


def test_a_reason_that_is_no_text_is_written_all_the_same():
    listed = HashList(file({sha(1): 0}, [Record("ann", "\ud800\0x")]))
    assert listed.find(sha(1)) == Record("ann", "?\0x")


def test_a_list_of_nothing_finds_nothing():
    assert HashList(file({}, [])).find(sha(1)) is None


@given(st.sets(st.binary(min_size=16, max_size=16) | st.binary(min_size=32, max_size=32)))
@pytest.mark.slow
def test_all_and_only_those_are_found_that_were_written(hashes):
    kept = {one: number % 2 for number, one in enumerate(sorted(hashes)[::2])}
    listed = HashList(file(kept))
    for one in hashes:
        found = listed.find(one)
        assert found == (RECORDS[kept[one]] if one in kept else None)


def test_hashes_at_both_ends_and_with_the_same_beginning_are_told_apart():
    ends = [bytes(32), b"\xff" * 32, bytes(31) + b"\1", b"\0\1" + bytes(30), b"\0\1" * 16]
    listed = HashList(file(dict.fromkeys(ends[:3], 0)))
    assert [listed.find(one) is not None for one in ends] == [True] * 3 + [False] * 2


def test_a_version_is_of_the_content():
    one, same, other = (HashList(file({sha(number): 0})).version for number in (1, 1, 2))
    assert one == same != other
    assert len(one) == 12


@pytest.mark.parametrize(
    "break_it",
    [
        lambda octets: b"",
        lambda octets: octets[:20],
        lambda octets: octets[:-1],
        lambda octets: octets + b"\0",
        lambda octets: octets[:100],
        lambda octets: b"prqhash0" + octets[8:],
        lambda octets: octets[:-1] + bytes([octets[-1] ^ 1]),
        lambda octets: b"<html>Come again later</html>" + bytes(100),
    ],
)
def test_a_file_that_is_not_whole_is_no_list(break_it):
    with pytest.raises(WrongList):
        HashList(break_it(file({sha(1): 0})))


def test_a_file_that_says_another_length_is_no_list():
    pieces = packed(HEAD, {sha(1): 0}, RECORDS)
    body = [*pieces[2:], b"more"]
    whole = hashlib.sha256(b"".join(body)).digest()
    with pytest.raises(WrongList, match="as long as"):
        HashList(b"".join([pieces[0], whole, *body]))


@pytest.mark.slow
def test_to_look_up_one_of_half_a_million_takes_microseconds():
    listed = HashList(file({sha(number): 0 for number in range(500_000)}))
    there, not_there = map(sha, range(5000)), map(sha, range(500_000, 505_000))
    begun = time.process_time()
    found = [listed.find(one) is not None for one in (*there, *not_there)]
    assert (time.process_time() - begun) / len(found) < 20e-6
    assert found == [True] * 5000 + [False] * 5000
