"""Real mail, and worms in false bounces: nothing raises, and little is odd."""

import subprocess
import sys
from pathlib import Path

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.mime import Mime
from pratique.scanners.mime.entity import MESSAGE_TYPES
from pratique.scanners.mime.mail import mail_facts
from pratique.scanners.part import Member, Oddity, Part

SHARED = Path(__file__).resolve().parents[4] / "shared"
WORDS = set(facts.Ambiguities.Word.keys())
VIEWS = set(facts.Views.Word.keys())
UNOPENED = {"", *facts.Unopened.Word.keys()}
# Of 623 files 25 are ambiguous, each of them looked at and found so: inner multiparts that
# an outer delimiter ends, with more parts behind (5), junk in base64 (6), broken headers
# and delimiters.
ODD_FILES = 25


def walk(octets, budget):
    """Everything in a message, also in the messages in it."""
    waiting = [(facts.Part(kind="message"), memoryview(octets))]
    while waiting:
        known, view = waiting.pop()
        for found in Mime().members(Part(known, view), budget):
            yield found
            if isinstance(found, Member) and found.declared_type in MESSAGE_TYPES:
                inner = facts.Part(kind="message", returned=found.returned, views=[found.view])
                waiting.append((inner, found.octets))


def check(found):
    if isinstance(found, Oddity):
        assert found.class_ in WORDS
        found.detail.encode("utf-8")
    if isinstance(found, Member):
        assert found.step
        assert found.declared_type == found.declared_type.lower()
        assert found.view in VIEWS
        assert found.unopened in UNOPENED
        assert bool(found.why) is bool(found.unopened)
        for text in (found.step, found.name, *found.names, found.declared_type):
            text.encode("utf-8")


@pytest.mark.slow
@pytest.mark.real("shared mail")
def test_real_mail_is_read_to_its_end_and_little_of_it_is_odd():
    odd = set()
    paths = sorted((SHARED / "corpora").rglob("*.eml"))
    for path in paths:
        budget = Budget(Limits())
        octets = path.read_bytes()
        mail_facts(memoryview(octets), budget)
        for found in walk(octets, budget):
            check(found)
            if isinstance(found, Oddity):
                odd.add(path.name)

    assert len(paths) > 500
    assert len(odd) <= ODD_FILES


@pytest.mark.slow
@pytest.mark.real("shared mail")
@pytest.mark.parametrize("name", ["backscatter-qmail-01", "backscatter-exim-01"])
def test_a_worm_in_a_message_that_was_returned_inline_is_surfaced(name, tmp_path):
    script = SHARED / "worms/make_worms.py"
    subprocess.run([sys.executable, script, tmp_path], check=True, capture_output=True)

    found = list(walk((tmp_path / f"{name}.eml").read_bytes(), Budget(Limits())))

    programs = [each for each in found if isinstance(each, Member) and each.name == "message.scr"]
    assert [bytes(each.octets[:2]) for each in programs] == [b"MZ"]
    assert programs[0].returned
    assert not [each for each in found if isinstance(each, Oddity)]
