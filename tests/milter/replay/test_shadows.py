"""What was in the shadow is held against what was in force."""

from dataclasses import replace

import pytest

from pratique.milter.replay.replay import Task, replay
from pratique.milter.replay.shadows import Shadows, Spoke
from pratique.milter.replay.stretches import Sought, plan
from pratique.milter.replay.tally import Change
from pratique.policies.verdict import Action, Shadow, Verdict


def over(journal, sought=None, processes=1, records=4000):
    task = Task(sought or Sought())
    return replay(plan(journal.folder, records), task, processes, lambda _: None)


def spoken(*shadows, action=Action.ACCEPT):
    return (Verdict(action, "rest", "", shadows=tuple(shadows)),)


def test_a_whole_policy_in_the_shadow_is_compared_message_by_message(journal, old, new):
    for kind in ("text", "script", "executable"):
        journal.message(kind, shadow=new)
    journal.message("text")
    journal.message("text", shadow=old)
    journal.write()
    found = over(journal)
    assert (found.messages, found.alone) == (5, 1)
    assert found.policies.keys() == {old.hash, new.hash}
    tally = found.policies[new.hash]
    assert (tally.compared, tally.same, tally.other_rule, tally.otherwise) == (3, 0, 1, 2)
    assert Change("rest", "accept", "program", "quarantine") in tally.groups
    assert found.policies[old.hash].same == 1
    assert found.differs
    only = over(journal, Sought(policy=old.hash[:8]))
    assert only.policies.keys() == {old.hash}
    assert not only.differs


@pytest.mark.parametrize(
    ("shadow", "action", "is_otherwise"),
    [
        (Shadow("s", "reject", "why"), Action.ACCEPT, True),
        (Shadow("s", "reject", "why"), Action.REJECT, False),
        (Shadow("s", "note", "why"), Action.ACCEPT, False),
        (Shadow("s", "", "why", failure="no key"), Action.ACCEPT, True),
        (Shadow("s", "", "why", failure="no key"), Action.QUARANTINE, False),
    ],
)
def test_a_rule_in_the_shadow_agrees_where_its_action_was_taken(
    journal, shadow, action, is_otherwise
):
    journal.message("text", verdicts=spoken(shadow, action=action))
    journal.message("text")
    journal.write()
    found = over(journal)
    ((spoke, group),) = found.rules.items()
    expected = Spoke("s", "" if shadow.failure else shadow.action, "rest", str(action))
    assert (spoke, group.messages, spoke.is_otherwise) == (expected, 1, is_otherwise)
    assert found.differs == is_otherwise
    assert [one.id for one in group.newest] == ["Q0001"]


def test_recipients_of_a_message_are_counted_and_the_message_once(journal):
    one = spoken(Shadow("s", "reject", "why"))[0]
    other = replace(one, shadows=())
    journal.message("text", to=("a@x", "b@x", "c@x"), verdicts=(other, one, one))
    journal.write()
    ((_, group),) = over(journal).rules.items()
    assert (group.messages, group.recipients, group.newest[0].recipient) == (1, 2, "b@x")


def test_what_pratique_decided_is_left_out(journal, new):
    journal.message("text", rule="mail loop", shadow=new)
    journal.write()
    found = over(journal)
    assert (found.policies, dict(found.unread.left_out)) == ({}, {"mail loop": 1})


@pytest.mark.slow
def test_several_processes_find_what_one_does(journal, new):
    for kind in ("text", "script", "executable") * 3:
        journal.message(kind, shadow=new, verdicts=spoken(Shadow("s", "reject", "why")))
    journal.write()
    alone, together = over(journal), over(journal, processes=2, records=2)
    for one in (alone, together):
        for group in (*one.rules.values(), *one.policies[new.hash].groups.values()):
            group.examples.sort()
    assert together == alone


def test_nothing_in_the_shadow_is_nothing(journal):
    journal.message("text")
    journal.write()
    found = over(journal)
    assert found == replace(Shadows(), messages=1, alone=1)
