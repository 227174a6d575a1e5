"""Uses of proofs, each counted once for a transaction."""

from pratique.milter.lookups.bounces.counted import KEPT, Counted
from pratique.milter.sent.stated import StatedLedger


async def test_one_transaction_uses_a_proof_once():
    counted = Counted(StatedLedger())
    assert [await counted.uses("q1", "a") for _ in range(3)] == [1, 1, 1]
    assert await counted.uses("q2", "a") == 2
    assert await counted.uses("q1", "b") == 1
    assert await counted.uses("q1", "a") == 1


async def test_without_a_name_each_is_another():
    counted = Counted(StatedLedger())
    assert [await counted.uses("", "a") for _ in range(3)] == [1, 2, 3]


async def test_the_oldest_are_forgotten():
    counted = Counted(StatedLedger())
    for number in range(KEPT):
        await counted.uses(f"q{number}", "a")
    assert await counted.uses("q0", "a") == 1
    await counted.uses("one more", "b")
    assert await counted.uses("q0", "a") == KEPT + 1
