"""Try the tests that stand in a policy: met, not met, and met by the wrong rule."""

import pytest

from pratique.policies.policy import Policy
from pratique.policies.trial import run
from pratique.scanners import facts_pb2 as facts

SCRIPT = "facts.parts = [{ kind = 'script' }]"


def results(text, see=None):
    return [each for each in run(Policy.load(text), see or {}.__getitem__) if each.rule.name == "x"]


@pytest.fixture
def why(around):
    """What is said of one test below a rule; empty if it is met."""

    def tried(test, *, actions="['reject']", above="", see=None):
        own = f"[[rule]]\nname='x'\nwhen='any_kind(\"script\")'\nactions={actions}\nreason='r'\n"
        text = around(above, f"{own}[[rule.test]]\n{test}\n")
        (result,) = results(text, see)
        return result.why

    return tried


ABOVE = "[[rule]]\nname='a'\nwhen='parts.size() > 0'\nactions=['{}']\nreason='r'\n"


def test_a_test_is_met_if_its_rule_decides(why):
    assert why(f"{SCRIPT}\nexpect = 'reject'") == ""


def test_a_test_is_not_met_if_the_rule_is_silent(why):
    said = why("facts.parts = []\nexpect = 'reject'")
    assert said == "accept was decided by the rule `all other mail`"


def test_a_test_is_not_met_if_another_rule_does_the_same(why):
    said = why(f"{SCRIPT}\nexpect = 'reject'", above=ABOVE.format("reject"))
    assert said == "the action is right, but reject was decided by the rule `a`"


def test_a_test_can_name_the_other_rule(why):
    above = ABOVE.format("reject")
    assert why(f"{SCRIPT}\nexpect = 'reject'\nby = 'a'", above=above) == ""
    assert "`x`" in why(f"{SCRIPT}\nexpect = 'reject'\nby = 'a'")


def test_a_test_for_silence_expects_another_action(why):
    assert why("facts.parts = [{ kind = 'text' }]\nexpect = 'accept'") == ""
    assert why(f"{SCRIPT}\nexpect = 'accept'") == "reject was decided by the rule `x`"


def test_a_rule_that_notes_is_met_if_it_states(why):
    assert why(f"{SCRIPT}\nexpect = 'note'", actions="['note']") == ""
    assert "silent" in why("facts = {}\nexpect = 'note'", actions="['note']")
    assert "expected to be silent" in why(f"{SCRIPT}\nexpect = 'accept'", actions="['note']")
    assert why("facts = {}\nexpect = 'accept'", actions="['note']") == ""


def test_a_condition_without_an_answer_meets_no_test(why):
    above = "[[rule]]\nname='a'\nwhen='parts[3].id == 1'\nactions=['quarantine']\nreason='r'\n"
    assert "could not be evaluated" in why(f"{SCRIPT}\nexpect = 'quarantine'", above=above)


def test_a_message_is_seen_by_whoever_sees(why):
    seen = {"a.eml": facts.Facts(parts=[facts.Part(kind="script")])}
    assert why("message = 'a.eml'\nexpect = 'reject'", see=seen.__getitem__) == ""


def test_the_envelope_of_a_test_is_the_one_that_is_written(around):
    when = 'has(envelope.reverse_path) && rcpt.domain == "example.org"'
    text = around(
        f"[[rule]]\nname='x'\nwhen='{when}'\nactions=['reject']\nreason='r'\n"
        "[[rule.test]]\nfacts={}\nreverse_path=''\nrecipient='a@Example.org'\nexpect='reject'\n"
        "[[rule.test]]\nfacts={}\nrecipient='a@example.org'\nexpect='accept'\n"
        "[[rule.test]]\nfacts={}\nreverse_path=''\nexpect='accept'\n"
    )
    assert [each.why for each in results(text)] == ["", "", ""]


def test_a_message_that_serves_two_tests_is_not_changed_by_the_first(around):
    seen = facts.Facts(parts=[facts.Part(kind="script")])
    text = around(
        "[[rule]]\nname='x'\nwhen='any_kind(\"script\")'\nactions=['reject']\nreason='r'\n"
        "[[rule.test]]\nmessage='a'\nreverse_path=''\nexpect='reject'\n"
    )
    assert [each.why for each in results(text, lambda _: seen)] == [""]
    assert not seen.envelope.HasField("reverse_path")
