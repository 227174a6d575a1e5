"""Files that are like each other, and lists of their digests."""

import random

import pytest

from pratique.scanners.hash_list import HashList, Head, Record, packed


@pytest.fixture
def kit():
    """A script, and the same with so many of its lines written anew."""

    def made(changed=0, lines=150, seed=1):
        chance = random.Random(seed)
        words = [chance.randbytes(chance.randrange(2, 6)).hex() for _ in range(300)]
        text = [" ".join(chance.choices(words, k=8)) for _ in range(lines)]
        other = random.Random(changed)
        for _ in range(changed):
            text[other.randrange(lines)] = other.randbytes(20).hex()
        return "\n".join(text).encode()

    return made


@pytest.fixture
def listed():
    """A list of such digests: by default each holds for ever, and says its number."""

    def made(digests, distance=30, records=None):
        records = records or [Record("ann", str(number)) for number in range(len(digests))]
        numbered = {one: number for number, one in enumerate(digests)}
        head = Head("ours", "suspicious", 1_700_000_000, distance)
        return HashList(b"".join(packed(head, numbered, records)))

    return made
