"""Try that each class of the unseen has its witness, which says that and nothing else."""

import pytest

from pratique.policies.checks.unseen import families, ordinary_and_unseen
from pratique.policies.language import vocabulary
from pratique.policies.language.condition import Condition, Scene
from pratique.scanners import facts_pb2 as facts


@pytest.mark.slow
def test_each_class_has_a_witness_for_which_its_condition_holds_and_no_other():
    for family in families():
        for case in family.cases:
            scene = Scene(case.known)
            holding = [
                (other.told, word.word)
                for other in families()
                for word in other.cases
                if Condition.compile(other.condition([word.word])).holds(scene.activation)
            ]
            assert holding == [(family.told, case.word)]


def test_all_classes_of_the_facts_are_there():
    expected = [facts.Unopened, facts.Ambiguities, facts.Limits, facts.Failures]
    found = [tuple(case.word for case in family.cases) for family in families()]
    # What nobody looked at there proves nothing, and hides nothing.
    words = [vocabulary.words_of(each.Word.DESCRIPTOR) for each in expected]
    assert found == [tuple(word for word in each if word != "signatures") for each in words]
    assert "signatures" in vocabulary.words_of(facts.Limits.Word.DESCRIPTOR)


def test_a_condition_can_name_several_classes():
    family = families()[2]
    condition = family.condition(["depth", "ratio"])
    assert condition == 'limits.exists(l, l.class_ in ["depth", "ratio"])'
    assert Condition.compile(condition)


def test_a_witness_comes_both_ways_and_is_left_as_it_was():
    case = families()[0].cases[0]
    assert [each.mail.direction for each in case.directions()] == ["inbound", "outbound"]
    assert case.known.mail.direction == ""


def test_the_first_witness_is_ordinary():
    first = next(ordinary_and_unseen())
    assert not first.known.limits
    assert not any(part.unopened for part in first.known.parts)
