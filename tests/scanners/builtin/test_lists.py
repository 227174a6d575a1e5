"""What stands on a list of hashes is found by its octets, as long as the entry holds."""

import hashlib
import random
import sys
from pathlib import Path

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin.lists import Lists
from pratique.scanners.hash_list import Head, Record, packed
from pratique.scanners.inspector import load, ours
from pratique.scanners.near.digest import laid_out
from pratique.scanners.near.library import PIECE
from pratique.scanners.part import Part, Unfit

needs_tlsh = pytest.mark.real("py-tlsh")

WORM, OTHER = b"a worm", b"another worm"
# 22 November 2026.
DAY = 20_779
MAIL = b"""From: ann@example.org\nContent-Type: multipart/mixed; boundary="b"\n
--b\n\nhello\n--b\nContent-Type: application/octet-stream; name="x.bin"\n\na worm\n--b--\n"""


def sha(octets):
    return hashlib.sha256(octets).digest()


@pytest.fixture
def listed(tmp_path):
    """Write a list: which octets have which record; give its path."""

    def written(hashes, name="ours", severity="malicious"):
        records = list(hashes.values())
        numbered = {one: number for number, one in enumerate(hashes)}
        path = tmp_path / f"{name}.hashes"
        head = Head(name, severity, DAY * 86_400, 30)
        path.write_bytes(b"".join(packed(head, numbered, records)))
        return str(path)

    return written


@pytest.fixture
def look():
    """Show octets to a follower; give what is found."""

    def looked(lists, octets, day=DAY, sha256=None):
        message = Message(facts.Envelope(), Budget(Limits()))
        message.envelope.received_at.seconds = day * 86_400 + 86_399
        hexed = hashlib.sha256(octets).hexdigest() if sha256 is None else sha256
        part = Part(facts.Part(id=7, sha256=hexed), memoryview(octets))
        stated = facts.Facts()
        for found in lists(message).scan(part):
            stated.MergeFrom(found)
        return list(stated.findings)

    return looked


class Message:
    def __init__(self, envelope, budget=None):
        self.envelope, self.budget = envelope, budget


# A script, and the same with another address in it.
KIT = b"".join(b"set step%d=%d & call :%x\r\n" % (n, n * n, n**3) for n in range(200))
VARIANT = KIT.replace(b"step17=", b"other_step=").replace(b":1331", b":somewhere.example")


def near(octets):
    import tlsh

    return laid_out(tlsh.hash(octets))


def limits_of(lists, octets, clock):
    message = Message(facts.Envelope(), Budget(Limits(seconds=1), clock))
    part = Part(facts.Part(id=7, sha256=hashlib.sha256(octets).hexdigest()), memoryview(octets))
    return [limit for found in lists(message).scan(part) for limit in found.limits]


@needs_tlsh
def test_what_is_like_something_on_a_list_is_found_with_how_far_it_is(listed, look):
    import tlsh

    path = listed({near(KIT): Record("ann", "Heodo", DAY)}, severity="suspicious")
    (found,) = look(Lists(wall.Setup(lists=[path])), VARIANT)
    distance = tlsh.diff(tlsh.hash(KIT), tlsh.hash(VARIANT))
    assert 0 < distance <= 30
    assert found.note == (
        f"its TLSH is {distance} from {tlsh.hash(KIT)}, listed by ann, until 2026-11-22: Heodo"
    )
    assert (found.name, found.severity, found.family) == ("ours", "suspicious", "Emotet")


@needs_tlsh
def test_what_is_like_nothing_on_it_is_left_alone(listed, look):
    path = listed({near(KIT): Record("ann", "bad")})
    lists = Lists(wall.Setup(lists=[path]))
    assert look(lists, KIT[::-1]) == look(lists, WORM) == look(lists, bytes(6000)) == []


@needs_tlsh
@pytest.mark.slow
def test_a_hundred_files_are_like_none_of_hundreds_of_others(listed, look):
    """Ours: pages, policies and samples on one side, and the code on the other."""
    root = Path(__file__).resolve().parents[3]
    code = [one.read_bytes() for one in sorted((root / "src").rglob("*.py"))]
    path = listed({near(one): Record("ann", "bad") for one in code if len(one) > 600})
    lists = Lists(wall.Setup(lists=[path]))
    folders = (root / "docs", root / "deploy", root / "tests/policies", root / "tests/fuzz")
    clean = [one for each in folders for one in sorted(each.rglob("*")) if one.is_file()]
    assert len(clean) > 100
    assert [one.name for one in clean if look(lists, one.read_bytes())] == []


@needs_tlsh
def test_a_list_that_has_the_very_hash_does_not_say_it_twice(listed, look):
    path = listed({sha(KIT): Record("ann", "bad"), near(KIT): Record("ann", "bad")})
    lists = Lists(wall.Setup(lists=[path]))
    assert [one.note[:9] for one in look(lists, KIT)] == ["its SHA-2"]
    assert [one.note[:9] for one in look(lists, VARIANT)] == ["its TLSH "]


@needs_tlsh
@pytest.mark.parametrize(("day", "speaks"), [(DAY, True), (DAY + 1, False)])
def test_what_is_near_holds_up_to_its_last_day(listed, look, day, speaks):
    path = listed({near(KIT): Record("ann", "bad", DAY)})
    assert bool(look(Lists(wall.Setup(lists=[path])), VARIANT, day)) is speaks


@needs_tlsh
def test_a_part_for_which_there_is_no_time_is_a_limit(listed):
    octets = random.Random(1).randbytes(PIECE + 1)
    lists = Lists(wall.Setup(lists=[listed({near(octets): Record("ann", "bad")})]))
    (limit,) = limits_of(lists, octets, iter([0.0, 5.0]).__next__)
    assert (limit.class_, limit.part) == ("seconds", 7)
    assert limit.detail == "TLSH: more than 1 seconds"


def test_without_a_tlsh_digest_on_any_list_the_library_is_not_looked_for(listed, look, monkeypatch):
    monkeypatch.setitem(sys.modules, "tlsh", None)
    path = listed({sha(KIT): Record("ann", "bad")})
    assert look(Lists(wall.Setup(lists=[path])), VARIANT) == []


def test_a_list_with_tlsh_digests_stops_the_start_where_there_is_no_library(listed, monkeypatch):
    monkeypatch.setitem(sys.modules, "tlsh", None)
    path = listed({bytes(35): Record("ann", "bad")})
    with pytest.raises(Unfit, match=r"list ours: TLSH needs py-tlsh.*pratique\[tlsh\]"):
        load(wall.Setup(lists=[path]))


def test_a_part_on_a_list_is_found_with_who_says_so_and_why(listed, look):
    path = listed({sha(WORM): Record("ann", "Heodo, seen on Monday")}, severity="suspicious")
    (found,) = look(Lists(wall.Setup(lists=[path])), WORM)
    assert (found.scanner, found.name, found.severity, found.part) == (
        "lists",
        "ours",
        "suspicious",
        7,
    )
    assert found.note == "its SHA-256 is listed by ann: Heodo, seen on Monday"
    assert found.family == "Emotet"
    assert found.database_date.seconds == DAY * 86_400
    assert len(found.database_version) == 12


def test_what_is_on_no_list_is_left_alone(listed, look):
    path = listed({sha(WORM): Record("ann", "bad")})
    lists = Lists(wall.Setup(lists=[path]))
    assert look(lists, OTHER) == look(lists, b"") == look(lists, WORM, sha256="") == []


def test_md5_is_looked_up_where_a_list_has_it(listed, look):
    digest = hashlib.md5(WORM, usedforsecurity=False).digest()
    path = listed({digest: Record("ann", "bad"), sha(OTHER): Record("bob", "worse")})
    lists = Lists(wall.Setup(lists=[path]))
    assert [look(lists, one)[0].note for one in (WORM, OTHER)] == [
        "its MD5 is listed by ann: bad",
        "its SHA-256 is listed by bob: worse",
    ]


def test_each_list_speaks_once(listed, look):
    digest = hashlib.md5(WORM, usedforsecurity=False).digest()
    both = listed({sha(WORM): Record("ann", "bad"), digest: Record("ann", "bad")}, "first")
    more = listed({sha(WORM): Record("bob", "bad")}, "second")
    found = look(Lists(wall.Setup(lists=[both, more])), WORM)
    assert [one.name for one in found] == ["first", "second"]


@pytest.mark.parametrize(
    ("expires", "day", "speaks"),
    [
        (0, DAY, True),
        (DAY + 1, DAY, True),
        (DAY, DAY, True),
        (DAY - 1, DAY, False),
        # Nobody knows when the message came.
        (DAY, 0, True),
    ],
)
def test_an_entry_holds_up_to_its_last_day(listed, look, expires, day, speaks):
    path = listed({sha(WORM): Record("ann", "bad", expires)})
    found = look(Lists(wall.Setup(lists=[path])), WORM, day)
    assert bool(found) is speaks
    assert ["until 20" in one.note for one in found] == [expires != 0] * speaks


def test_a_note_is_short(listed, look):
    path = listed({sha(WORM): Record("a" * 200, "b" * 200)})
    (found,) = look(Lists(wall.Setup(lists=[path])), WORM)
    assert len(found.note) == 300


def test_each_list_is_a_source_with_its_date(listed, listen):
    path = listed({sha(WORM): Record("ann", "bad")})
    heard = listen()
    load(wall.Setup(lists=[path])).inspect(memoryview(MAIL), wall.Inspect(), heard)
    seen = heard.whole()
    (source,) = [one for one in seen.sources if one.name == "ours"]
    assert (source.date.seconds, len(source.version)) == (DAY * 86_400, 12)
    assert [one.name for one in seen.findings if one.scanner == "lists"] == ["ours"]
    assert heard.failures() == []


def test_without_a_list_nobody_looks():
    assert "lists" not in ours(wall.Setup()).names


def test_with_a_list_somebody_does(listed):
    path = listed({sha(WORM): Record("ann", "bad")})
    assert "lists" in ours(wall.Setup(lists=[path])).names


@pytest.mark.parametrize(
    ("octets", "why"),
    [(None, "is not built"), (b"", "it is empty"), (b"x" * 100, "no list"), (b"torn", "checksum")],
)
def test_a_list_that_is_not_whole_stops_the_start(listed, octets, why, tmp_path):
    path = tmp_path / "ours.hashes"
    if octets == b"torn":
        path = listed({sha(WORM): Record("ann", "bad")})
        with open(path, "r+b") as file:
            file.truncate(300_000)
            file.seek(250_000)
            file.write(b"\xff" * 50)
    elif octets is not None:
        path.write_bytes(octets)
    with pytest.raises(Unfit, match=f"{why}.*pratique lists build"):
        Lists(wall.Setup(lists=[str(path)]))
