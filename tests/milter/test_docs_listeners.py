"""The page docs/listeners.md: what it shows can be written, its numbers are the defaults."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

from pratique.milter.config import parse
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.sections.listener import Listener

PAGE = (Path(__file__).parents[2] / "docs/listeners.md").read_text("utf-8")


def test_the_listeners_that_it_shows_can_be_written():
    encrypts, sent, lmtp = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (listener,) = parse(sent + lmtp, "x").listeners
    assert (listener.protocol, listener.address) == ("lmtp", "unix:/run/pratique/in")
    (listener,) = parse(encrypts, "x").listeners
    assert (listener.tls, str(listener.tls_key)) == ("opportunistic", "/etc/pratique/mx.key")


def test_each_word_of_tls_is_there():
    words = set(get_args(Listener.model_fields["tls"].annotation))
    assert set(re.findall(r"^\| `(\w+)`(?: \(default\))? \| [^|]*\|$", PAGE, re.MULTILINE)) >= words


def test_its_times_are_those_of_the_door():
    seconds = {one.default for one in fields(DoorSettings) if one.name.endswith("_seconds")}
    shown = {float(one) for one in re.findall(r"\| ([0-9]+) s \|", PAGE)}
    assert len(shown) == 5
    assert shown <= seconds


def test_its_limits_are_the_defaults():
    table = re.findall(r"^\| `(max_\w+)` \| ([0-9,]+)", PAGE, re.MULTILINE)
    defaults = {name: Listener.model_fields[name].default for name, _ in table}
    assert {name: int(number.replace(",", "")) for name, number in table} == defaults
    assert len(defaults) == 8


def test_every_form_of_content_is_there_and_accepted_by_default():
    forms = re.findall(r"\| `(\w+)` \| a ", PAGE)
    assert {Listener.model_fields[form].default for form in forms} == {"accept"}
    assert set(forms) == {"long_lines", "eight_bit_header", "nul"}
