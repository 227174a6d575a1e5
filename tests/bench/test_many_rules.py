"""Many rules: the same each time, whole, and seen by the nursery that is measured."""

import asyncio

import pytest
import yara

from pratique.scanners import wall_pb2 as wall


@pytest.fixture(scope="module")
def many_rules(bench):
    return bench("many_rules")


def rules_in(folder) -> str:
    return "".join(path.read_text("utf-8") for path in sorted(folder.iterdir()))


def test_as_many_rules_are_written_as_are_asked_for_and_the_same_ones(many_rules, tmp_path):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
        many_rules.write_rules(folder, 300)
    text = rules_in(folders[0])
    assert text == rules_in(folders[1])
    assert text.count("\nrule ") == 300
    assert len(list(folders[0].iterdir())) == many_rules.FILES


def test_they_are_of_each_sort_and_compile_without_a_warning(many_rules, tmp_path):
    many_rules.write_rules(tmp_path, 300)
    text = rules_in(tmp_path)
    for sort in ("[2-6]", "{2,8}", "ascii wide", "nocase", "pe.is_pe", "filesize", "severity ="):
        assert sort in text
    files = {path.name: str(path) for path in tmp_path.iterdir()}
    compiled = yara.compile(filepaths=files, error_on_warning=True)
    assert sum(1 for _ in compiled) == 300


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
def test_a_nursery_with_rules_is_measured(many_rules, tmp_path):
    many_rules.write_rules(tmp_path, 20)
    setup = wall.Setup(rule_folders=[str(tmp_path)])
    started = asyncio.run(many_rules.start("twenty rules", setup, 2))
    assert 0 < started.worker < started.before < started.after < 1e9
    assert started.seconds > 0
    told = many_rules.told([started], 2)
    assert "| twenty rules |" in told
    assert " 2 workers." in told
