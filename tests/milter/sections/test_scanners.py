"""The sections `[[scanner]]`: what may be said, what is told, and where it was written."""

from pathlib import Path

import pytest

from pratique.milter import assembly, config
from pratique.milter.config import Settings
from pratique.milter.config_problems import ConfigError

TEXT = """
[[scanner]]
path = "a.py"

[[listener]]
reply = "sender"

[[scanner]]
name = "b"
package = "pack"
  [scanner.settings]
  words = ["x"]
  since = 2026-11-22
  [scanner.settings.deep]
  down = 1
  [[scanner.settings.entry]]
  one = 1
  [[scanner.settings.entry]]
  two = 2

[[scanner]]
path = "c.py"
  [[scanner.settings.entry]]
  three = 3
"""


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ("", "p.toml:1:1: scanner.0: a scanner has either `path` or `package`"),
        ('path = "a"\npackage = "b"', "a scanner has either `path` or `package`"),
        ('package = "b"', "with `package` a scanner needs its `name`"),
        ('path = "a"\nname = "My Scanner"', "p.toml:3:1: scanner.0.name: String should match"),
        ("path = 3", "p.toml:2:1: scanner.0.path: "),
        ('path = "a"\nseting = {}', "p.toml:3:1: scanner.0.seting: no such setting; did you mean"),
        ('path = "a"\nplaces = {}', "p.toml:3:1: scanner.0.places: no such setting"),
        ('path = "a"\nsettings = 3', "p.toml:3:1: scanner.0.settings: "),
    ],
)
def test_a_mistake_is_told_with_its_place(stated, words):
    with pytest.raises(ConfigError) as error:
        config.parse(f"[[scanner]]\n{stated}\n", "p.toml")
    assert words in str(error.value)


def test_each_setting_is_known_with_the_place_where_it_stands():
    first, second, third = config.parse(TEXT, "p.toml").scanner

    assert first.places == {"": "p.toml:2:1", "path": "p.toml:3:1"}
    assert second.places == {
        "": "p.toml:8:1",
        "name": "p.toml:9:1",
        "package": "p.toml:10:1",
        "settings": "p.toml:11:3",
        "settings.words": "p.toml:12:3",
        "settings.since": "p.toml:13:3",
        "settings.deep": "p.toml:14:3",
        "settings.deep.down": "p.toml:15:3",
        "settings.entry.0": "p.toml:16:3",
        "settings.entry.0.one": "p.toml:17:3",
        "settings.entry.1": "p.toml:18:3",
        "settings.entry.1.two": "p.toml:19:3",
    }
    assert third.places["settings.entry.0.three"] == "p.toml:24:3"


def test_the_nursery_is_told_all_of_it():
    first, second, _ = assembly.setup_of(config.parse(TEXT, "p.toml")).own_scanners

    assert (first.name, first.path, first.distribution) == ("", str(Path("a.py").absolute()), "")
    assert (second.name, second.path, second.distribution) == ("b", "", "pack")
    assert second.settings == (
        '{"words": ["x"], "since": "2026-11-22", "deep": {"down": 1}, '
        '"entry": [{"one": 1}, {"two": 2}]}'
    )
    assert second.places["settings.deep"] == "p.toml:14:3"


def test_a_door_is_told_of_it_as_of_any_section():
    settings = config.parse(TEXT, "p.toml")
    again = Settings.model_validate_json(settings.model_dump_json(exclude_unset=True))
    assert [one.name for one in again.scanner] == [None, "b", None]
    assert again.scanner[1].settings["words"] == ["x"]
