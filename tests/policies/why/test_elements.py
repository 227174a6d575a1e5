"""What a leaf is about: its values, and the elements that decide it."""

import pytest

from pratique.policies.language.clauses import clause_of
from pratique.policies.language.condition import Condition
from pratique.policies.lists.named import received
from pratique.policies.policy import Policy
from pratique.policies.why.elements import MOST_TOLD, MOST_TRIED, about, at, deciding_elements
from pratique.scanners import facts_pb2 as facts

RCPT = facts.Recipient(address="ceo@our.example", domain="our.example", groups=["board"])
MESSAGE = facts.Part(id=0, parent=-1)


def told(text, known, lists=None, decides=None):
    more = {} if lists is None else {"lists": lists}
    condition = Condition.compile(text, **more)
    if decides is None:
        decides = "!" not in text
    return about(condition, clause_of(text), known, RCPT, decides=decides)


def values(found):
    return [(one.path, one.text) for one in found.values]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail.size > 5", [("mail.size", "12")]),
        (
            "mail.size > 5 ? bounce.claimed : true",
            [("mail.size", "12"), ("bounce.claimed", "false")],
        ),
        ("has(envelope.reverse_path)", [("envelope.reverse_path", "not known")]),
        ('mail.subject.startsWith("mail.size")', [("mail.subject", '"hello"')]),
        ('"nul" in mail.header_anomalies', [("mail.header_anomalies", '["nul"]')]),
        ("mail.header_anomalies.size() > 0", [("mail.header_anomalies", '["nul"]')]),
        ('domain_of(mail.subject) == ""', [("mail.subject", '"hello"')]),
        ('"board" in rcpt.groups', [("rcpt.groups", '["board"]')]),
        ("mail.size + mail.size > 5", [("mail.size", "12")]),
        ("true", []),
    ],
)
def test_the_fields_that_a_leaf_compares_are_told(text, expected):
    known = facts.Facts(mail={"size": 12, "subject": "hello", "header_anomalies": ["nul"]})
    assert values(told(text, known)) == expected


PARTS = [
    MESSAGE,
    facts.Part(id=1, parent=0, path="1", name="a.txt", kind="text", size=9),
    facts.Part(id=2, parent=0, path="2", name="b.exe", kind="executable", size=20),
]


@pytest.mark.parametrize(
    ("text", "decides", "numbers"),
    [
        ('parts.exists(p, p.kind == "executable")', True, [2]),
        ("parts.exists(p, p.size > 5)", True, [1, 2]),
        ("parts.all(p, p.size > 5)", False, [0]),
        ("parts.all(p, p.id >= 0)", True, []),
        ("parts.exists(p, p.size > 50)", False, []),
        ('any_kind(["executable", "script"])', True, [2]),
        ('any_name("[.]exe$")', True, [2]),
        ('any_name("[.]zip$")', False, []),
        # Alone, `parts` is another list: nothing is told.
        ("parts.exists(p, p.id == parts.size() - 1)", True, []),
        ('parts.exists(p, any_kind("text"))', True, []),
        ('parts.exists(p, p.kind == "text") == true', True, []),
    ],
)
def test_the_elements_that_decide_are_told(text, decides, numbers):
    found = told(text, facts.Facts(parts=PARTS), decides=decides)
    assert [one.number for one in found.elements] == numbers


def test_of_an_element_is_told_what_is_asked_of_it():
    known = facts.Facts(parts=PARTS, mail={"size": 12})
    (one,) = told("parts.exists(p, p.size > mail.size && p.depth == 0)", known).elements
    assert one.path == ("parts",)
    assert one.told == 'part 2 ("b.exe")'
    assert values(one) == [("p.size", "20"), ("p.depth", "0")]


def test_lists_below_a_message_are_gone_through_too():
    known = facts.Facts(bounce={"evidence": [{"kind": "automatic"}, {"kind": "structure"}]})
    (one,) = told('bounce.evidence.exists(e, e.kind == "structure")', known).elements
    assert (one.path, one.number) == (("bounce", "evidence"), 1)
    assert list(at(known, one.path)) == list(known.bounce.evidence)


def test_a_loop_over_words_tells_the_words():
    known = facts.Facts(mail={"header_anomalies": ["nul", "no_from"]})
    (one,) = told('mail.header_anomalies.exists(a, a == "nul")', known).elements
    assert one.told == '"nul"'


def test_only_some_are_told_and_the_rest_is_counted():
    known = facts.Facts(parts=[facts.Part(id=number) for number in range(MOST_TOLD)])
    assert told("parts.exists(p, p.id >= 0)", known).more == 0
    known.parts.add(id=99)
    found = told("parts.exists(p, p.id >= 0)", known)
    assert (len(found.elements), found.more) == (MOST_TOLD, 1)


@pytest.mark.slow
def test_no_more_are_tried_than_a_policy_is_shown_parts():
    for many in (MOST_TRIED, MOST_TRIED + 1):
        known = facts.Facts(parts=[facts.Part(id=number) for number in range(many)])
        found = told("parts.exists(p, p.id >= 0)", known)
        assert len(found.elements) + found.more == MOST_TRIED


def test_what_a_leaf_rests_on_can_be_asked_for():
    known = facts.Facts(parts=PARTS)
    condition = Condition.compile('true && any_kind("executable")')
    assert deciding_elements(condition, 'any_kind("executable")', known, RCPT) == (("parts",), [2])
    assert deciding_elements(condition, "true", known, RCPT) == ((), [])


ABOUT = 'owner = "ann@our.example"\nreason = "firmware"\n'
LISTS = f"""
[[list]]
name = "addresses"
kind = "addresses"
entries = [{{ entry = "@b.example", owner = "bob", reason = "4711", expires = 2027-01-15 }}]
{ABOUT}
[[list]]
name = "domains"
kind = "domains"
entries = ["b.example"]
{ABOUT}
[[list]]
name = "networks"
kind = "networks"
entries = ["192.0.2.0/24"]
{ABOUT}
[[list]]
name = "hashes"
kind = "hashes"
entries = ["{"ab" * 32}"]
{ABOUT}
[[list]]
name = "texts"
kind = "texts"
entries = ["hello"]
{ABOUT}
[[group]]
name = "board"
members = ["ceo@our.example"]
"""


@pytest.fixture(scope="module")
def lists():
    # Of groups alone the owner is the policy.
    return Policy.load(f"{LISTS}\n[[rule]]\nname = 'all'\nactions = ['accept']\n").lists


KNOWN = facts.Facts(
    mail={"subject": "hello"},
    parts=[MESSAGE, facts.Part(id=1, sha256="ab" * 32)],
    envelope={"client": {"ip": "192.0.2.7"}},
    auth={
        "authenticated_as": "ann@b.example",
        "dkim": [{"domain": "a.example"}, {"domain": "b.example"}],
    },
)


@pytest.mark.parametrize(
    ("text", "name", "entry"),
    [
        ('in_list(auth.authenticated_as, "addresses")', "addresses", "@b.example"),
        ('in_list(domain_of(auth.authenticated_as), "domains")', "domains", "b.example"),
        ('in_list(envelope.client.ip, "networks")', "networks", "192.0.2.0/24"),
        ('in_list(mail.subject, "texts")', "texts", "hello"),
        ('"board" in rcpt.groups', "board", "ceo@our.example"),
    ],
)
def test_the_entry_that_is_met_is_told_for_every_kind_of_list(lists, text, name, entry):
    (one,) = told(text, KNOWN, lists).listed
    assert (one.name, one.entry.text) == (name, entry)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('parts.exists(p, in_list(p.sha256, "hashes"))', "hashes"),
        ('auth.dkim.exists(d, in_list(d.domain, "domains"))', "domains"),
    ],
)
def test_the_entry_is_told_with_the_element_that_meets_it(lists, text, name):
    (one,) = told(text, KNOWN, lists).elements
    assert (one.number, [each.name for each in one.listed]) == (1, [name])


def test_who_added_an_entry_is_told_until_it_expires(lists):
    known = facts.Facts()
    known.CopyFrom(KNOWN)
    (one,) = told('in_list(auth.authenticated_as, "addresses")', known, lists).listed
    assert (one.entry.owner, one.entry.reason) == ("bob", "4711")
    known.envelope.received_at.FromJsonString("2027-01-15T00:00:00Z")
    assert received(known) is not None
    assert told('in_list(auth.authenticated_as, "addresses")', known, lists).listed == ()


@pytest.mark.parametrize(
    "text", ['parts_left_out.by_kind.exists(k, k == "text")', 'rcpt.groups.exists(g, g == "board")']
)
def test_a_loop_over_what_is_no_list_of_the_facts_names_no_elements(text):
    known = facts.Facts(parts_left_out={"by_kind": {"text": 2}})
    assert told(text, known).elements == ()
