"""Try the schema on the shipped policies, and on a mistake in each of its tables."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from pratique.policies.written import keys
from pratique.policies.written.schema import DRAFT, schema

SHIPPED = Path(__file__).parents[3] / "src/pratique/policies/shipped"
SCHEMA = schema()
TYPES = {"string": str, "array": list, "object": dict, "boolean": bool, "integer": int}
TYPES |= {"number": (int, float)}


def wrong(value, by=SCHEMA):
    """What a validator of draft 2020-12 would complain of, for the words that are used."""
    by = SCHEMA["$defs"][by["$ref"].rpartition("/")[2]] if "$ref" in by else by
    # For an editor a date of TOML is a text.
    value = value.isoformat() if isinstance(value, date) else value
    assert by.keys() <= {
        *("$schema", "$defs", "title", "description", "format", "type", "enum", "anyOf"),
        *("properties", "additionalProperties", "propertyNames", "required"),
        *("items", "minItems", "maxItems"),
    }
    if "enum" in by and value not in by["enum"]:
        return [value]
    if "anyOf" in by:
        return [] if any(not wrong(value, each) for each in by["anyOf"]) else [value]
    if "type" in by and not isinstance(value, TYPES[by["type"]]):
        return [value]
    if isinstance(value, dict):
        return [*wrong_in(value, by)]
    if isinstance(value, list):
        short = len(value) < by.get("minItems", 0)
        return [
            *([value] if short else []),
            *(w for each in value for w in wrong(each, by["items"])),
        ]
    return []


def wrong_in(table, by):
    yield from (key for key in by.get("required", ()) if key not in table)
    for key, value in table.items():
        yield from wrong(key, by.get("propertyNames", {}))
        inner = by.get("properties", {}).get(key, by["additionalProperties"])
        yield from [key] if inner is False else wrong(value, inner)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_policy_is_valid(path):
    assert wrong(tomllib.loads(path.read_text("utf-8"))) == []


RULE = "[[rule]]\nname = 'a'\nactions = ['accept']\n"
LIST = "[[list]]\nname = 'l'\nkind = 'texts'\nowner = 'o'\nreason = 'r'\n"


@pytest.mark.parametrize(
    "text",
    [
        "include = ['default', 'own.toml']\nmode = 'shadow'",
        f"{RULE}mode = 'shadow'\nuntil = 2027-01-15\nreply = '5.7.1 no'",
        RULE.replace("'accept'", "'reject', { notify = 'a@b.example' }"),
        RULE.replace("'accept'", "{ redirect = 'a@b.example' }"),
        f"{LIST}entries = ['a', {{ entry = 'b', expires = 2027-01-15 }}]",
        "[[group]]\nname = 'g'\nmembers = ['a@b.example']",
        "[[override]]\nrule = 'a'\nmode = 'shadow'\n[[override.test]]\nexpect = 'reject'",
        f"{RULE}[[rule.test]]\nfacts.parts = [{{ kind = 'script' }}]\nexpect = 'reject'",
        f"{RULE}[[rule.test]]\nfacts.parts_left_out.by_kind.image = 3\nexpect = 'note'",
    ],
)
def test_what_may_stand_in_a_policy_is_valid(text):
    assert wrong(tomllib.loads(text)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mdoe = 'shadow'", "mdoe"),
        ("mode = 'off'", "off"),
        (f"{RULE}whne = 'x'", "whne"),
        ("[[rule]]\nactions = ['accept']", "name"),
        (RULE.replace("accept", "allow"), "allow"),
        (RULE.replace("'accept'", "'redirect'"), None),
        (RULE.replace("'accept'", "{ tell = 'a@b.example' }"), {"tell": "a@b.example"}),
        (f"{RULE}until = 3", 3),
        (f"{RULE}strip = ['multipart']", "multipart"),
        (f"{RULE}forgeable = 'yes'", "yes"),
        (f"{LIST}entreis = ['a']", "entreis"),
        (LIST.replace("texts", "text"), "text"),
        (f"{LIST}entries = [{{ address = 'a' }}]", {"address": "a"}),
        ("[[group]]\nname = 'g'\nmembers = 'a'", "a"),
        ("[[override]]\nmode = 'shadow'", "rule"),
        (f"{RULE}[[rule.test]]\nexpect = 'drop'", "drop"),
        (f"{RULE}[[rule.test]]\nexpect = 'accept'\nfacts.parts = [{{ knd = 'text' }}]", "knd"),
        (f"{RULE}[[rule.test]]\nexpect = 'accept'\nfacts.parts = [{{ kind = 'exe' }}]", "exe"),
        (f"{RULE}[[rule.test]]\nexpect = 'accept'\nfacts.parts_left_out.by_kind.exe = 1", "exe"),
    ],
)
def test_what_is_none_of_a_policy_is_refused(text, found):
    (said,) = wrong(tomllib.loads(text))
    assert found in (said, None)


def test_it_has_each_key_of_a_rule_and_says_what_it_is_for():
    rule = SCHEMA["properties"]["rule"]["items"]["properties"]
    assert rule.keys() == set(keys.KEYS)
    assert all(each["description"] for each in rule.values())
    assert SCHEMA["properties"].keys() == set(keys.TOP)
    assert SCHEMA["$schema"] == DRAFT
