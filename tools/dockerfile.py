"""Read a Dockerfile: its stages, and what each of their instructions asks for.

Only what can be carried out without a container engine is known here (`KNOWN`); any
other instruction, option or directive is refused with its line, since a step that is
skipped in silence would make a trial of the Dockerfile worth nothing.  The format is
that of Docker's "Dockerfile reference".
"""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

# Those that change the image or say how it starts.  EXPOSE says something to people only.
KNOWN = frozenset("FROM RUN COPY ENV ARG WORKDIR USER CMD EXPOSE".split())


class Refused(Exception):
    """An instruction that cannot be carried out here."""


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction: the line it begins at, its word, and what follows."""

    line: int
    word: str
    rest: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One FROM and what stands below it."""

    name: str
    source: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """What one COPY copies: from the checkout, or out of an earlier stage."""

    sources: tuple[str, ...]
    target: str
    stage: str = ""


@dataclass(slots=True)
class Start:
    """What an image knows besides its files: how commands in it are run."""

    user: str = "root"
    folder: str = "/"
    command: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def steps_of(text: str) -> list[Step]:
    """Join continued lines and drop comments; refuse what is not known."""
    found: list[Step] = []
    begin, words = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if re.match(r"#\s*(syntax|escape|check)\s*=", stripped):
            raise Refused(f"line {number}: directives are not known here: {stripped}")
        if stripped.startswith("#") or not stripped:
            continue
        begin = begin or number
        words += stripped.removesuffix("\\")
        if not stripped.endswith("\\"):
            found.append(_step(begin, words))
            begin, words = 0, ""
    if words:
        raise Refused(f"line {begin}: ends in the middle of an instruction")
    return found


def _step(line: int, words: str) -> Step:
    word, _, rest = words.partition(" ")
    word, rest = word.upper(), rest.strip()
    if word not in KNOWN:
        raise Refused(f"line {line}: {word} is not known here")
    if rest.startswith("--") and not (word == "COPY" and rest.startswith("--from=")):
        raise Refused(f"line {line}: {word} {rest.split()[0]} is not known here")
    if word in {"RUN", "COPY"} and "<<" in rest:
        raise Refused(f"line {line}: here-documents are not known here")
    if "$" in rest and word in {"FROM", "COPY", "USER", "WORKDIR"}:
        raise Refused(f"line {line}: variables in {word} are not known here")
    return Step(line, word, rest)


def stages_of(text: str) -> list[Stage]:
    """The stages, in their order."""
    found: list[Stage] = []
    for step in steps_of(text):
        if step.word == "FROM":
            match = re.fullmatch(r"(\S+)(?:\s+AS\s+(\S+))?", step.rest, re.IGNORECASE)
            if match is None:
                raise Refused(f"line {step.line}: FROM {step.rest}")
            found.append(Stage(match[2] or str(len(found)), match[1], ()))
        elif not found:
            raise Refused(f"line {step.line}: {step.word} stands before the first FROM")
        else:
            last = found[-1]
            found[-1] = Stage(last.name, last.source, (*last.steps, step))
    return found


def needed(stages: list[Stage], target: str) -> list[Stage]:
    """The stages that a target is made of, itself last.  Raises Refused."""
    by_name = {stage.name: stage for stage in stages}
    if target not in by_name:
        raise Refused(f"no stage is called {target}; there are {', '.join(by_name)}")
    stage = by_name[target]
    earlier = [copy_of(step).stage for step in stage.steps if step.word == "COPY"]
    found: list[Stage] = []
    for name in [stage.source, *earlier]:
        if name in by_name:
            found += [one for one in needed(stages, name) if one not in found]
    return [*found, stage]


def copy_of(step: Step) -> Copy:
    """What a COPY copies."""
    words = shlex.split(step.rest)
    stage = ""
    if words[0].startswith("--from="):
        stage = words.pop(0).removeprefix("--from=")
    if len(words) < 2:
        raise Refused(f"line {step.line}: COPY {step.rest}")
    if len(words) > 2 and not words[-1].endswith("/"):
        raise Refused(f"line {step.line}: several files go into a folder, with a / at its end")
    return Copy(tuple(words[:-1]), words[-1], stage)


def settle(start: Start, step: Step) -> None:
    """Write down what an instruction says about how commands are run."""
    match step.word:
        case "ENV" | "ARG":
            for pair in shlex.split(step.rest):
                name, equals, value = pair.partition("=")
                if not equals:
                    raise Refused(f"line {step.line}: write {step.word} {name}=VALUE")
                start.environment[name] = value
        case "WORKDIR":
            start.folder = str(PurePosixPath(start.folder, step.rest))
        case "USER":
            start.user = step.rest
        case "CMD":
            start.command = tuple(_list(step))


def _list(step: Step) -> list[str]:
    try:
        command = json.loads(step.rest)
    except json.JSONDecodeError as error:
        raise Refused(f"line {step.line}: write CMD as a list of words: {error}") from error
    return [str(word) for word in command]


def left_out(ignore: str, source: str) -> bool:
    """Tell whether .dockerignore keeps a file from the engine; the last line that fits counts."""
    verdict = False
    for line in ignore.splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        path = PurePosixPath(source)
        if any(one.match(pattern) for one in (path, *path.parents) if one.parts):
            verdict = not line.strip().startswith("!")
    return verdict


def read(path: Path) -> list[Stage]:
    """The stages of a file."""
    return stages_of(path.read_text("utf-8"))
