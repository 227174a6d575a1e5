"""Try the tests that stand in a policy: met, not met, and met by the wrong rule."""

import pytest

from pratique.policies.policy import Policy
from pratique.policies.trials.trial import run
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


SHADOW = "['reject']\nmode='shadow'"


def test_a_rule_in_the_shadow_is_tried_by_what_it_would_order(why):
    assert why(f"{SCRIPT}\nexpect = 'reject'", actions=SHADOW) == ""
    assert why("facts = {}\nexpect = 'accept'", actions=SHADOW) == ""
    said = why("facts = {}\nexpect = 'reject'", actions=SHADOW)
    assert (
        said == "the rule in the shadow was silent, accept was decided by the rule `all other mail`"
    )
    said = why(f"{SCRIPT}\nexpect = 'accept'", actions=SHADOW)
    assert said == "the rule spoke, and was expected to be silent"


def test_a_note_in_the_shadow_is_tried_too(why):
    actions = "['note']\nmode='shadow'"
    assert why(f"{SCRIPT}\nexpect = 'note'", actions=actions) == ""
    assert "was silent" in why("facts = {}\nexpect = 'note'", actions=actions)


def test_another_rule_that_does_what_is_expected_is_not_the_one_in_the_shadow(why):
    above = ABOVE.format("reject")
    said = why(f"{SCRIPT}\nexpect = 'reject'", actions=SHADOW, above=above)
    assert said == "the rule in the shadow was silent, reject was decided by the rule `a`"


def test_the_tests_of_a_policy_in_the_shadow_are_run_as_if_it_were_in_force(why):
    assert why(f"{SCRIPT}\nexpect = 'reject'", above="mode = 'shadow'\n") == ""


UNTIL = "['reject']\nuntil=2027-01-15"


def test_a_test_says_when_its_message_is_received(why):
    before, after = "at = 2027-01-14T23:59:59Z", "at = 2027-01-15T00:00:00Z"
    assert why(f"{SCRIPT}\nexpect = 'reject'\n{before}", actions=UNTIL) == ""
    assert why(f"{SCRIPT}\nexpect = 'accept'\n{after}", actions=UNTIL) == ""
    written = "facts.envelope.received_at = 2027-01-15T00:00:00Z"
    assert why(f"{SCRIPT}\nexpect = 'accept'\n{written}", actions=UNTIL) == ""


def test_a_file_that_is_seen_later_has_the_same_answer(why):
    known = facts.Facts(parts=[facts.Part(kind="script")])
    known.envelope.received_at.seconds = 2_000_000_000
    see = {"a.eml": known}.__getitem__
    assert why("message = 'a.eml'\nexpect = 'reject'", actions=UNTIL, see=see) == ""
    at = "at = 2027-01-15T00:00:00Z"
    assert why(f"message = 'a.eml'\nexpect = 'accept'\n{at}", actions=UNTIL, see=see) == ""


def test_who_is_told_can_be_expected(why):
    actions = "['reject', { notify = 'a@x' }]"
    test = f"{SCRIPT}\nexpect = 'reject'\nexpect_notify = "
    assert why(f"{test}['a@x']", actions=actions) == ""
    assert why(f"{test}[]", actions=actions) == "the action is right, and is told to: a@x"
    said = why(f"{test}['b@x']")
    assert said == "the action is right, and is told to: none"


def test_what_the_stranger_hears_can_be_expected(why):
    actions = "['reject']\nreply='5.7.1 No'"
    assert why(f"{SCRIPT}\nexpect = 'reject'\nexpect_reply = '5.7.1 No'", actions=actions) == ""
    said = why(f"{SCRIPT}\nexpect = 'reject'\nexpect_reply = ''", actions=actions)
    assert said == 'the action is right, and the stranger hears: "5.7.1 No"'


def test_a_redirect_is_expected_as_an_action(why):
    assert why(f"{SCRIPT}\nexpect = 'redirect'", actions="[{ redirect = 'a@x' }]") == ""


def test_groups_of_the_recipient_are_those_of_the_policy(around, rule):
    group = "[[group]]\nname = 'board'\nmembers = ['a@x']\n"
    own = "[[rule]]\nname='x'\nwhen='\"board\" in rcpt.groups'\nactions=['reject']\nreason='r'\n"
    tests = "".join(
        f"[[rule.test]]\nfacts = {{}}\nrecipient = '{who}'\nexpect = '{expect}'\n"
        for who, expect in (("a@x", "reject"), ("b@x", "accept"))
    )
    assert [each.why for each in results(group + around(own + tests))] == ["", ""]
