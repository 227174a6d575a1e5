"""Hold the reference of the language to the code: current, whole, with examples that compile."""

import runpy
from pathlib import Path

import pytest

from pratique.policies.hints import dialects
from pratique.policies.language import vocabulary
from pratique.policies.language.condition import Condition
from pratique.policies.written.edits import CHANGES
from pratique.policies.written.rule import FINAL, FORMS, NOTE
from pratique.scanners import facts_pb2 as facts

ROOT = Path(__file__).resolve().parents[2]
TOOL = runpy.run_path(str(ROOT / "tools/policy_page.py"))
MESSAGES = {each.name: each for each in TOOL["messages"]()}


def test_the_page_is_current():
    assert TOOL["PAGE"].read_text("utf-8") == TOOL["page"](), "run: make pages"


def test_every_message_field_and_word_is_told():
    declared = facts.DESCRIPTOR.message_types_by_name
    assert MESSAGES.keys() == set(declared.keys())
    for name, message in declared.items():
        assert [each[0] for each in MESSAGES[name].fields] == [each.name for each in message.fields]
        for enum in message.enum_types:
            assert [word for word, _ in MESSAGES[name].words] == [v.name for v in enum.values]


def test_every_function_and_every_action_is_told():
    assert TOOL["CALLS"].keys() == set(dialects.KNOWN_CALLS)
    assert TOOL["ACTIONS"].keys() == {*FINAL, *CHANGES, NOTE, *FORMS}


@pytest.mark.parametrize(("name", "example"), [(k, v[1]) for k, v in TOOL["CALLS"].items()])
def test_an_example_compiles_and_is_one_of_its_function(name, example):
    assert f"{name}(" in example
    assert Condition.compile(example)


def test_the_words_of_a_field_lead_to_where_they_are_told():
    page = TOOL["page"]()
    assert "One of the words of [Kinds](#kinds)." in page
    assert "`inbound`, `outbound`" in page
    for message, field, word in vocabulary.all_words():
        assert f"| `{word}` |" in page, (message, field)
