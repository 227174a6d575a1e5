"""What every container format owes: a good sample, a broken, an encrypted, a bomb."""

from pathlib import Path

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import formats, kinds, signatures
from pratique.scanners.budget import Limits
from pratique.scanners.formats import FORMATS
from pratique.scanners.part import Part, Unlocks

# As long as two sectors: disks are made of these.
TEXT = (b"The quick brown fox jumps over the lazy dog.\r\n" * 23)[:1024]
NAMES = [form.name for form in FORMATS]
BY_NAME = {form.name: form for form in FORMATS}
WANTING = {"archive_password", "document_password"}


def those_with(sample: str) -> list[str]:
    return [name for name in NAMES if sample not in BY_NAME[name].lacks]


def of_text(opened):
    """The octets of the members, and those alone that are the sample's file."""
    return [octets for octets in opened.octets if octets == TEXT]


def is_whole(opened) -> bool:
    return of_text(opened) == [TEXT] and not any(one.unopened for one in opened.members)


def test_every_file_of_the_folder_is_listed_once():
    files = {path.stem for path in Path(formats.__path__[0]).glob("[!_]*.py")}

    assert files == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_every_format_has_its_samples_or_says_why_not(name, samples):
    made, lacks = samples(name), BY_NAME[name].lacks

    assert made.good(TEXT)
    for sample in ("broken", "encrypted", "bomb"):
        assert hasattr(made, sample) != (sample in lacks), sample
    assert all(lacks.values())
    assert set(lacks) <= {"broken", "encrypted", "bomb"}


@pytest.mark.parametrize("name", NAMES)
def test_a_good_one_is_opened_to_its_last_octet(name, samples, open_with):
    made, form = samples(name), BY_NAME[name]
    opened = open_with(form(), made.good(TEXT), name="fox.txt")
    (member,) = [one for one, octets in zip(opened.members, opened.octets, strict=True)
                 if octets == TEXT]  # fmt: skip

    assert opened.octets == [TEXT] or not getattr(made, "ALONE", True)
    assert opened.known.unopened == ""
    assert opened.oddities == []
    assert member.name == getattr(made, "NAME", "fox.txt")
    assert member.step.startswith(f"{name}:{member.name}")


@pytest.mark.parametrize("name", those_with("broken"))
def test_a_broken_one_is_unreadable_and_never_partial_in_silence(name, samples, open_with):
    opened = open_with(BY_NAME[name](), samples(name).broken(TEXT))

    assert opened.known.unopened == "unreadable"
    assert opened.known.why


@pytest.mark.parametrize("name", those_with("broken"))
def test_no_cut_of_a_good_one_is_an_error_or_is_taken_for_whole(name, samples, open_with):
    good = samples(name).good(TEXT)
    # Every seventh octet of a small one; of a large one as many places, and all its end.
    length = len(good.rstrip(b"\0"))
    ends = {*range(1, length, max(7, length // 300)), *range(max(1, length - 40), length)}
    for end in sorted(ends):
        opened = open_with(BY_NAME[name](), good[:end])

        told = opened.known.unopened == "unreadable" or not getattr(samples(name), "CUTS", True)
        assert told or is_whole(opened), end


@pytest.mark.parametrize("name", NAMES)
def test_no_changed_octet_is_an_error(name, samples, open_with):
    good = samples(name).good(TEXT)
    used = [at for at in range(len(good)) if good[at]]
    for at in used[:: max(1, len(used) // 250)]:
        changed = good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]
        open_with(BY_NAME[name](), changed)


@pytest.mark.parametrize("name", those_with("encrypted"))
def test_an_encrypted_one_says_that_it_wants_a_password(name, samples, open_with):
    made = samples(name)
    opened = open_with(BY_NAME[name](), made.encrypted(TEXT))
    wanting = [one for one in (opened.known, *opened.members) if one.unopened in WANTING]

    assert wanting
    assert all(one.encrypted for one in wanting)
    assert TEXT not in opened.octets
    if not getattr(made, "HIDDEN", False):
        assert getattr(made, "NAME", "fox.txt") in opened.names


@pytest.mark.parametrize(
    "name", [name for name in those_with("encrypted") if isinstance(BY_NAME[name](), Unlocks)]
)
def test_a_locked_one_is_opened_by_its_password_and_by_no_other(name, samples, open_with):
    made, form = samples(name), BY_NAME[name]()
    locked = made.encrypted(TEXT)
    right = open_with(form, locked, passwords=("wrong", made.PASSWORD))
    wrong = open_with(form, locked, passwords=("wrong",))

    assert of_text(right) == [TEXT]
    (member,) = [one for one, octets in zip(right.members, right.octets, strict=True)
                 if octets == TEXT]  # fmt: skip
    assert (member.password, member.encrypted, member.unopened) == (made.PASSWORD, True, "")
    assert TEXT not in wrong.octets
    assert {one.unopened for one in (wrong.known, *wrong.members)} & WANTING


@pytest.mark.slow
@pytest.mark.parametrize("name", those_with("bomb"))
def test_a_bomb_is_stopped_by_a_limit(name, samples, open_with):
    opened = open_with(BY_NAME[name](), samples(name).bomb())

    assert opened.over in {"ratio", "part_octets", "parts", "octets"} or opened.reached
    assert sum(map(len, opened.octets)) <= Limits().octets
    if opened.reached and not opened.known.unopened:
        assert any(member.unopened == "over_budget" for member in opened.members)


@pytest.mark.parametrize("name", NAMES)
def test_the_limit_of_one_part_is_inclusive(name, samples, open_with):
    good = samples(name).good(TEXT)
    at_limit = open_with(BY_NAME[name](), good, Limits(part_octets=len(TEXT)))
    past_it = open_with(BY_NAME[name](), good, Limits(part_octets=len(TEXT) - 1))

    assert of_text(at_limit) == [TEXT]
    assert past_it.over == "part_octets" or "part_octets" in past_it.reached


@pytest.mark.parametrize("name", NAMES)
def test_what_a_reader_held_is_freed_with_it(name, samples, open_with, freed_at_once):
    made, form = samples(name), BY_NAME[name]
    good = made.good(TEXT)
    files = [getattr(made, sample)(TEXT) for sample in ("broken", "encrypted")
             if hasattr(made, sample)]  # fmt: skip
    files += [good, good[: len(good) // 2], good[:-7]]
    for octets in files:
        open_with(form(), octets)  # what it learns once, it keeps
        with freed_at_once():
            open_with(form(), octets)
    few = Limits(part_octets=len(TEXT) - 1)
    with freed_at_once():
        open_with(form(), good, few)


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_one_is_whole_and_is_told_by_its_signature(name, open_with):
    form = BY_NAME[name]
    opened = open_with(form(), form.smallest)

    assert opened.known.unopened == ""
    assert not any(member.unopened for member in opened.members)
    type_ = signatures.detect(memoryview(form.smallest))
    known = facts.Part(type=type_, kind=kinds.of_type(type_))
    assert form().recognize(Part(known, memoryview(form.smallest))) == "whole"


# Told by a mark in front, and hidden by marks that are looked for before it.
_IN_FRONT = (
    "ar arj bzip2 cab compress cpio gzip lha lz4 lzip lzma_alone rpm sevenzip tar tnef xz zstd"
)


@pytest.mark.parametrize("name", _IN_FRONT.split())
@pytest.mark.parametrize(
    ("type_", "kind"), [("application/x-vhd", "disk_image"), ("application/pdf", "document")]
)
def test_what_begins_as_one_is_opened_whatever_else_it_seems_to_be(name, type_, kind, samples):
    reader = BY_NAME[name]()
    octets = memoryview(samples(name).good(TEXT))

    assert reader.recognize(Part(facts.Part(type=type_, kind=kind), octets)) == "within"
    assert reader.recognize(Part(facts.Part(type="text/plain", kind="text"), octets)) == ""
    hidden = memoryview(b"\1" + bytes(octets))
    assert reader.recognize(Part(facts.Part(type="application/x-vhd", kind=kind), hidden)) == ""


@pytest.mark.parametrize(
    "type_", sorted(type_ for type_, kind in kinds._BY_TYPE.items() if kind in kinds.CONTAINERS)
)
def test_a_container_that_no_reader_opens_is_listed_as_such(type_):
    octets = next((form.smallest for form in FORMATS if detects(form, type_)), bytes(40))
    part = Part(facts.Part(type=type_, kind=kinds.of_type(type_)), memoryview(octets))
    by_us = any(form().recognize(part) == "whole" for form in FORMATS)

    # An older word for RAR, which nothing detects.
    assert by_us == (type_ not in kinds.UNREAD | {"application/x-rar"})


def detects(form, type_):
    return signatures.detect(memoryview(form.smallest)) == type_
