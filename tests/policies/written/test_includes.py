"""Try how a policy is put together of the texts that it includes."""

import pytest

from pratique.milter.policy_file import shipped
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.policies.written import includes
from pratique.policies.written.beside import MOST_INCLUDED, Beside
from pratique.policies.written.problem import PolicyError
from pratique.policies.written.reading import Reading
from pratique.scanners import facts_pb2 as facts

LAST = '[[rule]]\nname = "last"\nactions = ["accept"]\n'
NOBODY = facts.Recipient()


def rule(name, when, action="reject"):
    return (
        f"[[rule]]\nname = '{name}'\nwhen = '{when}'\nactions = ['{action}']\nreason = 'because'\n"
    )


def load(text, missing=(), **policies):
    return Policy.load(text, "p.toml", Beside(policies, missing=dict(missing)))


def told(text, missing=(), **policies):
    with pytest.raises(PolicyError) as error:
        load(text, missing, **policies)
    return [
        (each.file, each.line, each.column, each.message, each.hint)
        for each in error.value.problems
    ]


def test_its_own_rules_come_first_then_the_included_ones_in_order():
    policy = load(
        'include = ["one", "two"]\n' + rule("mine", "bounce.claimed"),
        one='include = "three"\n' + rule("of one", "bounce.verified"),
        two=rule("of two", "mail.size > 1") + LAST,
        three=rule("of three", "mail.size > 2"),
    )
    names = [(each.name, each.file, each.line) for each in policy.rules]
    assert names == [
        ("mine", "p.toml", 2),
        ("of one", "one", 2),
        ("of three", "three", 1),
        ("of two", "two", 1),
        ("last", "two", 6),
    ]
    assert [policy.owns(each) for each in policy.rules] == [True, False, False, False, False]


def test_the_first_rule_that_holds_decides_wherever_it_stands():
    policy = load(
        'include = "base"\n' + rule("mine", "bounce.claimed", "quarantine"),
        base=rule("theirs", "bounce.claimed || mail.size > 5") + LAST,
    )
    known = facts.Facts()
    known.bounce.claimed = True
    assert policy.decide(known, NOBODY).rule == "mine"
    known.bounce.claimed = False
    known.mail.size = 6
    verdict = policy.decide(known, NOBODY)
    assert (verdict.rule, verdict.action) == ("theirs", Action.REJECT)


def test_the_hash_is_of_all_texts():
    text = 'include = "base"\n'
    one, two = load(text, base=LAST), load(text, base=LAST + "\n")
    assert one.hash != two.hash
    assert one.hash == load(text, base=LAST).hash


@pytest.mark.parametrize(
    ("text", "place", "said", "hint"),
    [
        ("include = 3", (1, 11), "`include` is a number", 'include = "default"'),
        ("include = ['base', 3]", (1, 20), "a number, where the name", 'include = "default"'),
        ("include = ''", (1, 11), "an empty text, where the name", 'include = "default"'),
        ("include = 'nope'", (1, 11), "`nope` cannot be included: no such file", "shipped one"),
        ("include = 'bas'", (1, 11), "`bas` cannot be included", "did you mean `base`?"),
        ("include = 'defualt'", (1, 11), "cannot be included", "did you mean `default`?"),
        ("include = 'p.toml'", (1, 11), "`p.toml` includes itself", "leave it out"),
        ("include = ['base', 'base']", (1, 20), "`base` is included twice", "leave one of them"),
    ],
)
def test_what_cannot_be_included_is_told_where_it_is_named(text, place, said, hint):
    missing = {"nope": "no such file", "bas": "no such file"}
    ((file, line, column, message, hinted),) = told(f"{text}\n", missing, base=LAST)
    assert (file, line, column) == ("p.toml", *place)
    assert said in message
    assert hint in hinted


def test_a_circle_is_told_where_it_closes():
    ((file, line, _, message, _),) = told(
        'include = "one"\n', one='\ninclude = "two"\n', two='include = ["one"]\n'
    )
    assert (file, line) == ("two", 1)
    assert message == "`one` includes itself: p.toml includes one includes two includes one"


def test_what_two_texts_include_is_told_at_the_second():
    ((file, line, _, message, _),) = told(
        'include = ["one", "two"]\n',
        one='include = "three"\n',
        two='include = "three"\n' + LAST,
        three=rule("a", "bounce.claimed"),
    )
    assert (file, line) == ("two", 1)
    assert message == "`three` is included twice: `one` does so too"


@pytest.mark.parametrize(
    ("number", "is_whole"), [(MOST_INCLUDED, True), (MOST_INCLUDED + 1, False)]
)
def test_a_policy_includes_so_many(number, is_whole):
    names = [f"p{each}" for each in range(number)]
    reading = Reading("p.toml", f"include = {names}", beside=Beside(dict.fromkeys(names, LAST)))
    assert includes.gather(reading) is is_whole
    assert len(reading.included) == MOST_INCLUDED
    assert [each.message for each in reading.problems] == (
        [] if is_whole else [f"a policy includes at most {MOST_INCLUDED} others"]
    )


def test_a_chain_of_texts_is_counted_too():
    chain = {f"p{each}": f'include = "p{each + 1}"' for each in range(MOST_INCLUDED + 1)}
    ((file, _, _, message, _),) = told('include = "p0"\n', **chain)
    assert file == f"p{MOST_INCLUDED - 1}"
    assert "at most" in message


def test_problems_of_an_included_text_have_its_name_and_place():
    base = f"# ours\n{rule('a', 'mail.sizes > 3')}{LAST}"
    ((file, line, column, message, _),) = told('include = "base"\n', base=base)
    assert (file, line, column) == ("base", 4, 14)
    assert message == "no field `sizes` in Mail"


def test_an_included_text_that_is_no_toml_is_told_and_nothing_more():
    ((file, line, _, message, _),) = told('include = "base"\n', base="rule: 3\n")
    assert (file, line) == ("base", 1)
    assert "`:` is not TOML" in message


def test_a_whole_policy_in_the_shadow_is_included_by_who_says_the_mode():
    base = 'mode = "shadow"\n' + LAST
    ((file, line, _, message, hint),) = told('include = "base"\n', base=base)
    assert (file, line) == ("p.toml", 1)
    assert "`base` has `mode`" in message
    assert '`mode = "enforce"`' in hint
    assert load('include = "base"\nmode = "enforce"\n', base=base).mode == "enforce"
    assert load('include = "base"\nmode = "shadow"\n', base=base).mode == "shadow"


def test_where_each_rule_stands_is_kept():
    text = 'include = "base"\n' + rule("mine", "bounce.claimed")
    reading = Reading("p.toml", text, beside=Beside({"base": LAST}))
    assert Policy.read(reading)
    one, path = reading.places["last"]
    assert (one.file, path) == ("base", ("rule", 0))
    assert reading.places["mine"] == (reading, ("rule", 0))


def test_hints_name_the_policies_that_are_shipped():
    assert set(includes._SHIPPED) == set(shipped())
