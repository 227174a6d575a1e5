"""People in whose names forgers write, as an admin states them."""

import pytest
from pydantic import ValidationError

from pratique.milter.sections.senders import MOST_ADDRESSES, MOST_PEOPLE, SendersSection


def section(**people):
    return SendersSection.model_validate({"people": people})


def test_nobody_is_known_without_a_setting():
    assert SendersSection().people == {}


@pytest.mark.parametrize("name", ["Ann Example", "Example, Ann", "佐藤一郎", "Ann B. Example"])
def test_a_person_is_stated_by_name(name):
    assert section(**{name: []}).people == {name: ()}


def test_their_addresses_are_stated_with_them():
    found = section(**{"Ann Example": [" Ann@Home.example"]})
    assert found.people == {"Ann Example": ("ann@home.example",)}


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ({"Ann": []}, "first and last name"),
        ({"A. Example": []}, "first and last name"),
        ({"": []}, "is no name"),
        ({"...": []}, "is no name"),
        ({"Ann Example": ["home.example"]}, "is no address"),
        ({"Ann Example": ["Ann <ann@home.example>"]}, "is no address"),
        ({"Ann Example": "ann@home.example"}, "people"),
        ({"Ann " + "x" * 200: []}, "at most 200"),
    ],
)
def test_a_mistake_is_told(people, told):
    with pytest.raises(ValidationError, match=told):
        section(**people)


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_are_read_and_no_more(more):
    addresses = {"Ann Example": [f"a{n}@b.example" for n in range(MOST_ADDRESSES + more)]}
    people = {f"Ann Ex{'x' * (n % 50)}{'y' * (n // 50)}": [] for n in range(MOST_PEOPLE + more)}
    for stated in (addresses, people):
        if more:
            with pytest.raises(ValidationError, match="at most"):
                section(**stated)
        else:
            assert len(section(**stated).people) == len(stated)
