"""A scanner's file or package: what is run, and what is told where it cannot be."""

import hashlib
import sys

import pytest

from pratique.scanners.own.modules import of_file, of_package
from pratique.scanners.own.patience import within
from pratique.scanners.part import Unfit

BROKEN = {
    "no Python": (
        "class Word:\n    def scan(self part): ...\n",
        r"word\.py:2: it does not import: SyntaxError: ",
    ),
    "not installed": (
        "\nimport no_such_thing\n",
        r"word\.py:2: it does not import: ModuleNotFoundError: No module named 'no_such_thing'",
    ),
    "raises": ("x = 1\n\nraise ValueError('no')\n", r"word\.py:3: it does not import: ValueError"),
    "raises below": (
        "import json\n\njson.loads('{')\n",
        r"word\.py:3: it does not import: JSONDecodeError: ",
    ),
    "ends the program": (
        "import sys\nsys.exit(3)\n",
        r"word\.py:2: it does not import: SystemExit: 3",
    ),
    "NUL": ("\0", r"word\.py.*: it does not import: "),
    "nothing": ("", r"word\.py: no scanner is in it: no class has a method `scan`"),
    "no scanner": ("class Word:\n    name = 'word'\n", r"no class has a method `scan`"),
    "private": ("class _Word:\n    def scan(self, part): ...\n", r"no class has a method `scan`"),
    "imported": (
        "from pratique.scanners.strangers import Stranger\n",
        r"no class has a method `scan`",
    ),
    "two": (
        "class A:\n    def scan(self, part): ...\nclass B(A): ...\n",
        r"word\.py: 2 scanners are in it \(A, B\), a file has one",
    ),
}


def test_a_file_is_its_one_class_and_its_version_the_hash(write, sound):
    written = of_file(write())

    assert written.class_.__name__ == "Word"
    assert written.version == hashlib.sha256(sound.encode()).hexdigest()[:12]
    assert written.origin == f"scanner file {written.file}"


def test_a_file_is_read_anew_each_time_and_leaves_nothing_beside_it(write, tmp_path, sound):
    first = of_file(write()).class_
    # As long, and of the same second: Python's own import would not see the difference.
    second = of_file(write(sound.replace("There", "Where"))).class_

    assert first is not second
    assert [file.name for file in tmp_path.iterdir()] == ["word.py"]


def test_a_dataclass_may_be_in_it(write):
    source = """
        from dataclasses import dataclass, field
        @dataclass
        class Word:
            name: str = "word"
            seen: list[str] = field(default_factory=list)
            def scan(self, part): ...
    """
    assert of_file(write(source)).class_().seen == []


@pytest.mark.parametrize("why", BROKEN)
def test_a_broken_file_is_told_with_its_line(write, why):
    source, words = BROKEN[why]
    with pytest.raises(Unfit, match=words):
        of_file(write(source))


def test_an_import_that_hangs_is_given_up_and_told_with_its_line(write):
    file = write("import time\nwhile True: time.monotonic()\n")
    with within(0.1), pytest.raises(Unfit, match=r"word\.py:2: it does not import: TooSlow: not"):
        of_file(file)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Unfit, match=r"scanner file .*gone\.py: No such file or directory"):
        of_file(tmp_path / "gone.py")


def test_a_file_that_everybody_may_write_is_not_run(write):
    file = write("raise SystemExit('it was run')")
    file.chmod(0o666)
    with pytest.raises(Unfit, match="everybody may write it"):
        of_file(file)


@pytest.mark.parametrize(("mode", "refused"), [(0o777, True), (0o1777, False), (0o775, False)])
def test_a_folder_where_everybody_may_put_another_file_is_refused(write, tmp_path, mode, refused):
    file = write()
    tmp_path.chmod(mode)
    if refused:
        with pytest.raises(Unfit, match="everybody may write into its folder"):
            of_file(file)
    else:
        assert of_file(file)


def test_a_package_is_known_by_its_version(install):
    install("own_words", word="own_words:Word")
    written = of_package("own_words", "word")

    assert (written.class_.__name__, written.version) == ("Word", "2.5")
    assert written.file.endswith("own_words.py")


@pytest.mark.parametrize(
    ("module", "points", "asked", "words"),
    [
        ("pack_a", {"word": "pack_a:Word"}, ("no-such", "word"), "no package 'no-such' is instal"),
        ("pack_b", {"word": "pack_b:Word"}, ("pack_b", "b"), r"no scanner 'b' .*: word\)"),
        ("pack_c", {}, ("pack_c", "word"), r"no scanner 'word' .*: none\)"),
        (
            "pack_d",
            {"word": "pack_d:Gone"},
            ("pack_d", "word"),
            "pack_d: it does not import: Attri",
        ),
        ("pack_e", {"word": "pack_gone:X"}, ("pack_e", "word"), "No module named 'pack_gone'"),
        ("pack_f", {"word": "pack_f"}, ("pack_f", "word"), "package pack_f: pack_f is no class"),
    ],
)
def test_a_package_that_does_not_offer_the_scanner_is_told(install, module, points, asked, words):
    install(module, **points)
    with pytest.raises(Unfit, match=words):
        of_package(*asked)


def test_a_package_that_does_not_import_is_told_with_file_and_line(install):
    install("pack_broken", "x = 1\nimport no_such_thing\n", word="pack_broken:Word")
    with pytest.raises(Unfit, match=r"No module named 'no_such_thing' \(.*pack_broken\.py:2\)"):
        of_package("pack_broken", "word")
    assert "pack_broken" not in sys.modules
