"""What could be otherwise in a message, in words, and the facts after it."""

import pytest

from pratique.policies.language.condition import Condition
from pratique.policies.why.alterable import asked_by
from pratique.policies.why.changes import GONE, LARGEST, MOST_ELEMENTS, Sort, applied, possible
from pratique.scanners import facts_pb2 as facts

KNOWN = facts.Facts(
    mail={"size": 100, "header_anomalies": ["nul", "no_from"]},
    parts=[
        {"id": 0, "parent": -1, "kind": "message"},
        {"id": 1, "parent": 0, "path": "1", "name": "a.zip", "kind": "archive"},
        {"id": 2, "parent": 1, "path": "1/zip:a.exe", "name": "a.exe", "kind": "executable"},
        {"id": 3, "parent": 0, "path": "3", "kind": "text"},
    ],
    findings=[
        {"scanner": "yara", "name": "EICAR", "severity": "malicious", "part": 2},
        {"scanner": "own", "name": "Odd", "severity": "suspicious", "part": 3},
    ],
    ambiguities=[{"class_": "odd_name", "where": "1/zip:a.exe"}, {"class_": "header_end"}],
    bounce={"evidence": [{"kind": "automatic", "weight": 1.5}]},
    auth={"dmarc": "fail"},
)


def of(text, known=KNOWN):
    return possible(known, asked_by([Condition.compile(text)]))


def told(text, known=KNOWN):
    return [change.told for change in of(text, known).changes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bounce.verified", ["`bounce.verified` were true"]),
        ('auth.dmarc == "pass"', ["`auth.dmarc` were empty", '`auth.dmarc` were "pass"']),
        ("mail.size > 200", [f"`mail.size` were {number}" for number in (199, 200, 201)]),
        (
            '"nul" in mail.header_anomalies',
            [
                'of `mail.header_anomalies` "nul" were not there',
                'of `mail.header_anomalies` "no_from" were not there',
            ],
        ),
        (
            'has(envelope.reverse_path) && envelope.reverse_path == "a@b.example"',
            ["`envelope.reverse_path` were empty", '`envelope.reverse_path` were "a@b.example"'],
        ),
        (
            "bounce.evidence.size() > 0",
            ["the evidence automatic (+1.5) were not there"],
        ),
        (
            "findings.exists(f, f.part == mail.received_count)",
            [
                "the finding yara: EICAR in part 2 were not there",
                "the finding own: Odd in part 3 were not there",
            ],
        ),
        (
            "parts.size() > 0",
            [
                'part 1 ("a.zip"), and the one in it, were not there',
                "part 2 (1/zip:a.exe) were not there",
                "part 3 were not there",
            ],
        ),
    ],
)
def test_what_could_be_otherwise_is_said(text, expected):
    assert sorted(told(text)) == sorted(expected)


def test_a_field_that_need_not_be_there_could_be_away():
    known = facts.Facts(envelope={"reverse_path": ""})
    said = told('has(envelope.reverse_path) && envelope.reverse_path == ""', known)
    assert said == ["`envelope.reverse_path` were not known"]


def test_a_word_becomes_one_that_the_policy_names_or_the_ordinary_one():
    said = told('findings.exists(f, f.severity == "malicious")')
    assert '`severity` of the finding own: Odd in part 3 were "malicious"' in said
    assert '`severity` of the finding own: Odd in part 3 were "information"' in said
    assert not any('"suspicious"' in each for each in said)


def test_the_message_itself_is_what_it_is():
    assert not any("part 0" in each for each in told('any_kind(["script", "text"])'))
    sealed = facts.Facts(parts=[{"id": 0, "parent": -1, "unopened": "smime"}])
    said = told('parts.exists(p, p.unopened == "pgp")', sealed)
    assert said == ["`unopened` of part 0 (the message itself) were empty"]


def test_flags_and_elements_come_before_numbers_and_texts():
    text = 'mail.subject == "x" && mail.size > 5 && auth.dmarc == "pass" && bounce.claimed'
    sorts = [change.sort for change in of(f"{text} && findings.size() > 0").changes]
    assert sorts == sorted(sorts, key=lambda sort: sort.value)
    assert set(sorts) == set(Sort)


def gone(text, said):
    (change,) = (each for each in of(text).changes if each.told == said)
    assert change.becomes is GONE
    return applied(KNOWN, [change])


def test_with_a_part_goes_what_lies_in_it_and_what_was_said_of_it():
    after = gone("parts.size() > 0", 'part 1 ("a.zip"), and the one in it, were not there')
    assert [part.id for part in after.parts] == [0, 3]
    assert [one.name for one in after.findings] == ["Odd"]
    assert [one.class_ for one in after.ambiguities] == ["header_end"]
    # What it was made of is as it was.
    assert len(KNOWN.parts) == 4


def test_several_changes_are_made_at_once_and_numbers_stay():
    asked = "findings.exists(f, f.severity == 'malicious') && '' in mail.header_anomalies"
    changes = [each for each in of(asked).changes if each.becomes is GONE]
    assert len(changes) == 4
    after = applied(KNOWN, changes)
    assert (list(after.findings), list(after.mail.header_anomalies)) == ([], [])


def test_changes_of_one_place_exclude_each_other():
    changes = of('parts.exists(p, p.kind == "script")').changes
    by_words = {change.told: change for change in changes}
    part = by_words["part 2 (1/zip:a.exe) were not there"]
    kind = by_words['`kind` of part 2 (1/zip:a.exe) were "script"']
    outer = by_words['part 1 ("a.zip"), and the one in it, were not there']
    assert part.excludes(kind)
    assert kind.excludes(part)
    assert outer.excludes(part)
    assert not part.excludes(by_words["part 3 were not there"])


@pytest.mark.parametrize(("more", "is_cut"), [(0, False), (1, True)])
def test_of_a_list_so_many_elements_are_looked_at(more, is_cut):
    found = [{"scanner": f"s{number}"} for number in range(MOST_ELEMENTS + more)]
    known = facts.Facts(findings=found)
    every = of('findings.exists(f, f.scanner == "s0")', known)
    assert every.is_cut is is_cut


def test_of_elements_that_are_alike_as_many_are_tried_as_are_changed_together():
    parts = [{"id": number, "kind": "text", "path": str(number)} for number in range(1, 500)]
    every = of('parts.exists(p, p.kind == "script")', facts.Facts(parts=parts))
    assert (len(every.changes), every.is_cut) == (3 * LARGEST, False)
