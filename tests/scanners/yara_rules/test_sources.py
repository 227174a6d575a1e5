"""Files of rules are read, and what is wrong with one is said in words."""

import os

import pytest

from pratique.scanners.yara_rules import sources
from pratique.scanners.yara_rules.sources import Problem, WrongRules, files_in, of_path, of_yara

NO_EXTERNALS = ": an external variable that other programs define; here are none"


def test_of_a_folder_only_rules_are_read_and_not_what_lies_below(written):
    folder = written(b="rule b { condition: true }", a="rule a { condition: true }")
    (folder / "c.yara").write_text("rule c { condition: true }")
    (folder / "README.md").write_text("no rule")
    (folder / "below").mkdir()
    (folder / "below/d.yar").write_text("nonsense")

    assert [file.name for file in files_in(folder)] == ["a.yar", "b.yar", "c.yara"]
    assert list(sources.read_all([folder])) == [
        str(folder / name) for name in ("a.yar", "b.yar", "c.yara")
    ]


def test_a_file_is_itself_whatever_its_name(tmp_path):
    assert files_in(tmp_path / "x.txt") == [tmp_path / "x.txt"]


@pytest.mark.parametrize("more", [0, 1])
def test_a_file_may_have_so_many_octets(tmp_path, more):
    file = tmp_path / "a.yar"
    file.write_bytes(b" " * (sources.FILE_OCTETS + more))
    if not more:
        assert len(sources.read(file)) == sources.FILE_OCTETS
        return
    with pytest.raises(WrongRules, match=r"a\.yar: it has more than"):
        sources.read(file)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.yar")
    with pytest.raises(WrongRules, match=r"a\.yar: it is no file"):
        sources.read_all([tmp_path])


def test_the_mark_before_a_text_of_windows_is_no_part_of_it(tmp_path):
    file = tmp_path / "a.yar"
    file.write_bytes(b"\xef\xbb\xbfrule a { condition: true }")
    assert sources.read(file) == "rule a { condition: true }"


def test_an_octet_of_zero_would_hide_the_rules_behind_it(tmp_path):
    file = tmp_path / "a.yar"
    file.write_bytes(b"rule a { condition: true }\n\0rule b { condition: true }")
    with pytest.raises(WrongRules, match=r"a\.yar:2: it is no text \(an octet is 0\)$"):
        sources.read(file)


def test_what_is_no_text_is_told_with_its_line(tmp_path):
    file = tmp_path / "a.yar"
    file.write_bytes(b"// fine\n// \xff\n")
    with pytest.raises(WrongRules, match=r"^rule file .*a\.yar:2: it is no text \(UTF-8\)$"):
        sources.read_all([tmp_path])


def test_a_folder_that_is_none_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("nowhere", "file"):
        with pytest.raises(WrongRules, match=f"^rule folder .*{name}: "):
            sources.read_all([tmp_path / name])


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ('line 3: undefined identifier "x"', (3, 'undefined identifier "x"')),
        ("internal error: 4", (0, "internal error: 4")),
        (
            "line 1: includes are disabled",
            (1, "includes are disabled: put the rules into a folder, without `include`"),
        ),
        (
            'line 1: unknown module "magic"',
            (1, 'unknown module "magic": this YARA was built without it'),
        ),
        (
            'line 2: undefined identifier "pe"',
            (2, 'undefined identifier "pe": `import "pe"` is missing'),
        ),
        (
            'line 2: undefined identifier "filename"',
            (2, f'undefined identifier "filename"{NO_EXTERNALS}'),
        ),
    ],
)
def test_what_yara_says_comes_with_its_line_and_what_to_do(said, problem):
    assert of_yara("f", said) == Problem("f", problem[0], "error", problem[1])


def test_a_file_that_ends_too_early_does_so_at_its_last_line():
    said = "line 0: syntax error, unexpected end of file"
    assert of_yara("f", said, last=sources.lines_of("rule a {\n condition:\n")).line == 2


def test_a_problem_is_told_with_its_place():
    assert str(Problem("/x/a.yar", 3, "error", "wrong")) == "/x/a.yar:3: wrong"
    assert str(Problem("/x/a.yar", 0, "error", "wrong")) == "/x/a.yar: wrong"
    assert of_path("/x/a.yar", "/x/a.yar:3: wrong") == Problem("/x/a.yar", 3, "error", "wrong")
    assert of_path("/x/a.yar", "/x/a.yar: wrong") == Problem("/x/a.yar", 0, "error", "wrong")
    assert of_path("/x/a.yar", "else") == Problem("/x/a.yar", 0, "error", "else")
