"""A feed becomes a list, or is refused, and then the old list stays."""

import hashlib
import json
import os
import sys
import threading

import pytest

from pratique.milter.lists import building
from pratique.milter.lists.building import Gathered, Refused, build, built, gather, opened
from pratique.milter.lists.feed import LINE, Entry
from pratique.milter.sections.lists import HashListSection
from pratique.scanners.hash_list import Record, WrongList
from pratique.scanners.near.digest import laid_out

DAY = 20_779
DATE = DAY * 86_400 + 1000


def sha(number):
    return hashlib.sha256(b"%d" % number)


def lines(*numbers):
    return "".join(f"{sha(number).hexdigest()}\n" for number in numbers)


@pytest.fixture
def section(tmp_path):
    """A list whose feed has this text; further settings by name."""

    def of(text, file="feed.txt", **settings):
        feed = tmp_path / file
        feed.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.utime(feed, (DATE, DATE))
        given = {"name": "ours", "owner": "ann", "severity": "malicious", **settings}
        return HashListSection(feed=feed, **given)

    return of


def count(section, state):
    with opened(section.file(state)) as listed:
        return sum(listed.counts.values())


def test_a_feed_becomes_a_list(section, tmp_path):
    ours = section(lines(1) + f"{sha(2).hexdigest()} owner=bob expires=2026-11-22 a worm\n")
    build(ours, tmp_path)
    with opened(ours.file(tmp_path)) as listed:
        assert (listed.head.name, listed.head.severity, listed.head.date) == (
            "ours",
            "malicious",
            DATE,
        )
        assert listed.find(sha(1).digest()) == Record("ann", "it is on this list")
        assert listed.find(sha(2).digest()) == Record("bob", "a worm", DAY)
    assert list(tmp_path.glob("lists/*.new")) == []


def test_entries_expire_after_the_days_of_their_list(section, tmp_path):
    seen = f"sha256,first_seen\n{sha(1).hexdigest()},2026-11-20\n{sha(2).hexdigest()},\n"
    ours = section(seen, expires_days=30)
    build(ours, tmp_path)
    with opened(ours.file(tmp_path)) as listed:
        assert [listed.find(sha(one).digest()).expires - DAY for one in (1, 2)] == [28, 30]


def test_of_a_hash_that_comes_twice_the_last_holds(section, tmp_path):
    digest = sha(1).hexdigest()
    ours = section(f"{digest} first\n{digest} last\n")
    build(ours, tmp_path)
    with opened(ours.file(tmp_path)) as listed:
        assert listed.find(sha(1).digest()).reason == "last"


def test_lines_that_cannot_be_read_are_told_with_their_number(section, tmp_path):
    good = lines(*range(200)).splitlines()
    ours = section("\n".join(["# a feed", *good[:100], "nonsense", *good[100:]]))
    gathered = build(ours, tmp_path)
    assert gathered.broken == [(102, "'nonsense' is no hash")]
    assert count(ours, tmp_path) == 200


def test_so_many_broken_lines_are_told_one_by_one(section):
    gathered = gather(section("x\n" * 25))
    assert len(gathered.broken) == building.TOLD
    assert gathered.broken_count == 25


@pytest.mark.parametrize(("broken", "refused"), [(2, False), (3, True)])
def test_more_than_one_broken_line_in_a_hundred_is_refused(section, tmp_path, broken, refused):
    ours = section(lines(*range(198)) + "nonsense\n" * broken)
    if refused:
        with pytest.raises(Refused, match="3 lines cannot be read, beside 198"):
            build(ours, tmp_path)
        build(ours, tmp_path, force=True)
    else:
        build(ours, tmp_path)
    assert count(ours, tmp_path) == 198


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "no hash"), ("<html>Come again later</html>", "no hash"), (lines(1, 2, 3, 4), "less")],
)
def test_a_feed_that_shrinks_is_refused_and_the_old_list_stays(section, tmp_path, text, why):
    build(section(lines(*range(9))), tmp_path)
    ours = section(text)
    with pytest.raises(Refused, match=why):
        build(ours, tmp_path)
    assert count(ours, tmp_path) == 9
    build(ours, tmp_path, force=True)
    assert count(ours, tmp_path) == text.count("\n")


def test_half_of_it_is_enough(section, tmp_path):
    build(section(lines(*range(8))), tmp_path)
    build(section(lines(1, 2, 3, 4)), tmp_path)


def test_a_list_that_shrinks_is_known_although_its_settings_are_others(section, tmp_path):
    build(section(lines(*range(9))), tmp_path)
    ours = section(lines(1), severity="suspicious")
    with pytest.raises(Refused, match="had 9"):
        build(ours, tmp_path)


def test_other_settings_are_another_file_and_the_old_one_goes(section, tmp_path):
    first, second = section(lines(1)), section(lines(1), reason="another")
    build(first, tmp_path)
    build(second, tmp_path)
    assert list((tmp_path / "lists").iterdir()) == [second.file(tmp_path)]
    assert built(first, tmp_path) == second.file(tmp_path)


def test_lists_with_like_names_leave_each_other_alone(section, tmp_path):
    build(section(lines(1), file="a.txt"), tmp_path)
    other = HashListSection(
        name="ours-too", feed=tmp_path / "a.txt", owner="ann", severity="malicious"
    )
    build(other, tmp_path)
    build(section(lines(1)), tmp_path)
    assert len(list((tmp_path / "lists").iterdir())) == 2


def test_a_mapped_list_stays_what_it_was_when_it_is_built_anew(section, tmp_path):
    ours = section(lines(1))
    build(ours, tmp_path)
    with opened(ours.file(tmp_path)) as old:
        build(section(lines(2)), tmp_path)
        assert old.find(sha(1).digest()) is not None
        with opened(ours.file(tmp_path)) as new:
            assert new.find(sha(1).digest()) is None


def test_a_broken_list_is_no_reason_to_refuse_a_new_one(section, tmp_path):
    ours = section(lines(1))
    build(ours, tmp_path)
    ours.file(tmp_path).write_bytes(b"")
    with pytest.raises(WrongList), opened(ours.file(tmp_path)):
        pass
    build(ours, tmp_path)
    assert count(ours, tmp_path) == 1


def test_a_line_has_a_length(section):
    hexed = sha(1).hexdigest()
    text = f"{hexed} {'x' * (LINE - 66)}\n{hexed} {'x' * (LINE - 64)}\n{sha(2).hexdigest()}\n"
    gathered = gather(section(text))
    assert gathered.broken == [(2, f"it has more than {LINE} octets")]
    assert len(gathered.hashes) == 2


def test_a_long_line_does_not_become_several(section):
    gathered = gather(section(b"x" * (5 * LINE) + b"\n" + b"y" * (5 * LINE)))
    assert [line for line, _ in gathered.broken] == [1, 2]


def test_an_event_of_misp_becomes_a_list(section, tmp_path):
    event = f'{{"Event": {{"Attribute": [{{"type": "sha256", "value": "{sha(1).hexdigest()}"}}]}}}}'
    ours = section(event, "event.json")
    build(ours, tmp_path)
    assert count(ours, tmp_path) == 1
    with pytest.raises(Refused, match="no hash"):
        build(section("<html>", "event.json", name="theirs"), tmp_path)


def test_what_is_left_out_is_counted(section):
    sha1 = hashlib.sha1(b"worm").hexdigest()
    assert gather(section(f"{sha1}\n{sha1}\n")).left_out == {"a hash of 40 digits": 2}


def digests(*numbers):
    return ["T1" + (sha(one).digest() + sha(-one).digest())[:35].hex().upper() for one in numbers]


@pytest.mark.real("py-tlsh")
@pytest.mark.parametrize(
    ("tlsh", "found", "left_out"),
    [("alone", [1, 0, 1], 0), ("also", [1, 1, 1], 0), ("only", [0, 1, 1], 1)],
)
def test_a_list_says_which_tlsh_digests_it_takes(section, tmp_path, tlsh, found, left_out):
    beside, alone = digests(1, 2)
    rows = f"sha256,tlsh\n{sha(1).hexdigest()},{beside}\n,{alone}\n{sha(3).hexdigest()},\n"
    ours = section(rows, tlsh=tlsh, tlsh_distance=20)
    gathered = build(ours, tmp_path)
    with opened(ours.file(tmp_path)) as listed:
        wanted = sha(1).digest(), laid_out(beside), laid_out(alone)
        assert [int(listed.find(one) is not None) for one in wanted] == found
        assert listed.head.distance == 20
    assert gathered.left_out["without TLSH"] == left_out
    assert gathered.near == sum(found[1:])


def test_what_is_no_digest_beside_another_hash_is_told_where_it_is_wanted(section):
    rows = f"sha256,tlsh\n{sha(1).hexdigest()},T1broken\n"
    assert gather(section(rows)).broken == []
    assert gather(section(rows, tlsh="also")).broken == [(2, "'T1broken' is no TLSH digest")]


def test_what_misp_has_besides_is_left_out_where_only_tlsh_is_taken(section):
    (digest,) = digests(1)
    rows = [{"type": "sha256", "value": sha(1).hexdigest()}, {"type": "tlsh", "value": digest}]
    event = json.dumps({"Event": {"Attribute": rows}})
    gathered = gather(section(event, "event.json", tlsh="only"))
    assert list(gathered.hashes) == [laid_out(digest)]
    assert gathered.left_out == {"without TLSH": 1}


def test_a_list_has_so_many_tlsh_digests(section):
    gathered, ours = Gathered(most_near=2), section("")
    near = [laid_out(one) for one in digests(1, 2, 2, 3)]
    for digest in (sha(1).digest(), *near[:3]):
        gathered.add(Entry(digest), ours)
    with pytest.raises(Refused, match="more than 2 TLSH digests"):
        gathered.add(Entry(near[3]), ours)


def test_without_the_library_no_list_with_tlsh_is_built_and_the_old_one_stays(
    section, tmp_path, monkeypatch
):
    build(section(lines(1)), tmp_path)
    monkeypatch.setitem(sys.modules, "tlsh", None)
    ours = section("\n".join(digests(1)))
    for force in (False, True):
        with pytest.raises(Refused, match=r"feed\.txt: there are TLSH digests in it: .*py-tlsh"):
            build(ours, tmp_path, force=force)
    assert count(ours, tmp_path) == 1


def test_two_may_build_at_one_time(section, tmp_path):
    sections = [section(lines(*range(50))) for _ in range(4)]
    threads = [threading.Thread(target=build, args=(one, tmp_path)) for one in sections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert count(sections[0], tmp_path) == 50


@pytest.mark.real("root")
def test_what_root_builds_belongs_to_whom_the_state_belongs(section, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    ours = section(lines(1))
    build(ours, state)
    file = ours.file(state)
    assert [one.stat().st_uid for one in (file, file.parent)] == [65534, 65534]


@pytest.mark.real("root")
def test_what_root_makes_its_owner_own_is_no_link_to_another_file(tmp_path):
    state, other, link = tmp_path / "state", tmp_path / "other", tmp_path / "state" / "link"
    state.mkdir()
    other.touch()
    os.chown(state, 65534, 65534)
    link.symlink_to(other)
    building._give(link, state)
    assert [other.stat().st_uid, link.lstat().st_uid] == [0, 65534]


def test_a_feed_that_is_not_there_is_an_error_of_the_world(tmp_path):
    ours = HashListSection(name="x", feed=tmp_path / "no", owner="ann", severity="malicious")
    with pytest.raises(FileNotFoundError):
        build(ours, tmp_path)


def test_a_list_has_so_many_hashes(section):
    gathered, ours = Gathered(most=2), section("")
    for number in (1, 2, 2):
        gathered.add(Entry(sha(number).digest()), ours)
    with pytest.raises(Refused, match="more than 2 hashes"):
        gathered.add(Entry(sha(3).digest()), ours)


@pytest.mark.slow
@pytest.mark.parametrize(("more", "why"), [(0, "no hash"), (1, "more than 67108864 octets")])
def test_an_event_has_a_length(section, tmp_path, more, why):
    ours = section("", "event.json")
    os.truncate(ours.feed, building.JSON_OCTETS + more)
    with pytest.raises(Refused, match=why):
        build(ours, tmp_path)
