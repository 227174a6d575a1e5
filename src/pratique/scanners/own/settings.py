"""Hold a scanner's settings against the model that it brings, and say where one is wrong.

The model is the scanner's code, so this is done where that is run.  The settings come with
the places where the admin wrote them, so that a mistake is told like any other in that
file: with line and column.  As everywhere, no key is ignored in silence.
"""

import difflib
import json
from typing import Any

from pratique.scanners import v1
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.part import Unfit

_KEY = "settings"


class WrongSettings(Unfit):
    """Settings that a scanner does not take; has its place already."""


def settings_for(scanner: v1.Scanner, wanted: wall.OwnScanner) -> Any:
    """What its `setup` is given: its model, or what was written.  Raises WrongSettings."""
    written = wanted.settings or "{}"
    stated = json.loads(written)
    if stated and not callable(getattr(scanner, "setup", None)):
        raise _wrong(scanner, wanted, [((), "it takes none: it has no `setup`")])
    model = getattr(scanner, "Settings", None)
    if model is None:
        return stated
    if unknown := _unknown(model, stated):
        raise _wrong(scanner, wanted, unknown)
    try:
        return model.model_validate_json(written)
    # pydantic's own error is one; to import pydantic for its name takes a tenth of a second.
    except ValueError as error:
        raise _wrong(scanner, wanted, _mistakes(error)) from error


Mistake = tuple[tuple[int | str, ...], str]


def _mistakes(error: ValueError) -> list[Mistake]:
    told = getattr(error, "errors", None)
    if told is None:
        return [((), str(error))]
    return [(tuple(one["loc"]), one["msg"].removeprefix("Value error, ")) for one in told()]


def _unknown(model: Any, stated: dict[str, Any]) -> list[Mistake]:
    """Keys that the model does not have; many a model would drop them."""
    if model.model_config.get("extra") == "allow":
        return []
    fields = model.model_fields
    known = sorted({*fields, *(one.alias for one in fields.values() if one.alias)})
    return [((key,), _no_such(key, known)) for key in stated if key not in known]


def _no_such(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    if close:
        return f"no such setting; did you mean {close[0]!r}?"
    return f"no such setting; known here: {', '.join(known) or 'none'}"


def _wrong(scanner: v1.Scanner, wanted: wall.OwnScanner, mistakes: list[Mistake]) -> WrongSettings:
    lines = []
    for where, problem in mistakes:
        keys = (_KEY, *map(str, where))
        said = f"scanner {scanner.name}: {'.'.join(keys)}: {problem}"
        lines.append(told(wanted, keys, said))
    return WrongSettings("\n".join(lines))


def told(wanted: wall.OwnScanner, keys: tuple[str, ...], problem: str) -> str:
    """A problem with the place of its setting, or the nearest above that is written down."""
    for count in range(len(keys), -1, -1):
        if place := wanted.places.get(".".join(keys[:count])):
            return f"{place}: {problem}"
    return problem
