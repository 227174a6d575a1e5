"""What the forks of a Macintosh file are called."""

import pytest

from pratique.scanners.budget import Budget, Limits
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.macintosh.forks import Fork, give


@pytest.mark.parametrize(
    ("raw", "name"), [(b"a.txt", "a.txt"), ("ü.txt".encode(), "ü.txt"), (b"\x9f.txt", "ü.txt")]
)
def test_the_data_fork_has_the_name_and_the_resource_fork_none(raw, name):
    gather = Gather(Budget(Limits()), 1)
    (fork,) = give(Fork("x", raw, memoryview(b"a")), gather)
    (resources,) = give(Fork("x", raw, memoryview(b"b"), resources=True), gather)

    assert (fork.step, fork.name, bytes(fork.octets)) == (f"x:{name}", name, b"a")
    assert (resources.step, resources.name) == (f"x:{name}/resources", "")
