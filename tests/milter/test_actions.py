"""From verdicts to what a door does with a message, for each of its recipients."""

import itertools
from dataclasses import replace

import pytest

from pratique.milter import actions
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Edit, HeaderField, Verdict
from pratique.scanners.facts_pb2 import Auth, DkimResult, Facts, Failure, Failures

NO = Reply(550, ("5.1.1 no such user",))
FIELD = HeaderField("X-Pratique-Note", "not looked into")


def verdict(action, rule="a rule", fields=()):
    return Verdict(Action(action), rule, f"because of {rule}", tuple(fields))


@pytest.mark.parametrize("action", list(Action))
def test_one_verdict_is_carried_out_as_it_is(action):
    made = actions.plan([verdict(action)])
    assert (made.action, made.rule, made.reason) == (action, "a rule", "because of a rule")


@pytest.mark.parametrize("action", list(Action))
def test_what_was_said_of_one_message_is_not_said_of_another(action):
    made = [actions.plan([verdict(action, rule)]) for rule in ("one", "two", "one")]
    assert [plan.rule for plan in made] == ["one", "two", "one"]
    assert [plan.verdicts for plan in made] == [(verdict(action, plan.rule),) for plan in made]


@pytest.mark.parametrize("action", list(Action))
def test_equal_verdicts_are_carried_out_as_one(action):
    made = actions.plan([verdict(action, "first"), verdict(action, "second")])
    assert (made.action, made.rule) == (action, "first")


@pytest.mark.parametrize("action", ["reject", "defer", "discard"])
def test_fields_of_what_nobody_reads_make_no_difference(action):
    made = actions.plan([verdict(action, "r", [FIELD]), verdict(action, "r")])
    assert [(share.action, share.places) for share in made.shares] == [(action, (0, 1))]


def test_fields_of_what_is_held_wait_for_its_release():
    made = actions.plan([verdict("quarantine", "q", [FIELD]), verdict("quarantine", "q")])
    assert [share.add_header for share in made.shares] == [(FIELD,), ()]


# What is done for each, where the verdicts differ: A accept, Q quarantine, R reject, D discard,
# L defer (later).  X and Y are accepted with a field, S with a part taken out.
LETTERS = {
    "A": verdict("accept"),
    "X": verdict("accept", "x", [FIELD]),
    "Y": verdict("accept", "y", [HeaderField("X-Pratique-Note", "another")]),
    "S": replace(verdict("accept", "s"), edits=(Edit("strip", "s", "because", (1,)),)),
    "Q": verdict("quarantine", "q"),
    "R": verdict("reject", "r"),
    "D": verdict("discard", "d"),
    "L": verdict("defer", "l"),
}
ALIKE = {letter * 3: letter * 3 for letter in LETTERS}
# What the policy says for three recipients, and what is done for each of them.
TABLE = {
    "AQA": "AQA", "ARA": "AQA", "ADA": "AQA", "ALA": "AQA", "ARL": "AQQ",
    "RDL": "QQQ", "RQR": "QQQ", "QLL": "QQQ", "RRD": "QQQ", "AXA": "AXA",
    "ASR": "ASQ", "XYS": "XYS", "SQS": "SQS", "LLA": "QQA",
}  # fmt: skip
# The same where what made a rule defer may pass.
PASSING = TABLE | {"ALA": "LLL", "ARL": "LLL", "RDL": "LLL", "QLL": "LLL", "LLA": "LLL"}
# Behind a queue.
QUEUE = TABLE | {"RDL": "QQQ", "ADA": "AQA", "RRR": "QQQ", "LLL": "QQQ"}
AWAY = Facts(failures=[Failure(class_="engine_away")])


def shown(made):
    """What is done for each recipient, in letters."""
    orders = {(one.action, one.add_header, one.edits): letter for letter, one in LETTERS.items()}
    letters = {}
    for share in made.shares:
        letter = orders[share.action, share.add_header, share.edits]
        letters |= dict.fromkeys(share.places, letter)
        assert [made.verdicts[place] for place in share.places] == list(share.verdicts)
    return "".join(letters[place] for place in sorted(letters))


def of(letters):
    return [LETTERS[letter] for letter in letters]


@pytest.mark.parametrize(("said", "done"), [*TABLE.items(), *ALIKE.items()])
def test_each_recipient_has_its_share(said, done):
    assert shown(actions.plan(of(said))) == done
    assert shown(actions.plan(of(said), "sender", Facts())) == done


@pytest.mark.parametrize(("said", "done"), [*PASSING.items(), *ALIKE.items()])
def test_to_defer_for_some_is_to_defer_for_all_if_the_cause_may_pass(said, done):
    assert shown(actions.plan(of(said), "sender", AWAY)) == done


@pytest.mark.parametrize(("said", "done"), QUEUE.items())
@pytest.mark.parametrize("seen", [None, AWAY])
def test_behind_a_queue_each_has_its_share_and_nothing_is_deferred(said, done, seen):
    assert shown(actions.plan(of(said), "queue", seen)) == done


@pytest.mark.parametrize("letters", ["".join(one) for one in itertools.product("ARLS", repeat=3)])
def test_nobody_is_left_out_and_nobody_is_in_two_shares(letters):
    for seen in (None, AWAY):
        places = [place for share in actions.plan(of(letters), "sender", seen).shares
                  for place in share.places]  # fmt: skip
        assert sorted(places) == [0, 1, 2]


def test_what_is_held_for_some_says_what_the_rule_wanted():
    made = actions.plan(of("ARDQ"))
    assert [one.reason for one in made.verdicts] == [
        "because of a rule",
        "held, for its recipients differ: the rule says reject; because of r",
        "held, for its recipients differ: the rule says discard; because of d",
        "because of q",
    ]
    assert [one.rule for one in made.verdicts] == ["a rule", "r", "d", "q"]


@pytest.mark.parametrize(
    ("facts", "passes"),
    [
        (Facts(), False),
        (Facts(failures=[Failure(class_="engine_away")]), True),
        (Facts(failures=[Failure(class_="engine_unproven")]), True),
        (Facts(failures=[Failure(class_="worker"), Failure(class_="engine_late")]), True),
        (Facts(auth=Auth(spf="temperror")), True),
        (Facts(auth=Auth(dmarc="temperror")), True),
        (Facts(auth=Auth(dkim=[DkimResult(result="pass"), DkimResult(result="temperror")])), True),
        (Facts(auth=Auth(spf="permerror", dkim=[DkimResult(result="fail")])), False),
        *[
            (Facts(failures=[Failure(class_=word)]), False)
            for word in ("scanner", "reader", "worker", "deadline", "policy", "engine")
        ],
    ],
)
def test_what_may_pass_is_what_is_otherwise_in_an_hour(facts, passes):
    assert actions.may_pass(facts) is passes


def test_the_causes_that_may_pass_are_words_of_the_facts():
    assert set(Failures.Word.keys()) >= actions._PASSING


@pytest.mark.parametrize(
    ("said", "contents", "done"),
    [
        ("AAX", 2, "AAX"), ("AAX", 1, "AAQ"), ("XAA", 1, "QAA"), ("AX", 1, "AQ"),
        ("AXYSS", 2, "AQQSS"), ("ARX", 1, "AQQ"), ("RRA", 1, "QQA"), ("AAA", 0, "AAA"),
        ("RRR", 0, "RRR"), ("ARA", 0, "QQQ"), ("AXA", 0, "QQQ"), ("ALA", 0, "QQQ"),
    ],
)  # fmt: skip
def test_a_door_has_so_many_ways_out_and_the_smallest_groups_are_held(said, contents, done):
    assert shown(actions.plan(of(said), "sender", None, contents)) == done


def test_of_more_contents_than_go_out_of_one_message_the_rest_is_held():
    marks = [verdict("accept", fields=[HeaderField("X", str(number))]) for number in range(9)]
    at, past = actions.plan(marks[: actions.MOST_CONTENTS]), actions.plan(marks)
    assert len(at.accepted) == len(past.accepted) == actions.MOST_CONTENTS
    (held,) = (share for share in past.shares if share.action is Action.QUARANTINE)
    assert held.places == (8,)
    assert f"{actions.MOST_CONTENTS} can go out" in held.reason


def test_a_message_is_named_by_its_worst_share():
    made = actions.plan(of("ARX"))
    assert (made.action, made.rule) == (Action.QUARANTINE, "r")
    assert not made.is_plain
    assert actions.plan(of("AX")).is_plain
    assert not actions.plan(of("AS")).is_plain


def test_a_share_of_some_has_their_verdicts():
    (share,) = actions.plan(of("AAA")).shares
    only = replace(share, verdicts=tuple(of("ARD"))).only({0, 2, 7})
    assert (only.places, only.verdicts) == ((0, 2), tuple(of("AD")))


def test_fields_to_add_are_kept_where_all_agree():
    (share,) = actions.plan([verdict("accept", fields=[FIELD])] * 2).shares
    assert share.add_header == (FIELD,)
    assert actions.fields(share.add_header) == b"X-Pratique-Note: not looked into\r\n"


def test_nobody_can_tell_a_held_message_from_a_delivered_one():
    assert str(actions.taken("Q1")) == "250 2.0.0 Ok: taken as Q1"


@pytest.mark.parametrize("reply", [actions.REFUSED, actions.DEFERRED, actions.LOOP, actions.UNSEEN])
def test_each_refusal_has_an_enhanced_status_code_of_its_class(reply):
    assert reply.lines[0].startswith(f"{reply.code // 100}.")


@pytest.mark.parametrize("action", list(Action))
def test_behind_a_queue_nothing_is_refused_or_deferred(action):
    made = actions.plan([verdict(action)] * 2, "queue")
    due = Action.QUARANTINE if action in {Action.REJECT, Action.DEFER} else action
    assert (made.action, made.rule) == (due, "a rule")
    assert [one.action for one in made.verdicts] == [due] * 2
    assert ("makes a bounce" in made.reason) == (due != action)
    assert made.reason.endswith("because of a rule")


@pytest.mark.parametrize("action", list(Action))
def test_a_loop_is_stopped_whatever_was_decided(action):
    made = actions.loop([verdict(action, fields=[FIELD])])
    assert (made.action, made.rule, made.refusal) == (Action.REJECT, "mail loop", actions.LOOP)
    assert made.worst.add_header == ()
    assert actions.loop([verdict(action)], "queue").action is Action.QUARANTINE


def test_what_the_next_hop_refuses_is_held_for_each_recipient_with_its_words():
    (share,) = actions.plan([verdict("accept", fields=[FIELD])] * 2).shares
    made = actions.refused(share, [NO, Reply(554, ("5.7.1 no relay",))])
    assert (made.action, made.rule, made.places) == (
        Action.QUARANTINE, "refused by the next hop", (0, 1)
    )  # fmt: skip
    assert [(one.action, one.rule, one.add_header) for one in made.verdicts] == [
        (Action.QUARANTINE, "refused by the next hop", ())
    ] * 2
    assert "550 5.1.1 no such user" in made.reason
    assert "554 5.7.1 no relay" in made.verdicts[1].reason


def test_what_cannot_be_changed_is_held_for_those_who_would_get_it():
    made = actions.plan(of("ASR"))
    changed = actions.not_changed(made, made.shares[1], "it is signed")
    assert shown(changed) == "AQQ"
    assert "`strip` cannot be done: it is signed" in changed.verdicts[1].reason
    # Held is held: one copy for both.
    assert len(changed.shares) == 2


def test_a_released_message_goes_as_it_is_to_all():
    made = actions.let_out(actions.plan(of("ARS")), "M1")
    (share,) = made.shares
    assert (made.action, made.rule, share.add_header) == (Action.ACCEPT, "released M1", ())
    assert (share.places, share.edits) == ((0, 1, 2), ())
    assert len(share.verdicts) == 3


@pytest.mark.parametrize("letter", "AXYS")
def test_a_plan_says_whether_somebody_gets_it_changed(letter):
    made = actions.plan([LETTERS["A"], LETTERS[letter]])
    assert made.changes == (letter == "S")


def test_what_is_held_is_not_changed():
    held = replace(LETTERS["S"], action=Action.QUARANTINE)
    assert not actions.plan([held]).changes
