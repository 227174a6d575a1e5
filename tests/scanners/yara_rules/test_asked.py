"""A process apart is asked, and whatever becomes of it is told with a file's name."""

import sys

import pytest

from pratique.scanners.yara_rules.asked import asking, compiled, one_by_one
from pratique.scanners.yara_rules.sources import TOLD, WrongRules

FINE = "rule a { condition: true }"
# In place of ours: it announces a file, and what its name says becomes of it.
FAKE = (
    sys.executable,
    "-I",
    "-c",
    """
import json, os, signal, sys, time
order = json.load(sys.stdin)
for name in order["sources"]:
    print(json.dumps({"began": name}), flush=True)
    if name == "crash": os.kill(os.getpid(), signal.SIGSEGV)
    if name == "late": signal.alarm(0), os.kill(os.getpid(), signal.SIGALRM)
    if name == "status": sys.exit(3)
    if name == "stuck": signal.pause()
    print(json.dumps({"file": name, "line": 1, "level": "error", "message": "seen"}), flush=True)
""",
)


def told(*names, **options):
    order = {"do": "each", "seconds": 5}
    stated = one_by_one(order, dict.fromkeys(names, ""), command=FAKE, **options)
    return [(one["file"], one["message"]) for one in stated]


def test_sets_are_compiled_side_by_side():
    octets = compiled([{"one": FINE}, {"two": FINE}])
    assert [each[:4] for each in octets] == [b"YARA"] * 2


def test_all_broken_files_are_told_and_not_only_the_first():
    sets = [{"/x/a.yar": "rule a {\n condition: b }", "/x/b.yar": FINE}, {"/x/c.yar": "rule"}]
    with pytest.raises(WrongRules) as raised:
        compiled(sets)
    lines = str(raised.value).splitlines()
    assert lines[0] == 'rule file /x/a.yar:2: undefined identifier "b"'
    assert lines[1].startswith("rule file /x/c.yar:1: syntax error")
    assert len(lines) == 2


@pytest.mark.parametrize("more", [0, 1])
def test_no_more_than_so_many_are_told(more):
    broken = {f"/x/{number}.yar": "rule" for number in range(TOLD + more)}
    with pytest.raises(WrongRules) as raised:
        compiled([broken])
    lines = str(raised.value).splitlines()
    assert len(lines) == TOLD + more
    assert (lines[-1] == "and 1 files more") is bool(more)


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("crash", r"YARA died of it \(SIGSEGV\)"),
        ("late", "it is not done after 3 seconds"),
        ("status", "YARA ended with the status 3"),
    ],
)
def test_a_set_of_which_a_compiler_dies_is_refused_in_words(deed, words):
    order = {"sources": {deed: FINE}}
    with pytest.raises(WrongRules, match=f"^rules: {words}, and each file by itself compiles$"):
        compiled([order["sources"]], seconds=3, command=FAKE)


def test_a_file_that_ends_the_process_is_told_and_those_behind_it_are_asked_about():
    assert told("one", "crash", "two", "late", "status", "three") == [
        ("one", "seen"),
        ("crash", "YARA died of it (SIGSEGV)"),
        ("two", "seen"),
        ("late", "it is not done after 5 seconds"),
        ("status", "YARA ended with the status 3"),
        ("three", "seen"),
    ]


def test_what_cannot_be_found_out_in_time_is_left():
    assert told("one", "stuck", "two", within=1.0) == [("one", "seen")]


def test_whoever_asks_no_longer_leaves_nothing_behind():
    with asking({"sources": {"stuck": ""}, "seconds": 5}, FAKE) as asked:
        pass
    assert asked.process.returncode == -9
    assert asked.answer.closed
