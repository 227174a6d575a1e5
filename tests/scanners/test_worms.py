"""The simulated worms, whole: what the walk and its scanners see in each.

What to reject and what to let pass is decided elsewhere; here it is enough that each
worm shows something to decide by, and that its honest likeness shows nothing.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.inspector import load

ROOT = Path(__file__).resolve().parents[2]
MAKE = ROOT.parent / "shared/worms/make_worms.py"
RUNS = {"executable", "script", "shortcut", "disk_image"}
OURS = {"mydoom", "netsky", "bagle", "mytob", "wurmark", "sobig"}
ALL_RUN = OURS | {"evaman", "trick", "bumblebee"}
# These two have no attachment at all: they only carry a link.
LINKS = {("bagle", "q"), ("mytob", "em")}
# Random subjects, random texts, no word of the family: only the program gives them away.
WITHOUT_WORDS = 8

pytestmark = [pytest.mark.slow, pytest.mark.real("shared mail")]


@pytest.fixture(scope="module")
def seen(tmp_path_factory, listen):
    folder = tmp_path_factory.mktemp("worms")
    subprocess.run([sys.executable, MAKE, folder], check=True, capture_output=True)
    inspector = load(wall.Setup())
    answers = []
    for one in json.loads((folder / "manifest.json").read_text())["messages"]:
        listener = listen()
        octets = memoryview((folder / one["file"]).read_bytes())
        inspector.inspect(octets, wall.Inspect(), listener)
        answers.append((one, listener))
    return answers


def family(seen, *names):
    return [(one, heard) for one, heard in seen if one["family"] in names]


def test_nothing_goes_wrong_on_our_side(seen):
    assert [one["file"] for one, heard in seen if heard.facts.failures] == []


def test_every_worm_shows_what_it_runs(seen):
    hidden = [
        one["file"]
        for one, heard in family(seen, *ALL_RUN)
        if (one["family"], one["variant"]) not in LINKS
        if not (heard.kinds() & RUNS or heard.unopened())
    ]

    assert hidden == []


def test_no_honest_mail_shows_a_program(seen):
    shown = [
        one["file"] for one, heard in family(seen, "genuine", "lookalike") if heard.kinds() & RUNS
    ]

    assert shown == []


def test_no_honest_mail_is_odd_in_any_way(seen):
    odd = [
        one["file"]
        for one, heard in family(seen, "genuine", "lookalike")
        if heard.facts.findings or heard.facts.ambiguities or heard.facts.limits or heard.unopened()
    ]

    # A partner's encrypted zip: nobody can tell it from another by its octets.
    assert odd == ["ok-pwzip-01.eml"]


def test_the_rules_know_the_families_by_their_manners(seen):
    unknown = [
        one["file"]
        for one, heard in family(seen, *OURS)
        if (one["family"], one["variant"]) not in LINKS
        if not heard.facts.findings
    ]

    assert len(unknown) <= WITHOUT_WORDS, unknown


def test_hidden_extensions_are_told(seen):
    wanted = {"double-extension": "double_extension", "space-padded-name": "spaces"}
    for one, heard in family(seen, *OURS):
        told = {word for part in heard.parts.values() for word in part.disguised}
        assert {wanted[why] for why in one["why"] if why in wanted} <= told, one["file"]


def test_documents_with_macros_are_held_for_them(seen):
    silent = [
        one["file"]
        for one, heard in seen
        if "macro-document" in one["why"] and not heard.unopened()
        if not any(each.severity == "suspicious" for each in heard.facts.findings)
    ]

    assert silent == []
