"""What every container format owes: a good sample, a broken, an encrypted, a bomb."""

from pathlib import Path

import pytest

from pratique.scanners import formats, signatures
from pratique.scanners.budget import Limits
from pratique.scanners.formats import FORMATS

TEXT = b"The quick brown fox jumps over the lazy dog.\r\n" * 20
NAMES = [form.name for form in FORMATS]
BY_NAME = {form.name: form for form in FORMATS}


def test_every_file_of_the_folder_is_listed_once():
    files = {path.stem for path in Path(formats.__path__[0]).glob("[!_]*.py")}

    assert files == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_every_format_has_its_samples_or_says_why_not(name, samples):
    lacks = BY_NAME[name].lacks

    assert samples[name].good
    assert samples[name].broken
    assert samples[name].bomb
    assert bool(samples[name].encrypted) != ("encrypted" in lacks)
    assert all(lacks.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_good_one_is_opened_to_its_last_octet(name, samples, open_with):
    opened = open_with(BY_NAME[name](), samples[name].good, name="fox.txt." + name)

    assert opened.octets == [TEXT]
    assert opened.known.unopened == ""
    assert opened.oddities == []
    assert opened.members[0].step.startswith(f"{name}:fox.txt")


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_one_is_unreadable_and_never_partial_in_silence(name, samples, open_with):
    opened = open_with(BY_NAME[name](), samples[name].broken)

    assert opened.known.unopened == "unreadable"
    assert opened.known.why


@pytest.mark.parametrize("name", NAMES)
def test_no_cut_of_a_good_one_is_an_error_or_is_taken_for_whole(name, samples, open_with):
    good = samples[name].good
    for end in range(1, len(good.rstrip(b"\0")), 7):
        opened = open_with(BY_NAME[name](), good[:end])
        whole = opened.octets == [TEXT] and not opened.members[0].unopened

        assert opened.known.unopened == "unreadable" or whole, end


@pytest.mark.parametrize("name", NAMES)
def test_no_changed_octet_is_an_error(name, samples, open_with):
    good = samples[name].good
    for at in range(0, min(len(good), 700), 3):
        changed = good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]
        open_with(BY_NAME[name](), changed)


@pytest.mark.parametrize("name", [name for name in NAMES if "encrypted" not in BY_NAME[name].lacks])
def test_an_encrypted_one_gives_its_names_and_says_that_it_wants_a_password(
    name, samples, open_with
):
    opened = open_with(BY_NAME[name](), samples[name].encrypted)

    assert opened.names == ["fox.txt"]
    assert opened.members[0].encrypted
    assert opened.members[0].unopened == "archive_password"
    assert opened.octets == [b""]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_is_stopped_by_a_limit(name, samples, open_with):
    opened = open_with(BY_NAME[name](), samples[name].bomb())

    assert opened.over in {"ratio", "part_octets"} or opened.reached == ["part_octets"]
    assert sum(map(len, opened.octets)) == 0
    if opened.reached:
        assert opened.members[0].unopened == "over_budget"


@pytest.mark.parametrize("name", NAMES)
def test_the_limit_of_one_part_is_inclusive(name, samples, open_with):
    good = samples[name].good
    at_limit = open_with(BY_NAME[name](), good, Limits(part_octets=len(TEXT)))
    past_it = open_with(BY_NAME[name](), good, Limits(part_octets=len(TEXT) - 1))

    assert at_limit.octets == [TEXT]
    assert past_it.over == "part_octets" or past_it.reached == ["part_octets"]


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_one_is_whole_and_is_told_by_its_signature(name, open_with):
    form = BY_NAME[name]
    opened = open_with(form(), form.smallest)

    assert opened.octets == [b""]
    assert opened.known.unopened == ""
    assert signatures.detect(memoryview(form.smallest)).endswith(name)
