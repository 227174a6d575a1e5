"""Write docs/settings.md: every setting, as the sections of the configuration describe it.

A setting is said once, in the `description` of its field; its default and its bounds are
those that hold when a file is read.
"""

import json
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from pratique.milter import config_types
from pratique.milter.config import Settings

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/settings.md"

HEAD = """# All settings

`make pages` writes this page from the code: do not edit it. The configuration is a TOML file;
`pratique --config FILE config check` says what is wrong with one, with line and column. What is
left out has its default, and a word that is not known is refused.

Octets are a number, or a text with a unit: `"64KB"`, `"50MB"`, `"2GB"` (1,024 each). Seconds are
a number, or `"90s"`, `"10m"`, `"2h"`, `"7d"`. A table in double brackets may stand several times.
"""

_OCTETS = {"GB": 1024**3, "MB": 1024**2, "KB": 1024}
_BOUNDS = {Ge: ("ge", "at least {}"), Gt: ("gt", "more than {}"), Le: ("le", "at most {}"),
           Lt: ("lt", "less than {}"), MinLen: ("min_length", "at least {} of them"),
           MaxLen: ("max_length", "at most {} of them")}  # fmt: skip


def page() -> str:
    """The page."""
    plain = {name: one for name, one in Settings.model_fields.items() if not _section(one)}
    lines = [HEAD, "## Outside of tables", "", *_table(plain)]
    for name, one in Settings.model_fields.items():
        if section := _section(one):
            lines += _of_section(name, one, section)
    return "\n".join(lines) + "\n"


def _of_section(name: str, one: FieldInfo, section: type[BaseModel]) -> Iterator[str]:
    """What is said of a table, and of those within it."""
    brackets = f"[[{name}]]" if typing.get_origin(one.annotation) is tuple else f"[{name}]"
    own = {key: each for key, each in section.model_fields.items() if not _section(each)}
    yield from ("", f"## `{brackets}`", "", _sentences(section), "", *_table(own))
    for key, each in section.model_fields.items():
        if inner := _section(each):
            yield from _of_section(f"{name}.{key}", each, inner)


def _table(fields: dict[str, FieldInfo]) -> Iterator[str]:
    yield from ("| setting | default | |", "|---|---|---|")
    for name, one in fields.items():
        said = " ".join(filter(None, (_flat(one.description or ""), _words(one), _bounds(one))))
        yield f"| `{name}` | {_default(one)} | {said.replace('|', '&#124;')} |"


def _section(one: FieldInfo) -> type[BaseModel] | None:
    """The section that a field holds, alone or several of."""
    return next(filter(_is_section, _types_in(one.annotation)), None)


def _types_in(annotation: Any) -> Iterator[Any]:
    yield annotation
    for each in typing.get_args(annotation):
        yield from _types_in(each)


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _words(one: FieldInfo) -> str:
    """The words that a setting may be."""
    kinds = [each for each in _types_in(one.annotation) if typing.get_origin(each) is Literal]
    words = [f"`{json.dumps(word)}`" for each in kinds for word in typing.get_args(each)]
    return f"One of {', '.join(words)}." if words else ""


def _bounds(one: FieldInfo) -> str:
    said = [
        how.format(_number(getattr(each, name), one))
        for each in one.metadata
        for kind, (name, how) in _BOUNDS.items()
        if isinstance(each, kind)
    ]
    text = ", ".join(said)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _default(one: FieldInfo) -> str:
    if one.is_required():
        return "must be said"
    value = one.get_default(call_default_factory=True)
    if value is None or value in ((), {}):
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, one)
    return f"`{json.dumps(value, default=str)}`"


def _number(value: float, one: FieldInfo) -> str:
    """A number with the unit that an admin would write."""
    readers = {each.func for each in one.metadata if isinstance(each, BeforeValidator)}
    if config_types.Octets.__metadata__[0].func in readers:
        for unit, octets in _OCTETS.items():
            if value >= octets and value % octets == 0:
                return f"{int(value // octets):,} {unit}"
    number = f"{int(value) if value == int(value) else value:,}"
    return f"{number} s" if config_types.Seconds.__metadata__[0].func in readers else number


def _sentences(section: type[BaseModel]) -> str:
    return _flat((section.__doc__ or "").split("\n\n")[0])


def _flat(text: str) -> str:
    """On one line, with one blank between sentences."""
    text = " ".join(text.split())
    return text if text.endswith((".", ":")) else f"{text}."


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
