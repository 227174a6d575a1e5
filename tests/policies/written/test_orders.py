"""Try what a rule orders: notices, redirects, and what is wrong with either."""

import pytest

from pratique.policies.verdict import Action
from pratique.policies.written.orders import MOST_NOTIFIED, is_final, names_in, read_orders
from pratique.policies.written.reading import Reading


def read(actions):
    reading = Reading("p.toml", f"[[rule]]\nactions = {actions}\n")
    return read_orders(reading, ("rule", 0), reading.values["rule"][0]), reading.problems


def test_a_redirect_is_final_and_has_an_address():
    orders, problems = read('[{ redirect = "analyst@our.example" }]')
    assert problems == []
    assert (orders.final, orders.redirect) == (Action.REDIRECT, "analyst@our.example")


@pytest.mark.parametrize("action", ["accept", "reject", "defer", "quarantine", "discard", "note"])
def test_several_are_notified_beside_any_action(action):
    orders, problems = read(f'["{action}", {{ notify = "a@x" }}, {{ notify = "b@x" }}]')
    assert problems == []
    assert orders.notify == ("a@x", "b@x")


def test_a_notice_alone_decides_nothing():
    orders, problems = read('[{ notify = "a@x" }]')
    assert (orders.final, problems) == (None, [])


@pytest.mark.parametrize(("number", "problems"), [(MOST_NOTIFIED, 0), (MOST_NOTIFIED + 1, 1)])
def test_a_rule_notifies_so_many(number, problems):
    listed = ", ".join(f'{{ notify = "a{each}@x" }}' for each in range(number))
    assert len(read(f'["reject", {listed}]')[1]) == problems


@pytest.mark.parametrize(
    ("actions", "column", "said", "hint"),
    [
        ('["redirect"]', 12, "`redirect` needs a value", "{ redirect ="),
        ('["reject", "notify"]', 22, "`notify` needs a value", "{ notify ="),
        ('["forward"]', 12, "unknown action `forward`", "{ redirect ="),
        ('["alert"]', 12, "unknown action `alert`", "{ notify ="),
        ("[{ redirect = 3 }]", 25, "an address is a text", "{ redirect ="),
        ('[{ redirect = "x" }]', 25, "`x` is no address: an address has one @", "{ redirect ="),
        ('["reject", { notify = "<a@x>" }]', 33, "`<a@x>` is no address", "{ notify ="),
        ('["reject", { redirect = "a@x" }]', 35, "`redirect` stands beside `reject`", "one final"),
        ('[{ redirect = "a@x" }, "reject"]', 34, "`reject` stands beside `redirect`", "one final"),
        ('[{ redirect = "a@x" }, "strip"]', 34, "`strip` stands beside `redirect`", "as it came"),
        ('[{ redirect = "a@x" }, "note"]', 34, "goes on reading", "leave `note` out"),
        ('[{ notify = "a@x" }, { notify = "a@x" }]', 43, "stands there twice", "once"),
        ('[{ notify = "a@x", redirect = "b@x" }]', 12, "one action in each pair", "{"),
        ('"redirect"', 11, "not a list", "{ add_header ="),
    ],
)
def test_what_is_wrong_is_told_at_its_place(actions, column, said, hint):
    _, (problem,) = read(actions)
    assert said in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (2, column)


@pytest.mark.parametrize(
    ("actions", "final"),
    [
        (["reject"], True),
        (["note"], False),
        (["strip", {"notify": "a@x"}], False),
        ([{"redirect": "a@x"}], True),
        # What is wrong is told by itself.
        (["rejct"], True),
        ("reject", True),
        (None, True),
    ],
)
def test_whether_a_rule_decides_is_known_before_it_is_read(actions, final):
    assert is_final({"actions": actions}) is final


def test_the_names_of_actions_are_read_off_a_list():
    assert names_in(["strip", {"notify": "a@x"}, 3]) == ["strip", "notify", 3]
    assert names_in("reject") == []
