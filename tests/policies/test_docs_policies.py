"""What docs/policies.md shows is sound, is refused as it says, and is done so."""

import re
from pathlib import Path

import pytest

from pratique.milter.policy_file import find
from pratique.milter.policy_trial import try_policy
from pratique.policies.check import check
from pratique.policies.checks.words_of_strangers import _PLACES, FORGEABLE
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.policies.written.problem import render
from pratique.scanners import facts_pb2 as facts

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/policies.md").read_text("utf-8")
OWN, WORKED, TESTED, LIST = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHOWN = re.search(r"^(    policy\.toml:\d.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)[1]
INCLUDE = 'include = "default"\n\n'
# What a worker sees in mail/program-in-zip.eml.
PROGRAM_IN_ZIP = facts.Facts(
    parts=[
        facts.Part(id=0, parent=-1, kind="message"),
        facts.Part(id=2, parent=0, kind="archive", name="a.zip", inside=["message"]),
        facts.Part(id=3, parent=2, kind="executable", inside=["message", "zip"]),
    ]
)


@pytest.fixture
def written(tmp_path):
    """A policy as it would stand in a folder of an admin's, found."""

    def write(text):
        (tmp_path / "policy.toml").write_text(text, "utf-8")
        (tmp_path / "mail").mkdir(exist_ok=True)
        (tmp_path / "mail/program-in-zip.eml").write_bytes(b"\r\n")
        return find(str(tmp_path / "policy.toml"))

    return write


def see(paths):
    return [PROGRAM_IN_ZIP for _ in paths]


def program_for(address, authenticated_as="", inside=("message", "zip")):
    known = facts.Facts(parts=[facts.Part(kind="executable", inside=inside)])
    known.auth.authenticated_as = authenticated_as
    return known, facts.Recipient(address=address, domain=address.partition("@")[2])


@pytest.mark.slow
@pytest.mark.parametrize("text", [OWN, INCLUDE + WORKED, INCLUDE + TESTED])
def test_the_policies_of_the_page_are_sound_and_meet_their_tests(written, text):
    found = written(text)
    assert check(found.text, found.name, found.beside) == []
    trials = try_policy(found, see)
    assert [each.why for each in trials.own] == [""] * len(trials.own)
    assert trials.own


def test_the_worked_example_is_as_short_as_the_page_says():
    lines = WORKED.strip().splitlines()
    assert len(lines) == 7
    assert "These are seven lines; `until = 2027-01-15` is an eighth" in PAGE


@pytest.mark.slow
def test_the_worked_example_in_the_shadow_only_tells(written):
    found = written(INCLUDE + WORKED)
    policy = Policy.load(found.text, found.name, found.beside)
    verdict = policy.decide(*program_for("bob@x.example"))
    assert (verdict.action, verdict.rule) == (Action.REJECT, "program")
    assert [each.action for each in verdict.shadows] == ["quarantine"]
    assert verdict.notices == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "proved", "inside", "rule"),
    [
        ("bob@x.example", "", ("message", "zip"), "program in an archive, for x.example"),
        (
            "bob@x.example",
            "bob@y.example",
            ("message", "zip"),
            "program in an archive, for x.example",
        ),
        ("bob@x.example", "ann@y.example", ("message", "zip"), "program"),
        ("bob@x.example", "", ("message",), "program"),
        ("bob@z.example", "", ("message", "zip"), "program"),
    ],
)
def test_the_worked_example_in_force(written, address, proved, inside, rule):
    found = written(INCLUDE + WORKED.replace('mode    = "shadow"\n', ""))
    policy = Policy.load(found.text, found.name, found.beside)
    verdict = policy.decide(*program_for(address, proved, inside))
    assert verdict.rule == rule
    told = [notice.address for notice in verdict.notices]
    assert told == (["admin@x.example"] if "x.example" in rule else [])


@pytest.mark.slow
def test_with_an_eighth_line_it_ends_by_itself(written):
    text = WORKED.replace('mode    = "shadow"\n', "until   = 2027-01-15\n")
    found = written(INCLUDE + text)
    policy = Policy.load(found.text, found.name, found.beside)
    known, recipient = program_for("bob@x.example")
    known.envelope.received_at.FromJsonString("2027-01-14T23:59:59Z")
    assert policy.decide(known, recipient).action is Action.QUARANTINE
    known.envelope.received_at.FromJsonString("2027-01-15T00:00:00Z")
    assert policy.decide(known, recipient).action is Action.REJECT


@pytest.mark.slow
def test_nobody_comes_in_by_writing_the_name_of_the_exception(written):
    forged = WORKED.replace("auth.authenticated_as", "envelope.reverse_path")
    found = written(INCLUDE + forged)
    (problem,) = check(found.text, found.name, found.beside)
    assert "anybody can write this" in problem.message


@pytest.mark.slow
def test_the_list_of_the_page_is_sound(default_text):
    assert check(LIST + default_text, demand_tests=False) == []


def test_a_list_of_addresses_is_refused_as_the_page_shows_it(around):
    when = 'mail.header.from_.exists(f, f.domain == "builder.example")'
    text = re.sub(r"(?m)^when .*$", f"when    = '{when}'", LIST)
    assert when in text
    (problem,) = check(text + around(), demand_tests=False)
    told = render(problem, text).splitlines()
    shown = [line.removeprefix("    ") for line in SHOWN.splitlines()]
    assert told[:-1] == shown[:-1]
    assert told[-1].startswith(shown[-1].removesuffix(", ..."))


def test_the_page_names_every_word_of_a_stranger():
    words = {field for (message, field), rest in _PLACES.items() if rest & FORGEABLE}
    in_messages = {"display_name", "address", "domain"}
    of_whole_messages = {field for message, field in _PLACES if message in _WHOLE}
    raw = {field for field in words if field.startswith("raw_")}
    missing = words - in_messages - of_whole_messages - raw
    assert [field for field in sorted(missing) if field not in PAGE] == []


# Named on the page by the variable that holds them.
_WHOLE = ("Returned", "Signature", "StatedResults", "StatedResult")
