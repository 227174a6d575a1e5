"""The page docs/listeners.md: what it shows can be written, its numbers are the defaults."""

import re
from pathlib import Path

from pratique.milter.config import parse
from pratique.milter.sections.listener import Listener

PAGE = (Path(__file__).parents[2] / "docs/listeners.md").read_text("utf-8")


def test_the_listener_that_it_shows_can_be_written():
    sent, shown = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (listener,) = parse(sent + shown, "x").listeners
    assert (listener.protocol, listener.address) == ("lmtp", "unix:/run/pratique/in")


def test_its_limits_are_the_defaults():
    table = re.findall(r"^\| `(max_\w+)` \| ([0-9,]+)", PAGE, re.MULTILINE)
    defaults = {name: Listener.model_fields[name].default for name, _ in table}
    assert {name: int(number.replace(",", "")) for name, number in table} == defaults
    assert len(defaults) == 6


def test_every_form_of_content_is_there_and_accepted_by_default():
    forms = re.findall(r"\| `(\w+)` \| a ", PAGE)
    assert {Listener.model_fields[form].default for form in forms} == {"accept"}
    assert set(forms) == {"long_lines", "eight_bit_header", "nul"}
