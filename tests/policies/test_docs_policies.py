"""What docs/policies.md shows is sound, is refused as it says, and is done so."""

import re
from pathlib import Path

import pytest

from pratique.policies.check import check
from pratique.policies.problem import render
from pratique.policies.words_of_strangers import _PLACES, FORGEABLE

PAGE = (Path(__file__).parents[2] / "docs/policies.md").read_text("utf-8")
(RULE,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHOWN = re.search(r"^(    policy\.toml:.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.slow
def test_the_list_of_the_page_is_sound(default_text):
    assert check(RULE + default_text, demand_tests=False) == []


def test_a_list_of_addresses_is_refused_as_the_page_shows_it(around):
    when = 'mail.header.from_.exists(f, f.domain == "builder.example")'
    text = re.sub(r"(?m)^when .*$", f"when    = '{when}'", RULE)
    assert when in text
    (problem,) = check(text + around(), demand_tests=False)
    told = render(problem, text).splitlines()
    shown = [line.removeprefix("    ") for line in SHOWN.splitlines()]
    assert told[:-1] == shown[:-1]
    assert told[-1].startswith(shown[-1].removesuffix(", ..."))


def test_the_page_names_every_word_of_a_stranger():
    words = {field for (message, field), rest in _PLACES.items() if rest & FORGEABLE}
    in_messages = {"display_name", "address", "domain"}
    of_whole_messages = {field for message, field in _PLACES if message in _WHOLE}
    raw = {field for field in words if field.startswith("raw_")}
    missing = words - in_messages - of_whole_messages - raw
    assert [field for field in sorted(missing) if field not in PAGE] == []


# Named on the page by the variable that holds them.
_WHOLE = ("Returned", "Signature", "StatedResults", "StatedResult")
