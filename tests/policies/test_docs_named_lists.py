"""What docs/named_lists.md shows is sound, is refused as it says, and holds to its limits."""

import re
from pathlib import Path

import pytest

from pratique.milter.policy_file import LARGEST_LIST, find
from pratique.policies.check import check
from pratique.policies.lists import entries, lists
from pratique.policies.policy import Policy
from pratique.policies.written.problem import render
from pratique.scanners import facts_pb2 as facts

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/named_lists.md").read_text("utf-8")
(SHOWN,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(FILE,) = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
REFUSED = re.search(r"^(    policy\.toml:\d.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "policy.toml").write_text(text, "utf-8")
        (tmp_path / "plants.txt").write_text(FILE, "utf-8")
        return find(str(tmp_path / "policy.toml"))

    return write


@pytest.mark.slow
def test_the_policy_is_sound(written):
    found = written(SHOWN)
    assert check(found.text, found.name, found.beside) == []


@pytest.fixture
def policy(written):
    found = written(SHOWN)
    return Policy.load(found.text, found.name, found.beside)


@pytest.mark.parametrize(
    ("asked", "day", "is_let_through"),
    [
        (("x@b.example", "192.0.2.7", "dave@our.example"), 1, True),
        (("Ann@partner.example", "2001:db8:7::1", "dave@our.example"), 1, True),
        (("x@b.example", "192.0.2.7", "x@board.our.example"), 1, False),
        (("x@b.example", "", "dave@our.example"), 1, False),
        (("x@b.example", "192.0.2.7", "dave@our.example"), 15, False),
        (("ann@partner.example", "2001:db8:7::1", "dave@our.example"), 15, False),
        (("ann@partner.example", "192.0.2.7", "dave@our.example"), 15, True),
    ],
)
def test_it_does_what_it_says(policy, asked, day, is_let_through):
    who, ip, recipient = asked
    known = facts.Facts(parts=[facts.Part(kind="executable")])
    known.auth.authenticated_as, known.envelope.client.ip = who, ip
    known.envelope.received_at.FromJsonString(f"2027-01-{day:02}T12:00:00Z")
    said = policy.decide(known, facts.Recipient(address=recipient, domain="our.example"))
    assert (said.rule == "programs of partners") == is_let_through


@pytest.mark.slow
def test_a_list_of_what_anybody_can_write_is_refused_as_it_says(written):
    when = re.search(r"when    = '''\n(.*?)'''", SHOWN, re.DOTALL)[1]
    other = '  any_kind("executable") && in_list(envelope.reverse_path, "partners")\n'
    found = written(SHOWN.replace(when, other))
    told = [
        each for each in check(found.text, "policy.toml", found.beside) if "anybody" in each.message
    ]
    shown = render(told[0], found.text)
    assert [line[4:] for line in REFUSED.splitlines()] == shown.splitlines()


def test_the_limits_are_those_of_the_code():
    assert f"at most {lists.MOST_ENTRIES:,} entries" in PAGE
    assert f"together {LARGEST_LIST >> 20} MB" in PAGE
    assert f"an entry {entries.LONGEST:,} characters" in PAGE
    assert f"a policy {lists.MOST_LISTS} lists and {lists.MOST_GROUPS} groups" in PAGE
    for kind in entries.KINDS:
        assert f"| `{kind}` |" in PAGE
