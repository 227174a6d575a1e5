"""Read an engine's answer in JSON by a model, and say in words where it is another."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pratique.milter.engines.plain import NOTE, clean
from pratique.milter.engines.troubles import NoAnswer

Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], body: bytes) -> Model:
    """The answer.  Raises NoAnswer, which names the first place that is wrong."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(key) for key in first["loc"])
        raise NoAnswer(clean(f"{place or 'its answer'}: {first['msg']}", NOTE)) from error
