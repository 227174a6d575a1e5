"""Hold the house to its rules: sizes, names, maps, links, and who may import whom.

A rule that nobody checks is a wish.  There is no list of exceptions here; what a rule
does not apply to (generated code, Alembic's scripts) is told by a rule as well.
"""

import ast
import itertools
import keyword
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FileDescriptor

from pratique.scanners import facts_pb2, wall_pb2

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "src/pratique"
FOLDERS = "src", "tests", "tools", "bench", "docs", "deploy", "examples", ".ci"
MADE_BY_TOOLS = {"__pycache__", "build", "dist"}

FILE_LINES, FUNCTION_LINES, ARGUMENTS = 400, 40, 5

# Design, "Words": what these say is always said better by another word.
NEVER = {"payload", "manager", "helper", "helpers", "util", "utils", "misc", "tempfail"}
NEVER_ALONE = {"data", "item", "info", "handle", "base", "common", "sender"}

# Reserved in the Common Expression Language (its language definition, "Syntax").
CEL = set(
    "as break const continue else false for function if import in let loop namespace null"
    " package return true var void while".split()
)


def written() -> list[Path]:
    """Every file that a person wrote, this folder's own caches and generated code apart."""
    found = [path for name in FOLDERS for path in sorted((ROOT / name).rglob("*"))]
    found += [path for path in sorted(ROOT.iterdir()) if not path.is_symlink()]
    return [
        path
        for path in found
        if path.is_file() and not MADE_BY_TOOLS & set(path.parts) and "_pb2.py" not in path.name
    ]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def scripts_of_alembic(path: Path) -> bool:
    return "migrations" in path.parts


FILES = written()
PYTHON = [path for path in FILES if path.suffix == ".py"]
SOURCES = [path for path in PYTHON if path.is_relative_to(HOUSE)]
TREES = {path: ast.parse(path.read_text("utf-8")) for path in PYTHON}
each_python_file = pytest.mark.parametrize("path", PYTHON, ids=name)
each_source = pytest.mark.parametrize("path", SOURCES, ids=name)


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = ast.FunctionDef, ast.AsyncFunctionDef
    return [node for node in ast.walk(TREES[path]) if isinstance(node, kinds)]


def runs(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function does more than to stand in a Protocol."""
    nothing = ast.Expr, ast.Pass
    return not all(isinstance(statement, nothing) for statement in function.body)


# What holds nouns only (dataclasses without code, Protocols) has nothing to test.
MODULES = [
    path
    for path in SOURCES
    if path.name not in {"__init__.py", "__main__.py"}
    and not scripts_of_alembic(path)
    and any(runs(function) for function in functions(path))
]


def test_there_is_a_house_to_look_at():
    assert len(SOURCES) > 10
    assert len(MODULES) > 5


# Each file


@each_python_file
def test_a_file_begins_with_a_sentence_that_says_what_it_is_for(path):
    text = ast.get_docstring(TREES[path])
    assert text, "no docstring"
    first = text.split("\n\n")[0]
    assert first[0].isupper() or not first[0].isalpha()
    assert re.search(r"[.:]$", first), "the first paragraph is no sentence"
    assert len(first.split()) >= 4


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.suffix in {".sh", ".proto", ".yar"}], ids=name
)
def test_a_file_of_another_language_begins_with_a_comment(path):
    lines = [line for line in path.read_text("utf-8").split("\n") if not line.startswith("#!")]
    assert lines[0].startswith(("# ", "// ", "/*"))


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix in {".py", ".sh"}], ids=name)
def test_a_file_stays_short(path):
    assert len(path.read_text("utf-8").splitlines()) <= FILE_LINES


@each_python_file
def test_functions_stay_short(path):
    sizes = {one.name: one.end_lineno - one.lineno + 1 for one in functions(path)}
    assert {who: lines for who, lines in sizes.items() if lines > FUNCTION_LINES} == {}


def is_command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether click calls this function: its arguments are a command's options."""
    return any("command" in ast.unparse(each) for each in function.decorator_list)


@each_source
def test_functions_take_few_arguments(path):
    counted = {}
    for one in functions(path):
        given = [*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs]
        count = len([each for each in given if each.arg not in {"self", "cls"}])
        if count > ARGUMENTS and not is_command(one):
            counted[one.name] = count
    assert counted == {}


def names_of(tree: ast.Module) -> set[str]:
    """Every name that a file gives to something."""
    given = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=said) | ast.AsyncFunctionDef(name=said):
                given.add(said)
            case ast.ClassDef(name=said) | ast.arg(arg=said):
                given.add(said)
            case ast.Name(id=said, ctx=ast.Store()) | ast.Attribute(attr=said, ctx=ast.Store()):
                given.add(said)
    return given


@each_source
def test_names_say_what_a_thing_is(path):
    given = {one.strip("_").lower() for one in names_of(TREES[path]) | {path.stem}}
    assert given & NEVER_ALONE == set()
    assert "process" not in {one.name for one in functions(path)}
    assert {one for one in given if NEVER & set(one.split("_"))} == set()


# The tree


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_each_module_has_its_test_file(path):
    """At the same place in the tree, or in walk/ if it only makes sense with real workers."""
    mirror = ROOT / "tests" / path.relative_to(HOUSE)
    places = mirror.parent, ROOT / "tests/walk"
    assert any((place / f"test_{path.name}").is_file() for place in places)


def rooms() -> list[tuple[Path, Path]]:
    """Each folder of modules, and the file with its map."""
    folders = sorted({path.parent for path in SOURCES if not scripts_of_alembic(path)} - {HOUSE})
    milter = HOUSE / "milter"
    maps = [HOUSE if folder == milter else folder for folder in folders]
    return [(folder, at / "__init__.py") for folder, at in zip(folders, maps, strict=True)]


@pytest.mark.parametrize(("folder", "room"), rooms(), ids=name)
def test_the_map_of_a_room_names_all_that_is_in_it(folder, room):
    drawn = room.read_text("utf-8")
    here = {path.stem for path in folder.iterdir() if not path.name.startswith(("_", "."))}
    here = {one for one in here if not one.endswith("_pb2")}
    assert {one for one in here if not re.search(rf"\b{re.escape(one)}\b", drawn)} == set()


def test_each_folder_of_modules_is_a_package_since_import_linter_sees_no_other():
    folders = {path.parent for path in SOURCES if not scripts_of_alembic(path)}
    bare = {folder for folder in folders if not (folder / "__init__.py").exists()}
    assert bare == {HOUSE / "milter"}


def test_milter_never_becomes_a_package_of_its_own():
    assert not (HOUSE / "milter/__init__.py").exists()


@pytest.mark.slow
@pytest.mark.parametrize("how", [["-c", "import milter, Milter; print(milter.__file__)"]])
def test_at_the_root_milter_is_still_the_module_of_pymilter(how):
    done = subprocess.run(
        [sys.executable, *how], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip().endswith(".so")


@pytest.mark.parametrize("room", ["milter", "policies", "scanners"])
def test_the_rooms_at_the_top_are_relative_links(room):
    assert (ROOT / room).readlink() == Path(f"src/pratique/{room}")
    assert (ROOT / room).is_dir()


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["import scanners", "from policies import policy", "import pickle"]
)
def test_ruff_refuses_a_second_copy_of_a_room(line):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", "src/pratique/new.py", "-"],
        input=f'"""Try an import."""\n\n{line}\n',
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert "TID251" in done.stdout


# The facts


def fields(file: FileDescriptor) -> list[str]:
    found, messages = [], list(file.message_types_by_name.values())
    while messages:
        message: Descriptor = messages.pop()
        found += [field.name for field in message.fields]
        messages += message.nested_types
    return found


@pytest.mark.parametrize("file", [facts_pb2.DESCRIPTOR, wall_pb2.DESCRIPTOR], ids=lambda f: f.name)
def test_no_field_bears_a_keyword(file):
    assert len(fields(file)) > 10
    assert {one for one in fields(file) if keyword.iskeyword(one) or one in CEL} == set()


@pytest.mark.parametrize("file", ["facts.proto", "wall.proto"])
def test_each_message_says_what_it_is(file):
    lines = (HOUSE / "scanners" / file).read_text("utf-8").split("\n")
    bare = [
        line
        for before, line in itertools.pairwise(lines)
        if line.startswith("message ") and not before.startswith("//")
    ]
    assert bare == []


# The wall, and what lies in front of it

IMPORTS = [
    ("policies/verdict.py", "from pratique.milter import mail", "Rooms import one way"),
    ("scanners/budget.py", "import pratique.policies.verdict", "Rooms import one way"),
    ("milter/mail.py", "from pratique.scanners import budget", "The wall"),
    ("policies/verdict.py", "import pratique.scanners.part", "The wall"),
    ("milter/mail.py", "import zipfile", "No reader of content on this side"),
    ("policies/verdict.py", "import time", "Deciding touches nothing"),
    ("policies/verdict.py", "import socket", "Deciding touches nothing"),
    ("scanners/formats/gzip.py", "import pratique.scanners.formats.tar", "Containers"),
    ("scanners/mime/fields.py", "import pratique.milter.mail", "Rooms import one way"),
    ("scanners/families/known.py", "import pathlib", "Families are words"),
    ("scanners/families/grammar.py", "from pratique.scanners import part", "Families are words"),
]


@pytest.fixture
def lint_imports(tmp_path):
    """Run import-linter on a copy of the house."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns(*MADE_BY_TOOLS))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def run():
        return subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path / "src")},
            check=False,
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.slow
def test_the_house_keeps_its_import_contracts(lint_imports):
    done = lint_imports()
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("file", "line", "contract"), IMPORTS)
def test_an_import_against_a_contract_is_found(tmp_path, lint_imports, file, line, contract):
    broken = tmp_path / "src/pratique" / file
    broken.write_text(broken.read_text("utf-8") + f"\n{line}\n")
    done = lint_imports()
    assert done.returncode == 1
    assert re.search(rf"^{contract}.* BROKEN", done.stdout, re.MULTILINE), done.stdout


# What a stranger gets


def test_no_file_names_a_place_of_this_machine_or_a_registry():
    hosts = ["".join(pair) for pair in (("pypi", ".org"), ("python", "hosted"), ("debian", ".org"))]
    # A clone right below the file system's root has a name like any word's.
    here = [str(ROOT)] if len(ROOT.parts) > 3 else []
    places = [*hosts, *here, "".join(("/wo", "rk/")), "".join(("/ho", "me/"))]
    told = {
        name(path): place
        for path in FILES
        for place in places
        if place.encode() in path.read_bytes()
    }
    assert told == {}


@pytest.mark.parametrize(
    "file", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "docs/README.md"]
)
def test_a_stranger_finds_what_he_looks_for(file):
    assert len((ROOT / file).read_text("utf-8")) > 200


@pytest.mark.parametrize("page", [path for path in FILES if path.suffix == ".md"], ids=name)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_the_index_of_the_docs_names_every_page():
    index = (ROOT / "docs/README.md").read_text("utf-8")
    pages = [
        path.relative_to(ROOT / "docs")
        for path in FILES
        if path.suffix == ".md" and path.is_relative_to(ROOT / "docs") and path.name != "README.md"
    ]
    assert pages
    assert [page for page in map(str, pages) if f"({page})" not in index] == []
