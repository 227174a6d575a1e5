"""An answer in JSON is read by a model, or it is said where it is another."""

import pytest
from pydantic import BaseModel, ConfigDict

from pratique.milter.engines.strict_json import read
from pratique.milter.engines.troubles import NoAnswer


class Inner(BaseModel):
    model_config = ConfigDict(strict=True)
    size: int


class Answer(BaseModel):
    inner: Inner


def test_an_answer_is_read_by_its_model():
    assert read(Answer, b'{"inner": {"size": 3}}').inner.size == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "its answer: Invalid JSON"),
        (b"[]", "its answer: Input should be an object"),
        (b"{}", "inner: Field required"),
        (b'{"inner": {"size": "3"}}', "inner.size: Input should be a valid integer"),
        (b"\xff", "its answer: Invalid JSON"),
    ],
)
def test_where_it_is_another_the_first_such_place_is_named(body, words):
    with pytest.raises(NoAnswer, match=words):
        read(Answer, body)


def test_the_words_stay_short_and_in_one_line():
    with pytest.raises(NoAnswer) as error:
        read(Answer, b'{"inner": {"size": {"a\\nb": 1}}, "' + b"x" * 5000)
    assert len(str(error.value)) <= 300
    assert "\n" not in str(error.value)
