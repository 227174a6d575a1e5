"""A scanner is tried part by part in real workers: what is told of a sound one, and of others."""

import shutil
from pathlib import Path

import pytest

from pratique.milter.scanner_trial import GROWTH_PARTS, SLOW_SECONDS, all_of, loaded, tried
from pratique.milter.wall.faults import NurseryUnfit
from pratique.scanners.wall_pb2 import OwnScanner, Setup

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

MISBEHAVES = Path(__file__).parent / "misbehaves.py"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture
def samples(tmp_path):
    """A folder with files of speech and of silence."""

    def folder(speech=(), silence=()):
        for name, texts in (("speech", speech), ("silence", silence)):
            (tmp_path / name).mkdir()
            for text in texts:
                file = tmp_path / name / f"{text.replace(' ', '-')}.txt"
                file.write_text(f"{text}\r\n")
        return tmp_path

    return folder


async def test_a_sound_one_has_no_problem_and_all_of_it_is_counted():
    outcome = await tried(
        OwnScanner(path=str(EXAMPLES / "overdue.py")), Setup(), EXAMPLES / "overdue"
    )
    assert outcome.problems == []
    assert (outcome.scanner.name, outcome.scanner.is_own) == ("overdue", True)
    assert (outcome.findings, outcome.speech, outcome.silence) == (3, 2, 1)
    assert outcome.shown > 50 + GROWTH_PARTS
    assert outcome.slowest
    assert outcome.to_json()["sound"]


async def test_what_goes_wrong_is_told_by_its_sample(samples):
    folder = samples(
        speech=["do raise", "do nonsense", "do open", "do import", "nothing", "do slow"],
        silence=["do well", "do recurse"],
    )
    outcome = await tried(OwnScanner(path=str(MISBEHAVES)), Setup(), folder)
    told = dict(problem.split(": ", 1) for problem in outcome.problems)

    assert set(told) == {
        *(f"speech/{name}.txt" for name in ("do-raise", "do-nonsense", "do-open", "do-import")),
        "speech/nothing.txt",
        "speech/do-slow.txt",
        "silence/do-recurse.txt",
    }
    assert told["speech/do-raise.txt"].startswith("KeyError")
    assert told["speech/do-nonsense.txt"] == "Nonsense: no finding, but 'nonsense'"
    for late in ("open", "import"):
        assert told[f"speech/do-{late}.txt"].endswith("at the top of the file, or in `setup`)")
    assert told["speech/nothing.txt"] == "nothing is found in it"
    assert told["speech/do-slow.txt"].endswith("more than 1 s is too long for one part")
    assert outcome.seconds > SLOW_SECONDS
    assert outcome.slowest == "speech/do-slow.txt"
    assert not outcome.to_json()["sound"]


async def test_one_that_ends_its_worker_again_and_again_is_told_enough_of(samples):
    folder = samples(speech=["do crash", "do die", "do exec", "do hang"], silence=["do hang"])
    outcome = await tried(OwnScanner(path=str(MISBEHAVES)), Setup(), folder)

    died = "the worker died, in misbehaves on part 0"
    assert outcome.problems == [
        f"speech/do-crash.txt: {died}",
        f"speech/do-die.txt: {died}",
        f"speech/do-exec.txt: {died}",
        "the trial ends: it has ended 3 workers",
    ]


WRITTEN = """
from pratique.scanners.v1 import Finding, Limits

class Own:
    name = "own"
    kept = []

    def scan(self, part):
        {deed}
"""


@pytest.fixture
def own(tmp_path):
    def one(deed):
        file = tmp_path / "own.py"
        file.write_text(WRITTEN.format(deed=deed))
        return OwnScanner(path=str(file))

    return one


async def test_one_that_keeps_what_it_is_shown_is_told_how_much(own):
    outcome = await tried(own("self.kept.append(part.octets)"), Setup(), None)
    (problem,) = outcome.problems
    assert problem.startswith("memory: it keeps ")
    assert problem.endswith(" of 19 MB that it was shown")
    assert 8 * 1024**2 < outcome.grown < 80 * 1024**2


async def test_what_is_not_wanted_says_so_and_silence_may_know_something(own, samples):
    folder = samples(speech=["a"], silence=["b"])
    said = 'return [Finding("A", "malicious" if part.name == "b.txt" else "information")]'
    outcome = await tried(own(said), Setup(), folder)
    assert outcome.problems == ["silence/b.txt: found in it, where nothing should be: A"]

    outcome = await tried(own("return\n    limits = Limits(kinds=('image',))"), Setup(), folder)
    (problem,) = outcome.problems
    assert problem.startswith("speech/a.txt: nothing is found in it (it is of the kind 'text'")


async def test_one_that_cannot_be_loaded_is_told_by_the_nursery(own):
    with pytest.raises(NurseryUnfit, match=r"own\.py:9: it does not import: SyntaxError"):
        await tried(own("return )"), Setup(), None)


async def test_what_it_prints_is_not_said_to_whoever_started_it(own, capfd):
    await tried(own("print('noise of its own')\n\nprint('at its import')"), Setup(), None)
    assert "noise" not in capfd.readouterr().out


async def test_all_that_look_at_mail_are_listed_ours_and_others(tmp_path):
    shutil.copy(EXAMPLES / "overdue.py", tmp_path)
    listed = await loaded(Setup(own_scanners=[OwnScanner(path=str(tmp_path))]))
    own = [one for one in listed if one.is_own]

    assert [(one.name, one.file) for one in own] == [("overdue", str(tmp_path / "overdue.py"))]
    assert own[0].wants == "wants text, html, up to 1000000 octets, 100 findings a part"
    assert {"filetype", "yara", "bounce"} < {one.name for one in listed if not one.is_own}


def test_a_folder_is_tried_file_by_file(tmp_path):
    for name in ("b.py", "a.py", "_c.py", "d.txt"):
        (tmp_path / name).touch()
    found = all_of([OwnScanner(path=str(tmp_path)), OwnScanner(name="x", distribution="y")])
    assert [Path(one.path).name or one.name for one in found] == ["a.py", "b.py", "x"]
