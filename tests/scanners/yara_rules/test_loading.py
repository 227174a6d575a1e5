"""Rules are compiled apart, taken as they were kept, and tried before they are used."""

from importlib.resources import files
from pathlib import Path

import pytest
import yara

from pratique.scanners.yara_rules import loading
from pratique.scanners.yara_rules.asked import compiled
from pratique.scanners.yara_rules.kept import Kept
from pratique.scanners.yara_rules.loading import TWICE, load, prove
from pratique.scanners.yara_rules.samples import EICAR
from pratique.scanners.yara_rules.sources import WrongRules

SHIPPED = Path(str(files("pratique.scanners").joinpath("rules")))
EVIL = 'rule evil { strings: $a = "evil" condition: $a }'
BESIDE = {"marks": 'rule mark { strings: $a = "mark" condition: $a }'}


class Compiler:
    """Compiles as ever, and counts the sets."""

    def __init__(self):
        self.sets = []

    def __call__(self, sets):
        self.sets += sets
        return compiled(sets)


@pytest.fixture
def compiler():
    return Compiler()


@pytest.fixture
def state(tmp_path):
    return str(tmp_path / "rules-cache")


def names(rules, octets):
    return [match.rule for match in rules.match(data=octets)]


def test_our_own_rules_need_no_process_apart(compiler, state):
    loaded = load(SHIPPED, [], BESIDE, state, compile_apart=compiler)
    assert compiler.sets == []
    assert names(loaded.all, EICAR) == ["EICAR_test_file"]
    assert names(loaded.whole, b"mark") == ["mark"]
    assert not loaded.has_whole
    assert not Path(state).exists()


def test_rules_of_an_admin_are_compiled_apart_once_and_then_kept(written, compiler, state):
    folder = written(a=EVIL)
    first = load(SHIPPED, [folder], BESIDE, state, compile_apart=compiler)
    again = load(SHIPPED, [folder], BESIDE, state, compile_apart=compiler)
    # Those that see all of a part, and those for small parts; our own are ours.
    assert len(compiler.sets) == 2
    for loaded in (first, again):
        assert names(loaded.all, b"evil mark") == ["evil", "mark"]
        assert names(loaded.whole, b"evil mark") == ["evil", "mark"]
        assert names(loaded.head, EICAR) == ["EICAR_test_file"]
        assert loaded.has_whole
    assert first.version == again.version


def test_rules_about_heads_are_kept_as_well(written, compiler):
    folder = written(**{"a.head": EVIL})
    loaded = load(SHIPPED, [folder], BESIDE, compile_apart=compiler)
    assert len(compiler.sets) == 2
    assert not loaded.has_whole
    assert names(loaded.head, b"evil") == names(loaded.all, b"evil") == ["evil"]


def test_changed_rules_are_compiled_anew(written, compiler, state):
    load(SHIPPED, [written(a=EVIL)], BESIDE, state, compile_apart=compiler)
    changed = written(a=EVIL.replace('"evil"', '"worse"'))
    loaded = load(SHIPPED, [changed], BESIDE, state, compile_apart=compiler)
    assert names(loaded.all, b"evil worse") == ["evil"]
    assert len(compiler.sets) == 4


@pytest.mark.parametrize("octets", [b"", b"YARA", b"YARA\x00" * 1000])
def test_what_yara_does_not_load_is_compiled(written, compiler, state, octets):
    folder = written(a=EVIL)
    load(SHIPPED, [folder], BESIDE, state, compile_apart=compiler)
    kept = Kept.at(state)
    for file in kept.folder.iterdir():
        kept.put(bytes.fromhex(file.stem), octets)
    loaded = load(SHIPPED, [folder], BESIDE, state, compile_apart=compiler)
    assert names(loaded.all, b"evil") == ["evil"]
    assert len(compiler.sets) == 4


def test_a_compiler_that_gives_nonsense_is_not_believed(written):
    with pytest.raises(WrongRules, match="does not load what it has compiled"):
        load(SHIPPED, [written(a=EVIL)], BESIDE, compile_apart=lambda sets: [b"x"] * len(sets))


def test_very_many_rules_are_not_compiled_twice(written, compiler):
    length = sum(len(file.read_text()) for file in SHIPPED.iterdir())
    for more in (0, 1):
        compiler.sets.clear()
        padding = " " * (TWICE - length - len(EVIL) + more)
        loaded = load(SHIPPED, [written(a=EVIL + padding)], BESIDE, compile_apart=compiler)
        assert len(compiler.sets) == 2 - more
        assert (loaded.all is None) is bool(more)
        assert names(loaded.whole, b"evil") == ["evil"]
        assert names(loaded.head, EICAR) == ["EICAR_test_file"]


def test_a_rule_that_would_have_all_mail_refused_is_named(written):
    meta = 'meta: severity = "malicious"'
    folder = written(a=EVIL.replace("strings", f"{meta} strings").replace('"evil"', '"hello"'))
    with pytest.raises(WrongRules) as raised:
        load(SHIPPED, [folder], BESIDE)
    assert str(raised.value) == (
        f"rule file {folder / 'a.yar'}:1: evil: matches harmless mail (malicious): a line of text"
    )


def test_a_rule_that_only_says_that_it_was_there_may_find_all(written):
    assert load(SHIPPED, [written(a="rule all_of_it { condition: true }")], BESIDE)


@pytest.mark.slow
def test_a_scan_that_does_not_end_is_told_with_the_file(written):
    folder = written(b=EVIL, a="rule a { condition: for all i in (0..1000000000000) : (i != -1) }")
    with pytest.raises(
        WrongRules, match=r"^rule file .*a\.yar: a scan of an empty part goes wrong: [^\n]*$"
    ):
        load(SHIPPED, [folder], BESIDE)


def test_rules_about_heads_can_be_spared_where_all_of_them_are_ours(written, tmp_path):
    assert load(SHIPPED, [], BESIDE).can_be_spared
    assert load(SHIPPED, [written(a=EVIL)], BESIDE).can_be_spared
    (tmp_path / "rules" / "b.head.yar").write_text(EVIL)
    assert not load(SHIPPED, [tmp_path / "rules"], BESIDE).can_be_spared


def test_rules_that_do_not_find_the_eicar_file_are_refused():
    nothing = yara.compile(source="rule a { condition: false }")
    no = {"has_whole": False, "can_be_spared": False}
    with pytest.raises(WrongRules, match="self-test: EICAR_test_file does not find"):
        prove(loading.Loaded(nothing, nothing, nothing, **no, version=""))
