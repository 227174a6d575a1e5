"""Say what is wrong with a configuration: file, line, column, what would be right.

tomllib gives no positions, and pydantic names a value by its keys.  So the text is
searched once more for those keys: tables in their order, arrays of tables by count.
Where a key is missing the place is its table's.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_TABLE = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.-]{1,200})\s*\]")
_KEY = re.compile(
    r"""^(\s*)([A-Za-z0-9_.-]{1,200}|"(?P<in_quotes>[^"\\]{1,200})"|'(?P<literal>[^']{1,200})')\s*="""
)
# pydantic's last step to a key of a table that is wrong itself.
_THE_KEY = "[key]"
# Its words for a type, in those of TOML.
_TYPES = {
    "tuple_type": "write a list, in square brackets: ['...']",
    "int_type": "write a whole number, without quotes",
    "bool_type": "write true or false, without quotes",
    "string_type": "write text, in quotes",
    "path_type": "a path is text in quotes",
}
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One mistake; line and column count from 1, 0 is the file as a whole."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.file}{place}: {self.message}"


class MisplacedError(ValueError):
    """A mistake that several settings make together; `keys` says at which it is best mended."""

    def __init__(self, keys: tuple[int | str, ...], message: str) -> None:
        super().__init__(message)
        self.keys = keys


class ConfigError(Exception):
    """The configuration cannot be used; `problems` has all that was found."""

    def __init__(self, problems: list[ConfigProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def of_toml(error: tomllib.TOMLDecodeError, name: str) -> ConfigProblem:
    """The problem of a text that is no TOML."""
    message = str(error)
    place = _TOML_PLACE.search(message)
    line, column = (int(place[1]), int(place[2])) if place else (0, 0)
    return ConfigProblem(name, line, column, f"not TOML: {_TOML_PLACE.sub('', message).strip()}")


def of_model(
    error: ValidationError, model: type[BaseModel], text: str, name: str
) -> list[ConfigProblem]:
    """The problems of a text that is TOML but not our configuration."""
    places = dict(_places(text))
    problems = []
    for mistake in _causes(error):
        keys = _keys(mistake)
        line, column = _nearest(places, keys)
        message = f"{_dotted(keys)}: {_in_words(_type(mistake), mistake['msg'], keys, model)}"
        problems.append(ConfigProblem(name, line, column, message))
    return sorted(problems, key=lambda problem: (problem.line, problem.column))


def _causes(error: ValidationError) -> list[ErrorDetails]:
    """The mistakes without those that others cause: a list is short of its broken members."""
    mistakes = error.errors()
    return [
        mistake
        for mistake in mistakes
        if mistake["type"] != "too_short"
        or not any(_below(other["loc"], mistake["loc"]) for other in mistakes)
    ]


def _keys(mistake: ErrorDetails) -> tuple[int | str, ...]:
    """Where a mistake is, as it is told."""
    error = mistake.get("ctx", {}).get("error")
    keys = error.keys if isinstance(error, MisplacedError) else mistake["loc"]
    return tuple(key for key in keys if key != _THE_KEY)


def _type(mistake: ErrorDetails) -> str:
    """What sort of mistake it is; one table where there may be several is one of its own."""
    of_table = mistake["type"] == "tuple_type" and isinstance(mistake["input"], dict)
    return "table_type" if of_table else mistake["type"]


def _below(keys: tuple[int | str, ...], table: tuple[int | str, ...]) -> bool:
    return len(keys) > len(table) and keys[: len(table)] == table


def _dotted(keys: tuple[int | str, ...]) -> str:
    return ".".join(str(key) for key in keys) or "the file"


def _in_words(type_: str, message: str, keys: tuple[int | str, ...], model: type[BaseModel]) -> str:
    if type_ == "extra_forbidden":
        known = _known_keys(model, keys[:-1])
        close = difflib.get_close_matches(str(keys[-1]), known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(known)}"
        return f"no such setting; {hint}"
    if type_ == "table_type":
        return f"there may be several: write it in two brackets, [[{_dotted(keys)}]]"
    return _TYPES.get(type_, message.removeprefix("Value error, "))


def _known_keys(model: type[BaseModel], keys: tuple[int | str, ...]) -> list[str]:
    for key in keys:
        if isinstance(key, int):
            continue
        annotation = model.model_fields[key].annotation
        # A tuple of sections is an array of tables.
        inner = getattr(annotation, "__args__", (annotation,))[0]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return sorted(model.model_fields)


def places_in(text: str, name: str, table: tuple[int | str, ...]) -> dict[str, str]:
    """Where a table and the keys in it stand: their keys below it, with dots, to the place."""
    return {
        _dotted_below(keys, table): f"{name}:{line}:{column}"
        for keys, (line, column) in _places(text)
        if keys == table or _below(keys, table)
    }


def _dotted_below(keys: tuple[int | str, ...], table: tuple[int | str, ...]) -> str:
    return ".".join(map(str, keys[len(table) :]))


def _places(text: str) -> Iterator[tuple[tuple[int | str, ...], tuple[int, int]]]:
    """Where each table and each key of a text stands."""
    table: tuple[int | str, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if head := _TABLE.match(line):
            if head[1] == "[[":
                _begin(head[2], counts)
            table = tuple(_counted(head[2], counts))
            yield table, (number, head.start(1) + 1)
        elif key := _KEY.match(line):
            written = key["in_quotes"] or key["literal"]
            path = (*table, *((written,) if written else key[2].split(".")))
            yield path, (number, key.start(2) + 1)


def _begin(table: str, counts: dict[str, int]) -> None:
    """One more table of an array; arrays in it begin anew."""
    for below in [name for name in counts if name.startswith(f"{table}.")]:
        del counts[below]
    counts[table] = counts.get(table, -1) + 1


def _counted(table: str, counts: dict[str, int]) -> Iterator[int | str]:
    """The keys of a table, with the number of the last one of each array on the way."""
    names = table.split(".")
    for end, name in enumerate(names, 1):
        yield name
        if (way := ".".join(names[:end])) in counts:
            yield counts[way]


def _nearest(
    places: dict[tuple[int | str, ...], tuple[int, int]], keys: tuple[int | str, ...]
) -> tuple[int, int]:
    while keys:
        if keys in places:
            return places[keys]
        # A table that is nowhere itself begins with the first one in it: [sent] by [[sent.batv]].
        if below := [place for known, place in places.items() if _below(known, keys)]:
            return min(below)
        keys = keys[:-1]
    return 0, 0
