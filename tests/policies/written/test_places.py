"""Try that places in TOML are found, against tomllib's own reading of the same text."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.policies.written.places import lay_out

TEXT = '''# comment with "quotes" and [[brackets]]
top = 1
dotted.key."with space" = "x"

[[rule]]
name = "one"   # comment
when = \'\'\'
parts.exists(p,
  p.kind == "script")\'\'\'
actions = ["accept", { add_header = "X-A: b" },
           "note", # comment ]
          ]

  [[rule.test]]
  facts.parts = [{ name = "a\\u0062c", kind = "script" }, { names = [] }]

[[rule]]
name = """\\
   two\\tlines
"quoted" and three """""
[other.table]
key = 'literal \\ backslash'
number = -1.5
date = 2026-01-31T00:00:00Z
'''


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("top",), 2, 7),
        (("dotted", "key", "with space"), 3, 27),
        (("rule", 0, "name"), 6, 8),
        (("rule", 0, "actions", 1, "add_header"), 10, 37),
        (("rule", 0, "actions", 2), 11, 12),
        (("rule", 0, "test", 0, "facts", "parts", 0, "kind"), 15, 46),
        (("rule", 1, "name"), 18, 8),
        (("other", "table", "number"), 23, 10),
    ],
)
def test_a_value_is_found(path, line, column):
    layout = lay_out(TEXT)
    assert layout.line_and_column(layout.value(path)) == (line, column)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("rule", 0), 5, 1),
        (("rule", 1), 17, 1),
        (("rule", 0, "test", 0), 14, 3),
        (("rule", 0, "when"), 7, 1),
        (("rule", 0, "test", 0, "facts", "parts"), 15, 9),
        (("other", "table", "date"), 24, 1),
    ],
)
def test_a_key_is_found(path, line, column):
    layout = lay_out(TEXT)
    assert layout.line_and_column(layout.key(path)) == (line, column)


def test_what_is_missing_is_placed_at_what_is_around_it():
    layout = lay_out(TEXT)
    assert layout.line_and_column(layout.value(("rule", 1, "reason"))) == (17, 1)
    assert layout.line_and_column(layout.value(("nowhere",))) == (1, 1)


def test_a_character_is_found_in_a_text_of_several_lines():
    layout = lay_out(TEXT)
    when = tomllib.loads(TEXT)["rule"][0]["when"]
    offset = layout.letter(("rule", 0, "when"), when.index('"script"'))
    assert layout.line_and_column(offset) == (9, 13)


def test_a_character_is_found_behind_escapes():
    layout = lay_out(TEXT)
    name = tomllib.loads(TEXT)["rule"][1]["name"]
    offset = layout.letter(("rule", 1, "name"), name.index("lines"))
    assert layout.line_and_column(offset) == (19, 9)
    offset = layout.letter(("rule", 0, "test", 0, "facts", "parts", 0, "name"), 2)
    assert layout.text[offset] == "c"


def test_carriage_returns_do_not_shift_anything():
    plain, carried = lay_out(TEXT), lay_out(TEXT.replace("\n", "\r\n"))
    assert plain.values == carried.values


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    else:
        yield path, value


def test_every_value_that_tomllib_reads_has_a_place(default_text):
    for text in (TEXT, default_text):
        layout = lay_out(text)
        for path, value in leaves(tomllib.loads(text)):
            assert path in layout.values
            if isinstance(value, str):
                # One offset a character, and the end's.
                assert len(layout.letters[path]) == len(value) + 1


def basic(text):
    escaped = "".join(f"\\U{ord(letter):08x}" if letter in '"\\' else letter for letter in text)
    return f'"{escaped}"'


LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="'")
TEXTS = st.text(LETTERS, max_size=12)


@pytest.mark.slow
@given(st.lists(TEXTS, min_size=1, max_size=4), st.booleans())
def test_any_text_is_read_as_tomllib_reads_it(texts, is_literal):
    quoted = [f"'{text}'" if is_literal else basic(text) for text in texts]
    written = f"[[rule]]\nx = [ {', '.join(quoted)} ]\ny = {{ z = {quoted[0]} }}\nlast = 1\n"
    assert tomllib.loads(written)["rule"][0]["x"] == texts
    layout = lay_out(written)
    for index, text in enumerate(texts):
        assert len(layout.letters["rule", 0, "x", index]) == len(text) + 1
    assert layout.line_and_column(layout.key(("rule", 0, "last"))) == (4, 1)
