"""Lists are searched as a plain one would be, entry by entry, and entries expire."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from pratique.policies.lists.entries import KINDS, key_of
from pratique.policies.lists.list_text import Around, read_lines
from pratique.policies.lists.named import Entry, Inline, List, Lists, Table, has_expired, received
from pratique.scanners import facts_pb2 as facts

SEED = 4711
DAY = date(2027, 1, 15)


def a_list(kind, *entries, days=()):
    """A list of these, each with the day on which it expires, if it has one."""
    found = [
        Entry(text, "ann", "r", day, "p.toml", line)
        for line, (text, day) in enumerate(
            zip(entries, [*days, *[None] * len(entries)], strict=False), 1
        )
    ]
    keys = [key_of(KINDS[kind], text) for text in entries]
    table = Table(len(keys))
    for number, key in enumerate(keys):
        assert table.add(key, number, keys.__getitem__) is None
    return List("l", kind, ages=any(days), written=Inline(tuple(found), tuple(keys)), table=table)


def test_an_entry_of_that_key_is_not_added_twice():
    keys = ["a", "b", "a"]
    table = Table(3)
    assert [table.add(key, n, keys.__getitem__) for n, key in enumerate(keys)] == [None, None, 0]
    assert table.count == 2
    assert table.find("b", keys.__getitem__) == 1
    assert table.find("c", keys.__getitem__) is None


@pytest.mark.parametrize("most", [0, 1, 2, 3, 4, 7, 8, 1000])
def test_a_table_has_room_for_as_many_as_were_said(most):
    keys = [str(number) for number in range(most)]
    table = Table(most)
    for number, key in enumerate(keys):
        table.add(key, number, keys.__getitem__)
    assert [table.find(key, keys.__getitem__) for key in keys] == list(range(most))
    assert table.find("x", keys.__getitem__) is None


def test_the_narrowest_entry_is_told_with_who_added_it():
    found = a_list("addresses", "@x.example", "ann@x.example")
    assert found.entry("Ann@x.example").text == "ann@x.example"
    assert found.entry("bob@x.example") == Entry("@x.example", "ann", "r", None, "p.toml", 1)
    assert found.entry("bob@y.example") is None
    assert len(found) == 2


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (None, True),
        (DAY - timedelta(1), True),
        (DAY, False),
        (DAY + timedelta(1), False),
        (datetime(2027, 1, 14, 23, 59, tzinfo=UTC), True),
        (datetime(2027, 1, 15, 0, 0, tzinfo=UTC), False),
    ],
)
def test_an_entry_holds_until_its_day_begins(when, holds):
    found = a_list("domains", "x.example", days=[DAY])
    assert found.holds("x.example", when) == holds
    assert (found.entry("x.example", when) is not None) == holds
    assert has_expired(DAY, when) == (not holds)
    assert not has_expired(None, when)


def test_a_wider_entry_holds_where_the_narrow_one_has_expired():
    found = a_list("addresses", "@x.example", "ann@x.example", days=[None, DAY])
    assert found.entry("ann@x.example", DAY).text == "@x.example"
    assert found.holds("ann@x.example", DAY)


def test_a_list_that_could_not_be_read_holds_nothing():
    assert not List("l").holds("x")
    assert List("l").entry("x") is None


WORDS = {
    "addresses": ["ann@x.example", "@x.example", "bob@a.x.example", "@a.x.example", "c@y.example"],
    "domains": ["x.example", ".x.example", "a.x.example", ".a.x.example", ".example", "y.example"],
    "texts": ["a", "A", "b;c", "d#", "x.example"],
    "hashes": [f"{number:064x}" for number in range(6)],
}


def is_met(kind, entry, text):
    """What an entry means, said as plainly as can be."""
    entry, text = (entry, text) if kind == "texts" else (entry.lower(), text.lower())
    if kind == "addresses" and entry.startswith("@"):
        return text.endswith(entry) and "@" in text
    if kind == "domains" and entry.startswith("."):
        return text == entry[1:] or text.endswith(entry)
    return text == entry


@pytest.mark.parametrize("kind", WORDS)
def test_a_list_is_met_as_its_entries_one_by_one(kind):
    pick = random.Random(SEED)
    for _ in range(200):
        entries = pick.sample(WORDS[kind], pick.randrange(1, len(WORDS[kind])))
        inline = a_list(kind, *entries)
        lines = read_lines("\n".join(entries), Around(kind, "a.txt"))
        of_file = List("l", kind, written=lines.lines, table=lines.table)
        texts = [*WORDS[kind], "z.a.x.example", "d@x.example", "", "@", ".", "xx.example"]
        for text in [*texts, *map(str.upper, texts)]:
            # A name of a domain does not begin with a dot.
            if text.startswith((".", "@")) and kind != "texts":
                continue
            meant = any(is_met(kind, entry, text) for entry in entries)
            assert inline.holds(text) == meant, (entries, text)
            assert of_file.holds(text) == meant, (entries, text)


def test_a_recipient_has_the_groups_that_hold_him():
    board = a_list("addresses", "ceo@x.example", "@board.x.example")
    outside = a_list("domains", ".y.example")
    lists = Lists(groups={"board": board, "outside": outside})
    for address, groups in (
        ("ceo@x.example", ["board"]),
        ("CEO@X.example", ["board"]),
        ("ann@board.x.example", ["board"]),
        ("ann@a.y.example", ["outside"]),
        ("ann@x.example", []),
        ("", []),
    ):
        placed = lists.of_groups(facts.Recipient(address=address, groups=["made up"]))
        assert list(placed.groups) == groups
        assert placed.address == address


def test_without_groups_a_recipient_stays_who_he_is():
    recipient = facts.Recipient(address="a@x.example", groups=["g"])
    assert Lists().of_groups(recipient) is recipient


def test_the_day_of_receipt_is_that_of_the_facts():
    known = facts.Facts()
    assert received(known) is None
    known.envelope.received_at.FromDatetime(datetime(2027, 1, 14, 23, 59, 59, tzinfo=UTC))
    assert received(known) == date(2027, 1, 14)
    known.envelope.received_at.seconds = 0
    assert received(known) == date(1970, 1, 1)


@pytest.mark.parametrize("seconds", [2**62, -(2**62), 253402300800])
def test_after_a_time_that_never_is_nothing_holds_any_more(seconds):
    known = facts.Facts()
    known.envelope.received_at.seconds = seconds
    assert has_expired(DAY, received(known))
