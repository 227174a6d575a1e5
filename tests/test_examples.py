"""The examples are what docs/scanners.md shows, and they work: installed, tried, and in a mail.

Nothing is fetched: hatchling is one of the packages of constraints.txt, and pip installs
what lies here.
"""

import ast
import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pratique.milter.config import Settings
from pratique.milter.engines import ENGINES
from pratique.policies import check
from pratique.scanners import builtin, v1
from pratique.scanners import facts_pb2 as facts

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
PAGE = (ROOT / "docs/scanners.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHOWN = dict(
    re.findall(r"^`(examples/[^`]+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
MAIL = b"Subject: x\r\n\r\npay today to GB82 WEST 1234 5698 7654 32\r\n"


def test_every_file_of_an_example_is_shown_as_it_stands():
    written = {
        str(file.relative_to(ROOT)): file.read_text("utf-8")
        for file in EXAMPLES.rglob("*")
        if file.suffix in {".py", ".toml"}
    }
    assert len(written) == 4
    assert written == SHOWN


def test_the_first_one_has_ten_lines_beyond_imports_and_docstring():
    tree = ast.parse((EXAMPLES / "overdue.py").read_text("utf-8"))
    body = [one for one in tree.body[1:] if not isinstance(one, ast.Import | ast.ImportFrom)]
    lines = {line for one in ast.walk(ast.Module(body, [])) for line in _lines(one)}
    assert len(lines) <= 10


def _lines(node):
    return range(node.lineno, node.lineno + 1) if hasattr(node, "lineno") else ()


@pytest.mark.slow
def test_the_rule_of_the_page_is_sound():
    (rule,) = (text for kind, text in BLOCKS if kind == "toml" and "[[rule]]" in text)
    policy = (ROOT / "src/pratique/policies/shipped/default.toml").read_text("utf-8")
    assert check.check(rule + policy, "policy.toml", demand_tests=False) == []


def test_the_page_says_what_is_so():
    kinds = re.search(r"\| `kind` \| ([^|]+) \|", PAGE)[1]
    assert set(re.findall(r"`(\w+)`", kinds)) == set(facts.Kinds.Word.keys())
    for name in ("Part", "Finding", "Limits"):
        fields = getattr(v1, name).__dataclass_fields__
        assert [field for field in fields if f"`{field}`" not in PAGE] == []
    assert f"group `{v1.GROUP}`" in PAGE
    limits = v1.Limits()
    assert (limits.octets, limits.findings, limits.kinds) == (64 * 1024**2, 100, ())


def _rows(header):
    """The first column of the table with this header, and the pages that it leads to."""
    table = PAGE.partition(header)[2].partition("\n\n")[0]
    lines = [line for line in table.splitlines() if line.startswith("| `")]
    return [re.match(r"\| `([^`]+)`", line)[1] for line in lines], re.findall(
        r"\]\(([^)]+)\)", table
    )


def test_every_scanner_that_is_there_has_its_row_and_no_other():
    names, pages = _rows("| scanner | looks at |")
    shipped = (*builtin.SCANNERS, *builtin.FOLLOWERS, *builtin.MADE_FOLLOWERS)
    assert sorted(names) == sorted(one.name for one in shipped)
    assert [page for page in pages if not (ROOT / "docs" / page).exists()] == []


def test_every_engine_that_is_there_has_its_row_and_no_other():
    names, pages = _rows("| section | is |")
    sections = [name.strip("[]") for name in names]
    assert len(set(sections)) == len(sections) == len(ENGINES)
    # Each is made by a module that is called like its section.
    assert {made.__module__.rpartition(".")[2] for made in ENGINES} == set(sections)
    assert set(sections) <= set(Settings.model_fields)
    for page, _, title in (page.partition("#") for page in pages):
        headings = re.findall(r"^## (.+)$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
        assert not title or title in {each.lower().replace(" ", "-") for each in headings}


def test_version_1_is_as_it_was():
    """What is promised: fields may come at the end, none goes, and no default changes."""
    stated = {
        name: {field.name: field.default for field in one.__dataclass_fields__.values()}
        for name, one in (("Part", v1.Part), ("Finding", v1.Finding), ("Limits", v1.Limits))
    }
    first = {
        "Part": "octets name names type kind path size sha256",
        "Finding": "name severity note family reference",
        "Limits": "octets findings kinds",
    }
    for name, fields in first.items():
        assert list(stated[name])[: len(fields.split())] == fields.split()
    assert stated["Finding"]["severity"] == "suspicious"
    assert v1.SEVERITIES == ("information", "suspicious", "malicious")
    assert v1.Part(b"pay today", name="a.txt", kind="text").octets == b"pay today"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A Python of its own with Pratique, and the example installed into it as its page says."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin/python"
    (site,) = folder.glob("lib/python*/site-packages")
    # All that Pratique needs, and Pratique as it is here.
    places = [ROOT / "src", sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    (site / "here.pth").write_text("\n".join(map(str, dict.fromkeys(places))))
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", site]
    command = [sys.executable, "-m", "pip", "install", *options, EXAMPLES / "bank_accounts"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return python


@pytest.fixture
def pratique(installed, tmp_path):
    """Run a command there; gives the finished run."""

    def run(*arguments):
        command = [installed, "-I", "-m", "pratique", *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)

    return run


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
def test_the_installed_package_is_found_by_its_name_and_is_sound(pratique):
    samples = EXAMPLES / "bank_accounts/samples"
    done = pratique("scanner", "test", "bank-accounts", "--samples", str(samples), "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads(done.stdout)
    assert (outcome["scanner"], outcome["version"]) == ("bank-accounts", "1.0")
    assert (outcome["speech"], outcome["silence"], outcome["problems"]) == (1, 1, [])


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
def test_both_look_at_mail_as_the_page_says_and_a_mistake_is_told_as_it_says(pratique, tmp_path):
    sections = next(text for kind, text in BLOCKS if "countires" in text)
    config, mail = tmp_path / "pratique.toml", tmp_path / "a.eml"
    config.write_text(sections)
    mail.write_bytes(MAIL)
    done = pratique("--config", "pratique.toml", "inspect", "--json", "a.eml")
    assert done.returncode == 2
    assert done.stderr.strip() in PAGE
    assert done.stderr

    first = f'[[scanner]]\npath = "{EXAMPLES / "overdue.py"}"\n'
    config.write_text(first + sections.replace("countires", "countries"))
    done = pratique("--config", "pratique.toml", "inspect", "--json", "a.eml")
    found = [(one["scanner"], one["name"]) for one in json.loads(done.stdout)["findings"]]
    assert found == [
        ("overdue", "Overdue.Pressure"),
        ("bank-accounts", "Account.Foreign"),
    ]
