"""What a door is handed beside its order: policies of any size, read from a sealed memfd."""

import fcntl
import os
from pathlib import Path

import pytest

from pratique.milter.policy_file import PolicyFile
from pratique.milter.sent.keyring import Keyring
from pratique.milter.supervisor.charge import Charge, Policies
from pratique.milter.supervisor.orders import MAX_FRAME
from pratique.policies.written.beside import Beside

MINE = PolicyFile(
    "mine\udcff.toml",
    "# ü \ud83d\n".encode("utf-8", "replace").decode(),
    Path("/etc/pratique"),
    Beside({"default": "# d\n"}, {"a.txt": "ann@x.example\n" * 3}),
)
NEW = PolicyFile("new.toml", "# new\n", Path())


@pytest.mark.parametrize("policies", [Policies(MINE), Policies(MINE, NEW)])
def test_policies_arrive_as_they_were(policies):
    assert Policies.read(policies.written()) == policies


def test_an_order_names_the_nursery_the_policies_and_the_sockets_in_this_order():
    charge = Charge('{"state": "x"}', Policies(MINE, NEW).written())
    with charge.order(3, (8, 9)) as order:
        control, policies, *sockets = order.descriptors
        assert (control, sockets) == (3, [8, 9])
        assert order.body == {"settings": '{"state": "x"}'}
        # Each door reads it from the beginning, though all share one description.
        for _ in range(2):
            assert Policies.taken_over(os.dup(policies)) == Policies(MINE, NEW)
        assert fcntl.fcntl(policies, fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(policies)


def test_two_lists_of_a_million_entries_do_not_make_an_order_too_long():
    entries = "\n".join(f"somebody{number:07d}@partner.example" for number in range(1_000_000))
    large = PolicyFile("large.toml", "", Path(), Beside(lists={"a.txt": entries}))
    both = Policies(large, large)
    written = both.written()
    assert len(written) > 10 * MAX_FRAME
    with Charge("{}", written).order(3) as order:
        assert len(order.encode()) < 1000
        read = Policies.taken_over(os.dup(order.descriptors[1]))
    assert read == both


def test_what_is_secret_is_in_no_text_of_an_order():
    charge = Charge("{}", b"[]", Keyring("secret", b"secret"))
    with charge.order(3) as order:
        assert order.body["settings"] == "{}"
        assert "secret" not in repr(order)
