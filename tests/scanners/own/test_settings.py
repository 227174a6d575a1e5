"""Settings are held against the scanner's model, and told where they are written."""

import json

import pytest
from pydantic import BaseModel, Field

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.own.settings import WrongSettings, settings_for, told


class Plain:
    name = "plain"

    def setup(self, settings): ...


class Bare:
    name = "bare"


class Strict(Plain):
    name = "strict"

    class Settings(BaseModel):
        words: list[str] = Field(min_length=1)
        most: int = Field(3, alias="at-most")


class Open(Plain):
    class Settings(BaseModel, extra="allow"):
        words: list[str] = []


PLACES = {"": "p.toml:1:1", "settings": "p.toml:4:3", "settings.words": "p.toml:5:5"}


def wanted(places=PLACES, **settings):
    return wall.OwnScanner(settings=json.dumps(settings), places=places)


def test_without_a_model_it_is_told_what_was_written():
    assert settings_for(Plain(), wanted(a=[1, {"b": "c"}])) == {"a": [1, {"b": "c"}]}
    assert settings_for(Plain(), wall.OwnScanner()) == {}


def test_one_that_takes_none_may_have_none():
    assert settings_for(Bare(), wanted()) == {}
    with pytest.raises(WrongSettings, match=r"p\.toml:4:3: scanner bare: settings: it takes none"):
        settings_for(Bare(), wanted(a=1))


def test_with_a_model_it_is_given_one():
    settings = settings_for(Strict(), wanted(words=["a"], **{"at-most": 4}))
    assert (settings.words, settings.most) == (["a"], 4)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"words": 3}, "p.toml:5:5: scanner strict: settings.words: Input should be a valid"),
        # What stands in a list has the place of the list.
        ({"words": ["a", 3]}, "p.toml:5:5: scanner strict: settings.words.1: Input should be"),
        ({}, "p.toml:4:3: scanner strict: settings.words: Field required"),
        ({"wrods": []}, "p.toml:4:3: scanner strict: settings.wrods: no such setting; did you m"),
        ({"x": 1}, "settings.x: no such setting; known here: at-most, most, words"),
    ],
)
def test_a_mistake_is_told_at_its_place_or_the_nearest_above(stated, words):
    # What is missing has no place: that of the table counts.
    places = {key: place for key, place in PLACES.items() if "words" in stated or "." not in key}
    with pytest.raises(WrongSettings) as error:
        settings_for(Strict(), wanted(places, **stated))
    assert words in str(error.value)


def test_all_mistakes_are_told():
    with pytest.raises(WrongSettings) as error:
        settings_for(Strict(), wanted(words=[], **{"at-most": "x"}))
    assert len(str(error.value).splitlines()) == 2


def test_a_model_that_allows_more_is_given_more():
    assert settings_for(Open(), wanted(other=1)).other == 1


def test_without_any_place_the_problem_is_told_alone():
    assert told(wall.OwnScanner(), ("settings",), "no") == "no"
