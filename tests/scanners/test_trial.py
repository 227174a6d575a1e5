"""A scanner is shown one part at a time, as whoever asks says, and all of it is told."""

import json

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.formats import FORMATS
from pratique.scanners.inspector import names_taken
from pratique.scanners.part import Unfit
from pratique.scanners.strangers import Stranger
from pratique.scanners.trial import EICAR, KINDS, NOISE_OCTETS, ODD_NAMES, Trial, load, samples
from pratique.scanners.v1 import Finding, Limits


class Tells:
    """Finds the name of what it is shown."""

    name = "tells"

    def scan(self, part):
        if part.name == "raise":
            raise KeyError("no")
        yield Finding("Seen", note=f"{part.kind} {part.size} {len(part.octets)} {part.name}")


@pytest.fixture
def ask(listen):
    def asked(trial, order, *extras):
        heard = listen()
        octets = json.dumps(order).encode()
        trial.inspect(memoryview(octets), wall.Inspect(), heard, [memoryview(e) for e in extras])
        assert heard.facts.mail.size == len(octets)
        return heard

    return asked


def trial_of(scanner=None, **limits):
    return Trial([Stranger("tells", scanner or Tells(), Limits(**limits), "1", "/x.py")])


def test_the_parts_are_every_format_every_kind_and_every_odd_name():
    labels = [sample.label for sample in samples((), NOISE_OCTETS)]

    assert len(labels) == len(FORMATS) + 1 + 4 * len(KINDS) + len(ODD_NAMES)
    assert {f"the smallest {form.name}" for form in FORMATS} < set(labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("most", "noise"), [(1000, 1000), (NOISE_OCTETS, NOISE_OCTETS), (10**9, NOISE_OCTETS)]
)
def test_for_one_that_wants_few_kinds_there_is_something_of_each(most, noise):
    made = [sample for sample in samples(("html", "text"), most) if sample.kind]
    assert {sample.kind for sample in made} == {"html", "text"}
    assert max(len(sample.octets) for sample in made) == noise


def test_an_order_of_nothing_lists_parts_and_scanners(ask):
    heard = ask(trial_of(kinds=("text",), octets=5000), {})
    listed = {found.scanner: found for found in heard.facts.findings}

    assert [heard.parts[number].path for number in sorted(heard.parts)] == [
        sample.label for sample in samples(("text",), 5000)
    ]
    assert max(part.size for part in heard.parts.values() if part.kind) == 5000
    assert listed["tells"].name == "own"
    assert (listed["tells"].reference, listed["tells"].engine_version) == ("/x.py", "1")
    assert listed["tells"].note == "wants text, up to 5000 octets, 100 findings a part"
    assert {name for name, found in listed.items() if found.name == "shipped"} < names_taken()


def test_where_there_is_no_scanner_the_list_is_still_one(ask):
    heard = ask(Trial([]), {})
    assert {found.name for found in heard.facts.findings} == {"shipped"}


def test_a_sample_is_shown_by_its_number(ask):
    trial = trial_of(kinds=("text",))
    made = list(samples(("text",), NOISE_OCTETS))
    numbers = {sample.label: number for number, sample in enumerate(made)}
    notes = [
        ask(trial, {"sample": numbers[label]}).facts.findings[0].note
        for label in ("text: empty", "text: not decoded", "text: noise")
    ]
    assert notes == [
        "text 0 0 empty",
        "text -1 0 locked",
        f"text {NOISE_OCTETS} {NOISE_OCTETS} noise",
    ]


def test_eicar_is_the_file_that_every_engine_knows(ask):
    assert len(EICAR) == 68
    heard = ask(trial_of(), {"sample": len(FORMATS)})
    assert heard.facts.findings[0].note.endswith("eicar.com")


def test_octets_beside_the_order_are_a_part_of_that_name(ask):
    heard = ask(trial_of(), {"name": "a.html"}, b"<html><body>hello</body></html>")
    assert heard.facts.findings[0].note == "html 31 31 a.html"
    assert heard.started_in_order == [("tells", 0)]


def test_a_kind_that_is_stated_is_not_told_from_the_octets(ask):
    heard = ask(trial_of(), {"name": "a", "kind": "image"}, b"<html>")
    assert heard.facts.findings[0].note == "image 6 6 a"


def test_a_part_that_is_not_wanted_says_why(ask):
    heard = ask(trial_of(kinds=("image",)), {"name": "a.txt"}, b"hello")
    assert not heard.facts.findings
    assert heard.parts[0].why.startswith("it is of the kind 'text': wants image, up to")


def test_what_it_raises_is_a_failure(ask):
    heard = ask(trial_of(), {"name": "raise"}, b"x")
    assert heard.failures() == [("scanner", 0, "KeyError: 'no'")]


def test_names_that_are_no_text_are_made_text(ask):
    heard = ask(trial_of(), {"name": "a\udcff" + "n" * 5000}, b"x")
    assert len(heard.facts.findings[0].note) <= 300


@pytest.mark.slow
def test_it_is_loaded_as_a_service_loads_it_and_shown_all_of_it_once(tmp_path):
    file = tmp_path / "lazy.py"
    file.write_text(
        "from pratique.scanners.v1 import Finding\n"
        "class Lazy:\n    name = 'lazy'\n    shown = []\n"
        "    def scan(self, part):\n        self.shown.append(part.name)\n"
    )
    trial = load(wall.Setup(own_scanners=[wall.OwnScanner(path=str(file))]))
    assert trial.scanners == ("lazy",)
    assert len(trial._own[0].scanner.shown) == len(trial._samples)


def test_what_goes_wrong_in_the_rehearsal_is_left_to_the_worker():
    class Broken(Tells):
        def scan(self, part):
            raise KeyError

    trial_of(Broken()).rehearse()


def test_one_with_a_name_of_ours_is_refused(tmp_path):
    file = tmp_path / "zip.py"
    file.write_text("class Zip:\n    name = 'zip'\n    def scan(self, part): ...\n")
    with pytest.raises(Unfit, match="another scanner or reader 'zip'"):
        load(wall.Setup(own_scanners=[wall.OwnScanner(path=str(file))]))


def test_kinds_are_those_of_the_facts():
    assert set(KINDS) == set(facts.Kinds.Word.keys())
