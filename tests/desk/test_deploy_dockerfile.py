"""The reader of the Dockerfile: it knows what it carries out, and refuses all else."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READER = runpy.run_path(str(ROOT / "tools/dockerfile.py"))
Refused, Start = READER["Refused"], READER["Start"]
stages_of, steps_of, copy_of = READER["stages_of"], READER["steps_of"], READER["copy_of"]
needed, settle, left_out = READER["needed"], READER["settle"], READER["left_out"]

OURS = stages_of((ROOT / "Dockerfile").read_text("utf-8"))
IGNORE = (ROOT / ".dockerignore").read_text("utf-8")


def test_our_dockerfile_has_the_images_of_docker_compose():
    assert [stage.name for stage in OURS] == ["build", "pratique", "postfix", "clamd", "mailbox"]


def test_all_our_images_are_debian_and_name_no_registry():
    assert {stage.source for stage in OURS} == {"debian:bookworm-slim"}


def test_the_image_that_runs_has_no_compiler():
    (pratique,) = [stage for stage in OURS if stage.name == "pratique"]
    installed = [step.rest for step in pratique.steps if step.word == "RUN"]
    assert installed
    tools = re.compile(r"\b(gcc|g\+|python3-dev|libc6-dev)(?!\w)")
    assert [one for one in installed if tools.search(one)] == []


@pytest.mark.parametrize("name", ["pratique", "clamd", "mailbox"])
def test_what_needs_no_root_has_none(name):
    (stage,) = [stage for stage in OURS if stage.name == name]
    assert [step.rest for step in stage.steps if step.word == "USER"] != []


def test_what_is_copied_is_there_and_sent_to_the_engine():
    copies = [copy_of(step) for stage in OURS for step in stage.steps if step.word == "COPY"]
    sources = [source for copy in copies if not copy.stage for source in copy.sources]
    assert "src" in sources
    assert [one for one in sources if not (ROOT / one).exists() or left_out(IGNORE, one)] == []


def test_continued_lines_are_one_instruction_and_comments_are_none():
    text = "# first\nFROM a AS b\nRUN one \\\n    # between\n    && two\n\nUSER c\n"
    steps = [(step.line, step.word, step.rest) for step in steps_of(text)]
    assert [(line, word) for line, word, _ in steps] == [(2, "FROM"), (3, "RUN"), (7, "USER")]
    assert steps[1][2].split() == ["one", "&&", "two"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FROM a\nADD b c", "line 2: ADD is not known"),
        ("FROM a\nHEALTHCHECK CMD x", "line 2: HEALTHCHECK is not known"),
        ("FROM a\nONBUILD RUN x", "line 2: ONBUILD is not known"),
        ("FROM --platform=x a", "line 1: FROM --platform=x is not known"),
        ("FROM a\nRUN --mount=type=cache x", "line 2: RUN --mount=type=cache is not known"),
        ("FROM a\nCOPY --chown=b c d", "line 2: COPY --chown=b is not known"),
        ("FROM a\nRUN <<END\nx\nEND", "line 2: here-documents"),
        ("# syntax=docker/dockerfile:1\nFROM a", "line 1: directives"),
        ("FROM a\nUSER $WHO", "line 2: variables"),
        ("RUN x", "line 1: RUN stands before"),
        ("FROM a b c", "line 1: FROM a b c"),
        ("FROM a\nRUN x \\", "line 2: ends in the middle"),
    ],
)
def test_what_it_does_not_know_is_refused_with_its_line(text, said):
    with pytest.raises(Refused, match=re.escape(said)):
        stages_of(text)


def test_a_stage_needs_those_that_it_is_made_of_first():
    stages = stages_of("FROM x AS a\nFROM a AS b\nFROM x AS c\nFROM x AS d\nCOPY --from=b /f /f\n")
    assert [stage.name for stage in needed(stages, "d")] == ["a", "b", "d"]
    with pytest.raises(Refused, match="no stage is called e; there are a, b, c, d"):
        needed(stages, "e")


@pytest.mark.parametrize("rest", ["one", "one two three"])
def test_a_copy_that_does_not_say_where_to_is_refused(rest):
    (step,) = steps_of(f"COPY {rest}")
    with pytest.raises(Refused):
        copy_of(step)


def test_a_copy_out_of_another_stage_says_which():
    (step,) = steps_of("COPY --from=build /a /b")
    copy = copy_of(step)
    assert (copy.stage, copy.sources, copy.target) == ("build", ("/a",), "/b")


def test_what_later_commands_run_with_is_what_was_said_last():
    start = Start()
    text = 'ENV A=1 B="two words"\nWORKDIR /x\nWORKDIR y\nUSER z\nCMD ["a", "b c"]\nEXPOSE 25\n'
    for step in steps_of(text):
        settle(start, step)
    assert start.environment == {"A": "1", "B": "two words"}
    assert (start.folder, start.user, start.command) == ("/x/y", "z", ("a", "b c"))


@pytest.mark.parametrize("text", ["ENV A 1", "CMD a b"])
def test_old_spellings_are_refused(text):
    (step,) = steps_of(text)
    with pytest.raises(Refused):
        settle(Start(), step)


@pytest.mark.parametrize(
    ("source", "out"),
    [("src", False), ("src/pratique/__init__.py", False), ("var", True), (".venv/bin", True)],
)
def test_dockerignore_leaves_out_all_but_what_it_names(source, out):
    assert left_out("# why\n*\n!src\n**/__pycache__\n", source) is out
