"""ARC: a chain holds only if each set is there, in its order, and verifies."""

import pytest

from pratique.milter.lookups.auth.arc import MOST_SETS, validate

NAME = "s._domainkey.a.example"


@pytest.fixture
def chain(keys):
    """The sets of a chain of so many, which all verify."""

    def made(count):
        found = []
        for number in range(1, count + 1):
            says = "none" if number == 1 else "pass"
            for kind, chain in (("arc_message", ""), ("arc_seal", says)):
                one = keys.sign(f"{kind} {number}".encode(), identity="")
                one.kind, one.instance, one.chain = kind, number, chain
                found.append(one)
        return found

    return made


async def word(zone, signatures):
    return await validate(zone, signatures, 0, 0.0)


async def test_a_message_without_sets_has_no_chain(zone, keys):
    assert await word(zone, []) == "none"
    assert await word(zone, [keys.sign()]) == "none"


@pytest.mark.parametrize(
    ("count", "told"), [(1, "pass"), (3, "pass"), (MOST_SETS, "pass"), (MOST_SETS + 1, "fail")]
)
async def test_a_whole_chain_passes_up_to_ten_sets(zone, keys, chain, count, told):
    zone.txt(NAME, keys.record())
    assert await word(zone, chain(count)[::-1]) == told
    # What is too long is not even asked about.
    assert bool(zone.asked) == (told == "pass")


async def test_a_thousand_sets_are_no_chain(zone, chain):
    assert await word(zone, chain(1) * 1000) == "fail"
    assert zone.asked == []


def without(at):
    return lambda sets: sets.pop(at)


def change(at, **fields):
    def changed(sets):
        for name, value in fields.items():
            setattr(sets[at], name, value)

    return changed


def again(sets):
    sets.append(sets[0])


# Of three sets: the messages at 0, 2, 4 and the seals at 1, 3, 5.
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (without(0), "fail"),
        (without(1), "fail"),
        (without(5), "fail"),
        (lambda sets: sets.__delitem__(slice(2)), "fail"),
        (again, "fail"),
        (change(0, instance=0), "fail"),
        (change(1, chain="pass"), "fail"),
        (change(1, chain="fail"), "fail"),
        (change(3, chain="none"), "fail"),
        (change(5, chain="fail"), "fail"),
        (change(5, chain=""), "fail"),
        (change(4, body_ok=False), "fail"),
        (change(4, body_length=5), "fail"),
        (change(4, problem="arc_set"), "fail"),
        (change(1, value=b"x"), "fail"),
        (change(3, signed_sha256=b"x" * 32), "fail"),
        (change(5, selector="none"), "fail"),
        # RFC 8617 5.2: only the last signature is of the message as it is.
        (change(0, body_ok=False), "pass"),
        (change(2, value=b"x"), "pass"),
    ],
)
async def test_a_chain_with_anything_wrong_fails(zone, keys, chain, damage, told):
    zone.txt(NAME, keys.record())
    sets = chain(3)
    damage(sets)
    assert await word(zone, sets) == told


async def test_without_dns_a_chain_is_not_known_unless_it_fails_anyhow(zone, keys, chain):
    zone.txt(NAME, keys.record()).fail("away._domainkey.a.example")
    sets = chain(2)
    sets[1].selector = "away"
    assert await word(zone, sets) == "temperror"
    sets[3].value = b"x"
    assert await word(zone, sets) == "fail"
