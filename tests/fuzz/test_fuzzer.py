"""The fuzzer itself: it makes what it says, and it notices each thing that it is made for."""

import io
import zipfile

import pytest
from fuzz import fields, judge, marked, run, second, trials
from fuzz.boxes import DAMAGES, box, makers
from fuzz.choices import Dice, Fed, chance, one
from fuzz.letters import Writer, letter, letter_with

from pratique.scanners import facts_pb2 as facts

FILE = marked.marked(Dice(1))


def clean_letter():
    return letter_with(Dice(0), FILE)


def look(*parts, wrong=(), **told):
    """A reader that sees these parts, whatever it is shown."""
    seen = judge.Seen({part.id: part for part in parts}, facts.Facts(**told))
    return lambda octets: (seen, list(wrong))


def test_the_same_seed_makes_the_same():
    assert letter(Dice(5)) == letter(Dice(5))
    assert box(Dice(5)) == box(Dice(5))
    assert letter(Dice(5)) != letter(Dice(6))


def test_octets_choose_too_and_when_they_end_the_least_is_chosen():
    assert [Fed(b"\x03").number(1, 10) for _ in range(2)] == [4, 4]
    assert Fed(b"").number(1, 10) == 1
    assert letter(Fed(b"")).bent == []


def test_chance_says_yes_at_its_rate_and_never_at_none():
    dice = Dice(1)
    assert 150 < sum(chance(dice, 4) for _ in range(1000)) < 350
    assert not any(chance(dice, 0) for _ in range(100))
    assert one(dice, "a") == "a"


def test_a_marked_file_is_recognized_whole_or_not_at_all():
    assert marked.recognized(FILE) == FILE
    assert marked.recognized(b"\r\n" + FILE + b"\r\nmore") == FILE
    assert marked.recognized(FILE[:-1]) is None
    assert marked.recognized(bytes(marked.BEFORE) + FILE) == FILE
    assert marked.recognized(bytes(marked.BEFORE + 1) + FILE) is None
    assert marked.recognized(b"") is None


@pytest.mark.parametrize("reader", second.MAIL_READERS)
def test_each_second_reader_shows_the_file_of_a_clean_letter(reader):
    writer = Writer(Dice(1), 0)
    octets = writer.top() + writer.header([b'Content-Type: multipart/mixed; boundary="b"'])
    octets += writer.delimited(b"b", [writer.text(0), writer.file(FILE)], 0)
    readers = {reader: second.MAIL_READERS[reader]}

    shown = [file for _, file in second.surfaced(readers, octets)]

    assert FILE in map(marked.recognized, shown)


def test_libarchive_and_zipfile_show_the_members_of_a_zip():
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        archive.writestr("a", FILE)

    shown = dict(second.surfaced(second.BOX_READERS, space.getvalue()))

    assert shown == {"zipfile": FILE, "libarchive": FILE}


def test_every_way_to_bend_a_header_changes_some_header():
    lines = [b'Content-Type: multipart/mixed; boundary="b1"', b"Content-Transfer-Encoding: base64"]

    for bend in fields.HEADER:
        assert any(bend(Dice(seed), list(lines)) != lines for seed in range(40)), bend.__name__
        assert bend(Dice(0), []) is not None


def test_every_damage_changes_some_container():
    for damage in DAMAGES:
        assert any(damage(Dice(seed), FILE) != FILE for seed in range(40)), damage.__name__
        assert isinstance(damage(Dice(0), b""), bytes)


def test_every_format_has_something_that_makes_it():
    assert all(
        makers(name) for name in trials.trials() if name not in {"letters", "tight", "sessions"}
    )


def test_a_writer_that_never_bends_says_so():
    writer = Writer(Dice(3), 0)
    writer.entity(0)

    assert writer.bent == []


def test_what_goes_well_is_not_judged():
    assert judge.judge_letter(clean_letter()) == []
    assert judge.judge_clean(clean_letter(), [FILE]) == []
    assert judge.judge_tight(clean_letter()) == []


def test_a_file_that_is_hidden_is_noticed_unless_the_message_is_flagged():
    blind = look(facts.Part(id=0, kind="message"))
    wary = look(facts.Part(id=0, kind="message", unopened="unreadable", why="x"))

    assert len(judge.judge_letter(clean_letter(), look=blind)) >= 2
    assert judge.judge_letter(clean_letter(), look=wary) == []
    assert judge.judge_clean(clean_letter(), [FILE], look=blind) == ["a clean letter lost a file"]


def test_a_member_that_is_hidden_is_noticed():
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        archive.writestr("a", FILE)
    blind = look(facts.Part(id=0, kind="message"), facts.Part(id=1, kind="archive"))

    assert len(judge.judge_box(space.getvalue(), look=blind)) == 2


def test_a_clean_letter_that_is_flagged_is_noticed():
    told = look(
        facts.Part(id=0, kind="message"), ambiguities=[facts.Ambiguity(class_="header_end")]
    )

    assert judge.judge_clean(clean_letter(), [], look=told) == [
        "a clean letter is flagged: header_end: "
    ]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([facts.Part(id=1, kind="text")], "unsound numbers: [1]"),
        ([facts.Part(kind="")], "unsound: no kind of "),
        ([facts.Part(kind="text", unopened="pgp")], "unsound: no reason of : pgp"),
        ([facts.Part(kind="text", unopened="no", why="x")], "unsound word: no"),
        ([facts.Part(kind="archive", type="zip", size=513)], "silent zip of 513 octets"),
        ([facts.Part(kind="archive", type="zip", size=512)], ""),
        ([facts.Part(kind="text")], ""),
    ],
)
def test_parts_that_cannot_be_are_noticed(parts, said):
    for part in parts:
        part.parent = -1 if not part.id else 0
    seen = judge.Seen({part.id: part for part in parts})

    assert said in [*judge._unsound(seen, judge.LIMITS), ""]


def test_findings_that_differ_in_numbers_have_one_name():
    assert trials.name_of("slow: 2.5 s for 70 octets") == trials.name_of("slow: 13 s for 1 octets")


def fails_on(mark):
    def judged(octets):
        return [f"has {len(octets)} octets"] if mark in octets else []

    return judged


def test_a_finding_is_made_small_and_written_down_a_few_times(tmp_path, monkeypatch):
    monkeypatch.setitem(trials.JUDGES, "eml", fails_on(b"bad"))

    def trial(choices):
        octets = b"x" * choices.number(1, 50) + b"bad" + b"y" * 40
        return trials.Outcome(octets, "eml", trials.JUDGES["eml"](octets), "by hand")

    found = run.run({"some": trial}, 1, 0.3, tmp_path)

    assert found["some: has N octets"] > run.KEPT
    (sample,) = tmp_path.glob("*.eml")
    assert sample.read_bytes() == b"bad"
    assert "some: has N octets" in sample.with_suffix(".eml.txt").read_text()
