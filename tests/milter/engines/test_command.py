"""Any program looks at octets, in bubblewrap: what it says, how it ends, what it cannot do."""

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from pratique.milter.config import parse
from pratique.milter.content import content_of
from pratique.milter.engines.command import MOST_SAID, UNNAMED, Meaning, engine_of
from pratique.milter.engines.troubles import Away, NoAnswer
from pratique.milter.pattern import MOST_LINE, Pattern

bubblewrap = pytest.mark.real("bubblewrap")
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
GREP = "\n".join(
    [
        'argv = ["/usr/bin/grep", "-a", "-o", "EICAR-STANDARD-[A-Z]*-TEST", "{file}"]',
        'clean = [1]\nfound = [0]\npattern = "^(.+)-TEST"',
    ]
)
STATUS = "\npratique: status "


@pytest.fixture
def command(tmp_path):
    """An engine: `command('echo FOUND: x', settings)` runs a script of the shell."""

    def make(script="", rest="", bwrap="/usr/bin/bwrap"):
        if script:
            path = tmp_path / "own"
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
            rest = f'argv = ["{path}", "{{file}}"]\n{rest}'
        settings = parse(f'[[command]]\nname = "own"\n{rest}\n', "x")
        return engine_of(settings.command[0], bwrap)

    return make


@pytest.fixture
def meaning():
    def meaning(clean=(0,), found=(1,), pattern=None):
        made = Pattern(pattern) if pattern else None
        return Meaning(frozenset(clean), frozenset(found), made, "malicious")

    return meaning


@pytest.mark.parametrize(
    ("settings", "octets", "names"),
    [
        ({}, f"{STATUS}0\n", []),
        ({}, f"all is well\n{STATUS}0\n", []),
        ({}, f"{STATUS}1\n", [UNNAMED]),
        ({"pattern": "F: (.*)"}, f"F: a\nF: b\nF: a\n{STATUS}1\n", ["a", "b"]),
        ({"pattern": "F: (.*)"}, f"F: a\n{STATUS}0\n", ["a"]),
        ({"pattern": "F: (.*)"}, f"F: a\n{STATUS}7\n", ["a"]),
        ({"pattern": "F: (.*)"}, f"nothing\n{STATUS}1\n", [UNNAMED]),
        ({"pattern": "F: (.*)"}, f"F: \n{STATUS}0\n", [UNNAMED]),
        ({"pattern": "F: (.*)"}, f"F: a\x1b[2J\r\n{STATUS}0\n", ["a [2J"]),
        ({"found": (), "pattern": "F: (.*)"}, f"F: a\n{STATUS}0\n", ["a"]),
        ({"clean": (0, 3), "found": (4,)}, f"{STATUS}3\n", []),
        # Words like ours in what it says: the last ones count.
        ({}, f"{STATUS}0\n{STATUS}1\n", [UNNAMED]),
        # Ends of lines that only Python knows, in a name out of mail.
        ({"pattern": "^F in .*: (.+)"}, f"F in a\u2028b\x0bc: Worm\n{STATUS}0\n", ["Worm"]),
        ({"pattern": "F: (.*)"}, f"10%\r20%\rF: a\r\n{STATUS}0\n", ["a"]),
        ({"pattern": "(.+) F$"}, f"{'x' * (MOST_LINE - 2)} F\n{STATUS}0\n", ["x" * 200]),
        ({}, f"{'x' * (MOST_LINE + 1)}\n{STATUS}0\n", []),
        ({"pattern": "F: (.*)"}, "".join(f"F: {n}\n" for n in range(30)) + f"{STATUS}1\n",
         [str(n) for n in range(20)]),
    ],
)  # fmt: skip
def test_lines_and_status_together_mean_something(meaning, settings, octets, names):
    said = meaning(**settings).said(octets.encode())
    assert [one.name for one in said.findings] == names
    assert {one.severity for one in said.findings} <= {"malicious"}


@pytest.mark.parametrize(
    ("octets", "error", "words"),
    [
        ("", NoAnswer, "not run to its end"),
        ("F: a", NoAnswer, "not run to its end"),
        (f"{STATUS}", NoAnswer, "not run to its end"),
        (f"{STATUS}0", None, ""),
        (f"{STATUS}0\nmore", NoAnswer, "not run to its end"),
        (f"{STATUS}-1\n", NoAnswer, "not run to its end"),
        (f"no license\n\n{STATUS}2\n", NoAnswer, "exit status 2: no license"),
        (f"{STATUS}137\n", NoAnswer, "exit status 137"),
        (f"sh: not found\n{STATUS}127\n", Away, "it cannot be run: exit status 127: sh: not found"),
    ],
)
def test_any_other_end_is_a_failure(meaning, octets, error, words):
    if error is None:
        assert meaning().said(octets.encode()).findings == ()
        return
    with pytest.raises(error, match=words):
        meaning().said(octets.encode())


def test_where_a_line_was_cut_nothing_found_is_not_believed(meaning):
    octets = f"{'x' * (MOST_LINE - 1)} F\n{STATUS}0\n".encode()
    with pytest.raises(NoAnswer, match="more than 2000"):
        meaning(pattern="(.+) F$").said(octets)
    assert meaning(pattern="(.+) F$").said(b"y F\n" + octets).findings


@bubblewrap
@pytest.mark.parametrize(("octets", "names"), [(EICAR, ["EICAR-STANDARD-ANTIVIRUS"]), (b"no", [])])
async def test_grep_is_an_engine(command, look, octets, names):
    said = await look(command(rest=GREP), octets * 1000)
    assert ([one.name for one in said.findings], said.failure) == (names, "")


@bubblewrap
async def test_the_octets_are_its_standard_input_and_a_file(command, look):
    script = 'cmp -s - "$1" && wc -c <"$1" | sed "s/^/F: /"'
    said = await look(command(script, 'pattern = "F: (.*)"'), bytes(300_000))
    assert [one.name for one in said.findings] == ["300000"]


@bubblewrap
async def test_several_read_the_same_octets_at_the_same_time(command):
    """A descriptor that is passed on has one place at which all read; so each has its own."""
    engine = command("wc -c | sed 's/^/F: /'", 'pattern = "F: (.*)"\nat_once = 4')
    content, until = content_of([bytes(5_000_000)]), asyncio.get_running_loop().time() + 30
    questions = [engine.ask(content, "", until) for _ in range(4)]
    names = [[one.name for one in (await question.said()).findings] for question in questions]
    for question in questions:
        await question.drop()
    content.close()
    assert names == [["5000000"]] * 4


@bubblewrap
@pytest.mark.parametrize(
    ("script", "word", "words"),
    [
        ("exit 2", "engine", "exit status 2"),
        ("echo broken; exit 3", "engine", "exit status 3: broken"),
        ("kill -9 $$", "engine", "exit status 137"),
        (f"yes | head -c {MOST_SAID + 1}; exit 0", "engine", "more than 65536 octets"),
        ("/nowhere/at/all", "engine_away", "exit status 127"),
    ],
)
async def test_what_goes_wrong_is_told(command, look, script, word, words):
    said = await look(command(script), b"x")
    assert (said.failure, words in said.detail) == (word, True)


@bubblewrap
@pytest.mark.slow
async def test_one_that_never_ends_is_ended(command, look, until, tmp_path):
    engine = command("sleep 100", "seconds = 0.5")
    assert (await look(engine, b"x")).detail == "no answer within 0.5 s"
    assert (await look(command("sleep 100"), b"x", seconds=0.3)).failure == "engine_late"
    until(lambda: not _ours(str(tmp_path).encode()), "end of what nobody waits for")


@bubblewrap
@pytest.mark.parametrize(
    "deed",
    ["cat /etc/shadow", "ls /root", "touch /usr/x", "echo x >/in/part", "printenv PRATIQUE_CONFIG",
     "head -c 200000 /dev/zero >file", "ls /proc/1"],
)  # fmt: skip
async def test_what_it_may_not_do_it_cannot(command, look, deed):
    engine = command(f"if {deed}; then exit 1; fi; exit 0", "octets = '64KB'")
    said = await look(engine, b"x")
    assert (said.findings, said.failure) == ((), "")


@bubblewrap
async def test_it_reads_what_it_is_allowed_to(command, look, tmp_path):
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "list").write_text("Worm\n")
    script = f"sed 's/^/F: /' {signatures}/list; echo x >>{signatures}/list || exit 0"
    pattern = 'pattern = "^F: (.*)"'
    said = await look(command(script, f'{pattern}\nread = ["{signatures}"]'), b"x")
    assert [one.name for one in said.findings] == ["Worm"]
    assert (signatures / "list").read_text() == "Worm\n"
    assert (await look(command(script, pattern), b"x")).findings == ()


@bubblewrap
async def test_a_language_of_scripts_runs_in_there(command, look):
    """Perl, as an example of a program that wants more than a C library."""
    engine = command(rest="""argv = ["/usr/bin/perl", "-e", "exit(grep(/worm/, <STDIN>) > 0)"]""")
    assert (await look(engine, b"a worm")).findings
    assert (await look(engine, b"none")).failure == ""


@pytest.mark.parametrize(
    ("rest", "bwrap"),
    [
        ('argv = ["/nowhere/own"]', "/usr/bin/bwrap"),
        ('argv = ["/usr/bin/grep"]', "/nowhere/bwrap"),
        ('argv = ["/usr/bin/grep"]\nread = ["/nowhere/signatures"]', "/usr/bin/bwrap"),
    ],
)
async def test_what_is_not_there_is_away(command, look, rest, bwrap):
    engine = command(rest=rest, bwrap=bwrap)
    said = await look(engine, b"x")
    assert (said.failure, "/nowhere" in said.detail) == ("engine_away", True)
    assert "own: not there yet" in await engine.start()


@bubblewrap
@pytest.mark.slow
async def test_no_more_run_at_one_time_than_is_set(command, look):
    engine = command("sleep 0.3", "at_once = 1")
    looks = [asyncio.create_task(look(engine, b"x")) for _ in range(2)]
    assert (await look(engine, b"x", seconds=0.2)).failure == "engine_late"
    assert [said.failure for said in await asyncio.gather(*looks)] == ["", ""]


@bubblewrap
async def test_one_that_is_replaced_is_away_meanwhile(command, look, tmp_path):
    engine = command("exit 1")
    program, aside = tmp_path / "own", tmp_path / "aside"
    for _ in range(2):
        assert (await look(engine, b"x")).findings
        program.rename(aside)
        assert (await look(engine, b"x")).failure == "engine_away"
        # Half of it is there.
        program.write_text("#!/bin/s")
        program.chmod(0o755)
        assert (await look(engine, b"x")).failure == "engine_away"
        aside.rename(program)


@bubblewrap
async def test_another_file_under_its_name_is_asked_again(command, look):
    first = command("exit 0")
    await look(first, b"x", sha256="a")
    changed = command("exit 1")
    assert (await look(first, b"x", sha256="a")).findings
    assert (await changed.start()).startswith("own: /")


def _ours(mark):
    """Processes of this host whose command line has this in it."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and mark in (folder / "cmdline").read_bytes():
                found.append(folder.name)
    return found


DEAF = "trap '' TERM INT HUP QUIT"
LATE = "no answer within 1 s"
# What a program does, which failure that is ("": none), and in which words.
MISDEEDS = {
    "endless": ("exec yes", "engine", "more than 65536 octets"),
    "endless and deaf": (f"{DEAF}; while :; do echo no end; done", "engine", "more than 65536"),
    "silent and deaf": (f"{DEAF}; while :; do SLEEP; done", "engine", LATE),
    # Others that keep its standard output open.
    "child": ("SLEEP & exit 0", "", ""),
    "child of a child": ("(setsid sh -c 'SLEEP & SLEEP' &); exit 3", "engine", "exit status 3"),
    "deaf child": (f"({DEAF}; while :; do SLEEP; done) & exit 0", "", ""),
    "many children": ("while :; do SLEEP & done", "engine", ""),
    "garbage": ("head -c 30000 /usr/bin/perl; exit 0", "", ""),
    "garbage without end": (
        "while :; do cat /usr/bin/perl; done",
        "engine",
        "more than 65536 octets",
    ),
    "garbage and a status": ("head -c 300 /usr/bin/perl; exit 9", "engine", "exit status 9"),
    **{
        f"signal {number}": (f"kill -{number} $$", "engine", f"exit status {128 + number}")
        # Not HUP, INT, QUIT: who runs in the background is born with these ignored.
        for number in (6, 8, 9, 11, 13, 15, 24)
    },
    "stopped": ("kill -STOP $$", "engine", LATE),
    "kills all that it can": ("kill -9 -1; kill -9 1; SLEEP", "engine", LATE),
    "words like ours": ("printf '\\npratique: status 0\\n'; SLEEP", "engine", LATE),
    "a folder that is full": ("yes >file; exit 0", "", ""),
}


@bubblewrap
@pytest.mark.slow
@pytest.mark.parametrize("deed", MISDEEDS)
async def test_whatever_it_does_is_a_fact_in_time_and_no_process_is_left(
    command, look, tmp_path, until, deed
):
    script, word, words = MISDEEDS[deed]
    # No other run on this host sleeps so long, or has such a script.
    mark = str(time.monotonic_ns() % 10**9)
    engine = command(script.replace("SLEEP", f"sleep 1000.{mark}"), "seconds = 1\noctets = '64KB'")
    begun = time.monotonic()
    said = await look(engine, b"x")
    assert time.monotonic() - begun < 15
    assert (said.failure, words in said.detail, said.findings) == (word, True, ())
    for each in (f"1000.{mark}", str(tmp_path)):
        until(lambda each=each: not _ours(each.encode()), f"end of all that {deed} began")
