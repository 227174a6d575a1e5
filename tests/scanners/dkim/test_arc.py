"""ARC sets: complete, in order, and what each seal covers (RFC 8617 4.2.1, 5.1.1)."""

import hashlib

import pytest

from pratique.scanners.dkim import arc
from pratique.scanners.dkim.header_hash import Fields

TAGS = "a=rsa-sha256; d=example.org; s=k; b=AAAA"


def results(number):
    return f"ARC-Authentication-Results:  i={number}; mx.example.org; spf=pass\r\n".encode()


def message(number):
    return f"ARC-Message-Signature: i={number}; {TAGS}; bh=AAAA; h=from\r\n".encode()


def seal(number):
    return f"ARC-Seal: i={number}; {TAGS}; cv={'none' if number == 1 else 'pass'}\r\n".encode()


def chain(*numbers):
    """The newest above."""
    return [of(number) for number in reversed(numbers) for of in (seal, message, results)]


@pytest.fixture
def read(fields):
    def read(whole):
        header = Fields(fields(whole))
        return header, *arc.read_sets(header)

    return read


def problems(loose):
    return {one.stated.problem for one in loose}


def test_sets_are_read_in_their_order_wherever_they_stand(read):
    whole = [results(2), seal(1), b"From: x\r\n", message(1), seal(2), results(1), message(2)]
    _, sets, loose = read(whole)
    assert [(one.results, one.message.place, one.seal.place) for one in sets] == [
        (5, 3, 1), (0, 6, 4)
    ]  # fmt: skip
    assert loose == []
    assert [one.seal.stated.chain for one in sets] == ["none", "pass"]


def test_without_sets_there_is_nothing(read):
    assert read([b"From: x\r\n"])[1:] == ([], [])


@pytest.mark.parametrize(
    "whole",
    [
        chain(1)[1:], [seal(1)], [message(1)], [*chain(1), seal(1)], [*chain(1), seal(2)],
        chain(2), chain(1, 3), chain(1, 2, 2), [*chain(1), results(1)], chain(0), chain(0, 1),
        [seal(1), message(1), b"ARC-Authentication-Results: mx.example.org\r\n"],
        [seal(1), message(1), results(2)],
        [b"ARC-Seal: damaged\r\n", message(1), results(1)],
        [*chain(1), b"ARC-Seal: damaged\r\n"],
    ],
)  # fmt: skip
def test_sets_that_are_not_whole_are_none(read, whole):
    _, sets, loose = read(whole)
    assert sets == []
    assert len(loose) == sum(b"Results" not in one for one in whole)
    assert problems(loose) <= {"arc_set", "syntax"}


def test_results_alone_sign_nothing(read):
    assert read([results(1)])[1:] == ([], [])


def test_fifty_sets_are_a_chain_and_fifty_one_are_none(read):
    assert len(read(chain(*range(1, 51)))[1]) == 50
    _, sets, loose = read(chain(*range(1, 52)))
    assert sets == []
    assert problems(loose) == {"arc_set"}


def test_of_many_fields_that_are_no_chain_few_are_read(read):
    _, sets, loose = read(chain(*range(1, 300)))
    assert sets == []
    assert len(loose) == 2 * (arc.MOST_INSTANCES + 1)


@pytest.mark.parametrize(
    "written",
    [b"i=1;x", b" i = 1 ;x", b"\r\n\ti=1\r\n ;x", b"(a comment) i(b)=(c)1(d);x", b"i=01; x"],
)
def test_a_number_of_results_stands_among_comments_and_white_space(read, written):
    whole = [seal(1), message(1), b"ARC-Authentication-Results:" + written + b"\r\n"]
    assert len(read(whole)[1]) == 1


def test_a_seal_covers_all_before_it_and_itself_without_its_value(read):
    header, sets, _ = read(chain(1, 2))
    digests = list(arc.seal_digests(header, sets))

    def relaxed(octets):
        name, _, value = octets.partition(b":")
        return name.lower() + b":" + value.strip() + b"\r\n"

    def own(number):
        return relaxed(seal(number)).replace(b"AAAA", b"").removesuffix(b"\r\n")

    first = relaxed(results(1)) + relaxed(message(1))
    assert digests[0] == hashlib.sha256(first + own(1)).digest()
    second = first + relaxed(seal(1)) + relaxed(results(2)) + relaxed(message(2))
    assert digests[1] == hashlib.sha256(second + own(2)).digest()
