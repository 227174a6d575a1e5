"""What docs/engines.md says of spam filters, done as it says: settings, rules, real filters."""

import json
import re
import runpy
import tomllib
from pathlib import Path

import pytest

from pratique.milter.config import parse
from pratique.milter.engines import http_protocol, scores, spamd_protocol, told
from pratique.milter.sections.spam_filters import RspamdSection, SpamAssassinSection
from pratique.policies import check
from pratique.policies.policy import Policy
from pratique.policies.trials import trial
from pratique.scanners import facts_pb2 as facts

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs/engines.md").read_text("utf-8")
SECTION = PAGE.partition("## Spam filters\n")[2].partition("\n## ")[0]
SETTINGS, RULES, LIMIT = re.findall(r"^```toml\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
SHIPPED = (TESTS.parent / "src/pratique/policies/shipped/default.toml").read_text("utf-8")
ABOVE, _, LAST = SHIPPED.rpartition("\n[[rule]]\n")
POLICY = f"{ABOVE}\n{RULES}\n[[rule]]\n{LAST}"
REAL = runpy.run_path(str(TESTS / "spam_filter_processes.py"))
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


def test_the_settings_are_a_configuration():
    settings = parse(SETTINGS, "x")
    assert settings.rspamd.address == "127.0.0.1:11333"
    assert settings.spamassassin.address == "127.0.0.1:783"


@pytest.mark.parametrize("section", [RspamdSection, SpamAssassinSection])
def test_each_setting_stands_there(section):
    assert [name for name in section.model_fields if f"| `{name}` |" not in SECTION] == []


@pytest.mark.parametrize(
    "said",
    [
        f"| `seconds` | {RspamdSection.model_fields['seconds'].default:g} |",
        f"| `connections` | {RspamdSection.model_fields['connections'].default} |",
        f"the first {told.RECIPIENTS} recipients",
        f"more than {told.LONGEST} octets is not told",
        f"At most {scores.SYMBOLS} symbols",
        f"name of over {scores.LONGEST} characters",
        "beyond a million" if scores.LARGEST == 1e6 else "beyond nothing",
        f"more than {http_protocol.MOST_BODY // 1024} KB",
        f"more than {spamd_protocol.MOST_BODY // 1024} KB",
    ],
)
def test_the_numbers_are_those_of_the_code(said):
    assert said in SECTION


def relaxed():
    """The shipped policy with the condition that the page says instead."""
    (found,) = re.findall(r"^when    = ('''\n  limits\.exists[^']*''')$", SHIPPED, re.MULTILINE)
    return SHIPPED.replace(found, "'''" + tomllib.loads(LIMIT)["when"] + "'''")


@pytest.mark.slow
def test_the_rules_are_sound_and_do_what_they_say():
    assert check.check(POLICY, "policy.toml", demand_tests=False) == []
    last = '\n[[rule]]\nname = "all other mail"\nactions = ["accept"]\n'
    results = list(trial.run(Policy.load(RULES + last, "rules.toml"), None))
    assert [(one.rule, one.why) for one in results if one.why] == []
    assert len(results) == 4
    assert check.check(relaxed(), "policy.toml", demand_tests=False) == []


@pytest.fixture(scope="module")
def decide():
    policies = {}

    def decide(seen, text=POLICY):
        if text not in policies:
            policies[text] = Policy.load(text, "policy.toml")
        return policies[text].decide(seen, facts.Recipient())

    return decide


def seen(**values):
    """A score of each engine, by value and threshold."""
    made = [facts.Score(engine=name, value=one, threshold=of) for name, (one, of) in values.items()]
    return facts.Facts(scores=made)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("values", "action", "marked"),
    [
        ({}, "accept", False),
        ({"rspamd": (15.0, 15.0)}, "quarantine", True),
        ({"rspamd": (14.999, 15.0)}, "accept", True),
        ({"rspamd": (6.0, 15.0)}, "accept", True),
        ({"rspamd": (5.999, 15.0)}, "accept", False),
        ({"rspamd": (-6.5, 15.0)}, "accept", False),
        ({"spamassassin": (1000.0, 5.0)}, "accept", False),
        ({"rspamd": (15.0, 15.0), "spamassassin": (5.0, 5.0)}, "reject", True),
        ({"rspamd": (15.0, 15.0), "spamassassin": (4.9, 5.0)}, "quarantine", True),
    ],
)
def test_a_score_decides_as_the_rules_say(decide, values, action, marked):
    verdict = decide(seen(**values))
    assert str(verdict.action) == action
    assert ("X-Spam" in [field.name for field in verdict.add_header]) == marked


def test_the_shipped_policy_asks_nothing_of_a_score(decide):
    both = seen(rspamd=(1000.0, 15.0), spamassassin=(1000.0, 5.0))
    assert str(decide(both, SHIPPED).action) == "accept"
    assert "scores" not in SHIPPED


@pytest.mark.slow
def test_what_was_not_shown_passes_where_the_rule_is_changed(decide):
    past = facts.Facts()
    past.limits.add(
        class_="engine", detail="spamassassin: not shown: more than max_size = 9 octets"
    )
    assert str(decide(past).action) == "quarantine"
    changed = relaxed()
    assert str(decide(past, changed).action) == "accept"
    past.limits.add(class_="engine", detail="rspamd: not shown: more than max_size = 9 octets")
    assert str(decide(past, changed).action) == "quarantine"


@pytest.mark.slow
@pytest.mark.real("rspamd", "spamd", "kernel confinement")
def test_set_up_as_it_stands_there_both_give_mail_a_score(
    service, tmp_path, until, free_port, listens
):
    filters = [REAL["RspamdProcess"](until, free_port()), REAL["SpamdProcess"](until, free_port())]
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    try:
        text = SETTINGS
        for port, one in zip((":11333", ":783"), filters, strict=True):
            text = text.replace(port, f":{one.start(listens).port}")
        service.configure(rest=f'{text}\n[policy]\nfile = "{policy}"\ntest_before = false\n')
        said = []
        for number, body in enumerate((GTUBE, b"hello")):
            file = tmp_path / f"{number}.eml"
            file.write_bytes(b"From: a@own.example\r\nSubject: x\r\n\r\n" + body + b"\r\n")
            said.append(json.loads(service.run("inspect", "--json", str(file), status=1 - number)))
        shown = service.run("inspect", str(tmp_path / "0.eml"), status=1)
    finally:
        for one in filters:
            one.close()
    spam, ham = said
    assert (spam["action"], spam["rule"]) == ("reject", "spam for both")
    assert [(one["engine"], one["value"]) for one in spam["scores"]] == [
        ("rspamd", 15.0), ("spamassassin", 1000.0),
    ]  # fmt: skip
    assert (ham["action"], [one["value"] for one in ham["scores"]]) == ("accept", [0.0, 0.0])
    assert (ham["failures"], ham["limits"], ham["findings"]) == ([], [], [])
    assert "score spamassassin 1000/5  GTUBE 1000" in shown
