"""How old signatures in files are."""

import os

import pytest

from pratique.milter.config import parse
from pratique.milter.lists.building import build
from pratique.milter.sources import lists_of, rules_of, sources_of

WRITTEN = 1_790_000_000
HASH = "0" * 63 + "1"


@pytest.fixture
def rules(tmp_path):
    """Make a folder of rules: `rules("own", **{"a.yar": WRITTEN})`; return its setting."""

    def rules(name, **written):
        folder = tmp_path / name
        folder.mkdir()
        for file, at in written.items():
            (folder / file).write_text("rule x { condition: false }")
            os.utime(folder / file, (at, at))
        return str(folder)

    return rules


@pytest.fixture
def settings(tmp_path):
    def settings(text):
        return parse(f'state = "{tmp_path}"\n{text}', "x")

    return settings


def test_a_folder_of_rules_is_as_old_as_its_newest_rule_file(rules, settings):
    one = rules("one", **{"a.yar": WRITTEN - 9, "b.yara": WRITTEN, "notes.txt": WRITTEN + 9})
    other = rules("other", **{"a.yar": WRITTEN - 99})
    named = settings(f"[yara]\nfolders = {[one, other]}\nold_after_days = 7\n")
    kept = rules_of(named)
    assert [(each.source.name, each.source.date.seconds) for each in kept] == [
        ("yara", WRITTEN), ("yara", WRITTEN - 99),
    ]  # fmt: skip
    assert [(each.where, each.old_after_days) for each in kept] == [(one, 7.0), (other, 7.0)]
    assert sources_of(named) == tuple(each.source for each in kept)


def test_a_file_of_a_time_that_cannot_be_has_no_date(rules, settings, tmp_path):
    # Facts with such a date cannot be written down.
    named = settings(f"[yara]\nfolders = {[rules('own', **{'a.yar': -5})]}\n")
    assert [each.HasField("date") for each in sources_of(named)] == [False]
    feed = tmp_path / "ours.txt"
    feed.write_text(f"{HASH} a worm\n")
    os.utime(feed, (-5, -5))
    text = f'[[hash_list]]\nname = "ours"\nfeed = "{feed}"\nowner = "ann"\nseverity = "malicious"\n'
    named = settings(text)
    build(named.hash_list[0], named.state)
    (kept,) = lists_of(named)
    assert (bool(kept.source.version), kept.source.HasField("date")) == (True, False)


def test_a_folder_without_rules_or_that_is_not_there_has_no_date(rules, settings, tmp_path):
    named = settings(f"[yara]\nfolders = {[rules('empty'), f'{tmp_path}/none']}\n")
    assert [each.HasField("date") for each in sources_of(named)] == [False, False]


def test_a_list_has_the_date_of_its_feed_and_no_age_before_it_is_built(settings, tmp_path):
    feed = tmp_path / "ours.txt"
    feed.write_text(f"{HASH} a worm\n")
    os.utime(feed, (WRITTEN, WRITTEN))
    text = f'[[hash_list]]\nname = "ours"\nfeed = "{feed}"\nowner = "ann"\nseverity = "malicious"\n'
    named = settings(text + "old_after_days = 2\n")
    (source,) = sources_of(named)
    assert (source.name, source.version, source.HasField("date")) == ("ours", "", False)
    build(named.hash_list[0], named.state)
    (kept,) = lists_of(named)
    assert (kept.source.date.seconds, kept.old_after_days) == (WRITTEN, 2.0)
    assert kept.source.version
    # How old it may be is no reason to build it anew.
    assert sources_of(settings(text)) == (kept.source,)


def test_without_any_there_is_none(settings):
    assert sources_of(settings("")) == ()
