"""All scanners of a setup: files, folders, packages, and names that are taken."""

import json
import sys

import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.own.load import load
from pratique.scanners.part import Unfit
from pratique.scanners.v1 import Part


def setup(*wanted):
    return wall.Setup(own_scanners=[wall.OwnScanner(**one) for one in wanted])


def named(name, sound):
    return sound.replace('"word"\n', f'"{name}"\n', 1)


def test_nothing_is_wanted_of_nothing():
    assert load(wall.Setup()) == []


def test_a_file_becomes_a_scanner_under_its_own_name(write):
    (own,) = load(setup({"path": str(write())}))
    assert (own.name, own.file) == ("word", str(write()))
    assert [one.name for one in own.scanner.scan(Part(b"a word"))] == ["Word.There"]


def test_a_folder_is_as_many_as_it_has_files(write, tmp_path, sound):
    write(named("b", sound), "b.py")
    write(named("a", sound), "a.py")
    write("raise ValueError", "_shared.py")
    write("raise ValueError", "notes.txt")
    (tmp_path / "a").mkdir()
    assert [own.name for own in load(setup({"path": str(tmp_path)}))] == ["a", "b"]


def test_a_file_with_a_section_of_its_own_is_not_taken_twice(write, tmp_path, sound):
    write(named("b", sound), "b.py")
    file = write(named("a", sound), "a.py")
    wanted = setup({"path": str(tmp_path)}, {"path": str(file), "name": "a"})
    assert [own.name for own in load(wanted)] == ["b", "a"]


def test_a_package_is_asked_for_by_name(install):
    install("loaded_words", word="loaded_words:Word")
    (own,) = load(setup({"distribution": "loaded_words", "name": "word"}))
    assert (own.name, own.version) == ("word", "2.5")


@pytest.mark.parametrize("more", [{"name": "word"}, {"settings": '{"a": 1}'}])
def test_a_folder_has_no_name_and_no_settings(write, tmp_path, more):
    write()
    with pytest.raises(Unfit, match="a name or settings are for one scanner"):
        load(setup({"path": str(tmp_path), **more}))


def test_an_empty_folder_is_a_mistake(tmp_path):
    with pytest.raises(Unfit, match="there is no Python file in it"):
        load(setup({"path": str(tmp_path)}))


def test_a_problem_has_the_place_of_its_section(tmp_path):
    wanted = {"path": str(tmp_path / "gone.py"), "places": {"": "p.toml:7:1"}}
    with pytest.raises(Unfit, match=r"^p\.toml:7:1: scanner file .*gone\.py: No such file"):
        load(setup(wanted))


def test_a_problem_of_settings_has_their_place_alone(write):
    wanted = {"path": str(write()), "settings": '{"a": 1}', "places": {"settings": "p.toml:9:1"}}
    with pytest.raises(Unfit, match=r"^p\.toml:9:1: scanner word: settings: it takes none"):
        load(setup(wanted))


def test_it_must_be_what_the_settings_call_it(write):
    with pytest.raises(Unfit, match="it calls itself 'word', and the settings 'words'"):
        load(setup({"path": str(write()), "name": "words"}))


def test_no_two_may_have_one_name(write):
    write(name="other.py")
    both = setup({"path": str(write())}, {"path": str(write(name="other.py"))})
    with pytest.raises(Unfit, match=r"other\.py: there is another scanner or reader 'word'"):
        load(both)
    with pytest.raises(Unfit, match=r"there is another scanner or reader 'word'"):
        load(setup({"path": str(write())}), {"word"})


def test_setup_is_called_once_with_the_settings(write):
    source = """
        class Word:
            name = "word"
            told = []
            def setup(self, settings):
                self.told.append(settings)
            def scan(self, part): ...
    """
    (own,) = load(setup({"path": str(write(source)), "settings": json.dumps({"a": [1]})}))
    assert own.scanner.told == [{"a": [1]}]


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("raise KeyError('a')", r"word\.py:5: its setup fails: KeyError: 'a'"),
        ("raise SystemExit(1)", r"word\.py:5: its setup fails: SystemExit: 1"),
        ("open('/no/such/file')", r"word\.py:5: its setup fails: FileNotFoundError"),
    ],
)
def test_a_setup_that_fails_is_told_with_its_line(write, deed, words):
    source = f"""
        class Word:
            name = "word"
            def setup(self, settings):
                {deed}
            def scan(self, part): ...
    """
    with pytest.raises(Unfit, match=words):
        load(setup({"path": str(write(source))}))


def test_a_model_that_fails_otherwise_than_by_refusing_is_told_with_its_line(write):
    source = """
        from pydantic import BaseModel, field_validator
        class Word:
            name = "word"
            class Settings(BaseModel):
                words: list[str] = []
                @field_validator("words")
                def _known(cls, words):
                    return {}[words[0]]
            def setup(self, settings): ...
            def scan(self, part): ...
    """
    wanted = {"path": str(write(source)), "settings": '{"words": ["a"]}'}
    with pytest.raises(Unfit, match=r"word\.py:9: its Settings fail: KeyError: 'a'"):
        load(setup(wanted))


def test_one_that_leaves_a_thread_behind_is_refused(write):
    source = """
        import threading
        end = threading.Event()
        threading.Thread(target=end.wait).start()
        class Word:
            name = "word"
            end = end
            def scan(self, part): ...
    """
    try:
        with pytest.raises(Unfit, match="it starts a thread, and no worker would have it"):
            load(setup({"path": str(write(source, "threaded.py"))}))
    finally:
        for module in [one for name, one in sys.modules.items() if name.endswith("_threaded")]:
            module.end.set()
