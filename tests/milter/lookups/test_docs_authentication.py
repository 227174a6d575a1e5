"""What docs/authentication.md shows is sound, and its numbers are those of the code."""

import re
from pathlib import Path

import pytest

from pratique.milter.config import parse
from pratique.milter.lookups import resolver, turns
from pratique.milter.lookups.auth import arc, dkim, dkim_key, dmarc, spf, spf_record
from pratique.policies import check
from pratique.policies.policy import Policy
from pratique.policies.written.beside import Beside
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.builtin import dkim as worker
from pratique.scanners.senders import grammar, results

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/authentication.md").read_text("utf-8")
LIMITS = (ROOT / "docs/limits.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
RULES = [block for block in BLOCKS if "[[rule]]" in block]
ROWS = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", PAGE, re.MULTILINE))
SHIPPED = (ROOT / "src/pratique/policies/shipped/default.toml").read_text("utf-8")
BESIDE = Beside({"default": SHIPPED})
# The rules of the page, as they stand above the shipped ones.
OWN = 'include = "default"\n' + "\n".join(RULES)


# The listener that the page speaks of.
BEHIND = """
[[listener]]
name          = "behind-postfix"
reply         = "sender"
xforward_from = ["127.0.0.1"]
"""


def test_its_settings_are_taken():
    own, dns, trusted = (
        parse(block.replace("# trusted_listeners", "trusted_listeners") + BEHIND, "x")
        for block in BLOCKS
        if block not in RULES
    )
    assert own.authentication.authserv_id == "mx.example.org"
    assert dns.dns.servers == ("127.0.0.1",)
    assert trusted.authentication.trusted_authserv_ids == ("mx.example.org",)
    assert trusted.authentication.trusted_listeners == ("behind-postfix",)


@pytest.mark.slow
def test_its_rules_are_sound():
    assert len(RULES) == 2
    assert check.check(OWN, "policy.toml", BESIDE, demand_tests=False) == []


@pytest.mark.parametrize(
    ("word", "wanted", "rule"),
    [
        ("fail", "reject", "its owner wants it refused"),
        ("fail", "none", ""),
        ("temperror", "reject", ""),
        ("pass", "reject", ""),
    ],
)
def test_its_rule_refuses_what_the_owner_wants_refused(decided, word, wanted, rule):
    known = facts.Facts(parts=[facts.Part()])
    known.auth.dmarc, known.auth.dmarc_policy = word, wanted
    assert decided(known) == (rule or "all other mail")


@pytest.fixture(scope="session")
def decided():
    """The rule that decides: those of the page, and the shipped ones behind them."""
    policy = Policy.load(OWN, beside=BESIDE)
    return lambda known: policy.decide(known, facts.Recipient(address="ann@example.net")).rule


def test_each_field_is_named_and_none_that_there_is_not():
    told = set(re.findall(r"^\| (?:\*\*)?`auth\.(\w+)`", PAGE, re.MULTILINE))
    assert told == {one.name for one in facts.Auth.DESCRIPTOR.fields}


@pytest.mark.parametrize(
    ("row", "numbers"),
    [
        ("terms of SPF that ask DNS, includes and redirects counted", [spf.MOST_TERMS]),
        ("names of SPF that are not there", [spf.MOST_VOID]),
        ("names of an `mx`", [spf.MOST_MX]),
        ("names of the client (`ptr`)", [spf.MOST_PTR]),
        ("one SPF record", [spf_record.MAX_OCTETS]),
        ("signatures of DKIM", [dkim.MOST]),
        (
            "questions about one message",
            [
                1 + spf.MOST_TERMS * (1 + spf.MOST_MX),
                dkim.MOST,
                arc.MOST_SETS + 1,
                2 * dmarc.MOST_DOMAINS,
            ],
        ),
        ("questions at one time and door", [resolver.ResolverSettings().questions]),
        ("answer of DNS", [resolver.RECORDS, resolver.OCTETS // 1024]),
        ("all answers that are kept", [resolver.KEPT, resolver.KEPT_OCTETS // 2**20]),
    ],
)
def test_its_limits_are_those_of_the_code(row, numbers):
    told = re.sub(r"\([^)]*\)", "", ROWS[row]).replace(",", "")
    assert [int(one) for one in re.findall(r"[0-9]+", told)] == numbers


def test_what_it_says_in_words_is_so():
    assert (dkim_key.LEAST_BITS, dkim_key.MOST_BITS) == (1024, 4096)
    assert dkim_key.MOST_EXPONENT_BITS == 33
    assert (resolver.SHORTEST, resolver.LONGEST, resolver.FAILED) == (5.0, 3600.0, 10.0)
    assert (turns.SHARES, dmarc.MOST_DOMAINS, arc.MOST_SETS) == (4, 4, 10)
    assert "more than four: `permerror`" in ROWS["several domains in From"] + PAGE


def test_the_page_of_limits_says_the_same():
    assert (worker.MOST_SIGNATURES, worker.MOST_SETS) == (dkim.MOST, arc.MOST_SETS)
    questions = 1 + spf.MOST_TERMS * (1 + spf.MOST_MX) + dkim.MOST + arc.MOST_SETS + 1
    assert f"{questions + 2 * dmarc.MOST_DOMAINS} questions at most" in LIMITS
    field = f"{results.OCTETS // 1024} KiB, {grammar.RESULTS}, {grammar.PROPERTIES}"
    assert f"{results.FIELDS}; {field} |" in LIMITS
