"""The process that compiles a set: what it answers, and what ends it."""

import io
import json
import subprocess
import sys

import pytest
import yara

from pratique.scanners.yara_rules import compiling
from pratique.scanners.yara_rules.asked import COMPILING

# YARA takes seconds for so many.
XORED = " ".join(f'$a{number} = "abcdefg{number}" xor' for number in range(400))
ENDLESS = f"rule a {{ strings: {XORED} condition: any of them }}"


def run(sources, seconds=20):
    order = json.dumps({"sources": sources, "seconds": seconds}).encode()
    done = subprocess.run(COMPILING, input=order, stdout=subprocess.PIPE, check=False)
    head, _, rest = done.stdout.partition(b"\n")
    return done.returncode, json.loads(head) if head else None, rest


def test_sources_become_what_yara_loads():
    status, said, saved = run(
        {"one": "rule a { condition: true }", "two": "rule a { condition: true }"}
    )
    assert (status, said) == (0, {"error": ""})
    loaded = yara.load(file=io.BytesIO(saved))
    assert sorted(match.namespace for match in loaded.match(data=b"x")) == ["one", "two"]


@pytest.mark.parametrize(
    ("source", "words"), [("rule a {\n condition: b }", "line 2"), ('include "x"', "includes")]
)
def test_what_yara_refuses_is_told(source, words):
    status, said, saved = run({"one": source})
    assert (status, saved) == (0, b"")
    assert words in said["error"]


@pytest.mark.slow
def test_the_alarm_ends_it_in_the_middle_of_yara():
    assert run({"one": ENDLESS}, seconds=0.5) == (-14, None, b"")


def test_it_has_so_much_memory_and_no_more():
    code = (
        "import resource\nfrom pratique.scanners.yara_rules.compiling import limit\nlimit()\n"
        "print(resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == f"({compiling.MEMORY}, {compiling.MEMORY}) (0, 0)"
