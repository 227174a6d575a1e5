"""The sections `[[hash_list]]`: what may be said, and where a list lies."""

from pathlib import Path

import pytest

from pratique.milter import assembly
from pratique.milter.config import parse
from pratique.milter.config_problems import ConfigError

TEXT = """
state = "/var/lib/p"
[[hash_list]]
name = "ours"
feed = "/etc/p/ours.txt"
owner = "ann"
severity = "malicious"
"""


def test_the_nursery_is_told_where_they_lie():
    settings = parse(TEXT, "x")
    (path,) = assembly.setup_of(settings).lists
    assert Path(path) == settings.hash_list[0].file(Path("/var/lib/p"))
    assert path.startswith("/var/lib/p/lists/ours-")
    assert list(assembly.setup_of(parse("", "x")).lists) == []


@pytest.mark.parametrize(
    "change",
    [
        ('"malicious"', '"suspicious"'),
        ('"ann"', '"bob"'),
        ("ours.txt", "theirs.txt"),
        ("severity", "expires_days = 3\nseverity"),
        ("severity", "reason = 'r'\nseverity"),
        ("severity", "tlsh = 'also'\nseverity"),
        ("severity", "tlsh_distance = 20\nseverity"),
    ],
)
def test_another_setting_is_another_file_so_none_is_used_that_was_built_with_old_ones(change):
    before, after = parse(TEXT, "x"), parse(TEXT.replace(*change), "x")
    assert assembly.setup_of(before).lists != assembly.setup_of(after).lists


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('name = "ours"', 'name = "../ours"'), "name"),
        (('"malicious"', '"bad"'), "severity"),
        (('owner = "ann"', ""), "owner"),
        (("severity", "expires_days = -1\nseverity"), "expires_days"),
        (("severity", "expire = 1\nseverity"), "expire"),
        (("severity", "tlsh = 'never'\nseverity"), "tlsh"),
        (("severity", "tlsh_distance = -1\nseverity"), "tlsh_distance"),
        (("severity", "tlsh_distance = 51\nseverity"), "tlsh_distance"),
    ],
)
def test_a_mistake_is_told(change, why):
    with pytest.raises(ConfigError, match=why):
        parse(TEXT.replace(*change), "x")


def test_two_lists_have_two_names():
    with pytest.raises(ConfigError, match="hash_list"):
        parse(TEXT + TEXT.replace('state = "/var/lib/p"', ""), "x")
