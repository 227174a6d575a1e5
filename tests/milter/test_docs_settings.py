"""The page of all settings: current, and no setting without a sentence."""

import runpy
from pathlib import Path

import pytest

from pratique.milter.config import Settings

ROOT = Path(__file__).resolve().parents[2]
TOOL = runpy.run_path(str(ROOT / "tools/settings_page.py"))


def sections(model=Settings, name=""):
    """Each table of the configuration, by its name."""
    yield name, model
    for key, one in model.model_fields.items():
        if section := TOOL["_section"](one):
            yield from sections(section, f"{name}.{key}".removeprefix("."))


SECTIONS = dict(sections())


def test_the_page_is_current():
    assert TOOL["PAGE"].read_text("utf-8") == TOOL["page"](), "run: make pages"


@pytest.mark.parametrize("name", SECTIONS)
def test_each_setting_has_a_sentence_and_each_table_too(name):
    settings = SECTIONS[name].model_fields.items()
    bare = [key for key, one in settings if not one.description and not TOOL["_section"](one)]
    assert bare == []
    assert SECTIONS[name].__doc__


def test_numbers_have_the_units_that_an_admin_writes():
    page = TOOL["page"]()
    assert "| `max_size` | 50 MB | The largest content" in page
    assert "At least 64 KB, at most 2 GB. |" in page
    assert "| `seconds` | 25 s |" in page
