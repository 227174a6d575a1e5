"""What has the shape of a scanner, and what is told of what has not."""

import re

import pytest

from pratique.scanners.own.modules import of_file
from pratique.scanners.own.shape import limits_of, made
from pratique.scanners.part import Unfit
from pratique.scanners.v1 import Limits

SCAN = "def scan(self, part): ..."
WRONG = {
    "no name": (SCAN, "Word: it has no `name`"),
    "a number as name": (f"name = 3\n    {SCAN}", "it has no `name`"),
    "capitals": (f"name = 'Word'\n    {SCAN}", "the name 'Word' is none"),
    "a long name": (f"name = 'w' * 65\n    {SCAN}", "is none"),
    "a blank": (f"name = 'my word'\n    {SCAN}", "the name 'my word' is none"),
    "scan is no method": ("name = 'w'\n    scan = 3", "it has no method `scan`"),
    "scan is async": ("name = 'w'\n    async def scan(self, part): ...", "`scan` is async"),
    "scan is an async generator": (
        "name = 'w'\n    async def scan(self, part): yield 1",
        "`scan` is async",
    ),
    "scan takes nothing": (
        "name = 'w'\n    def scan(self): ...",
        "`scan` must take one part: too many positional arguments",
    ),
    "scan takes more": (
        "name = 'w'\n    def scan(self, part, mail): ...",
        "`scan` must take one part: missing a required argument: 'mail'",
    ),
    "limits of another make": (f"name = 'w'\n    limits = 3\n    {SCAN}", "is no Limits(...)"),
    "no octets": (f"name = 'w'\n    limits = Limits(octets=0)\n    {SCAN}", "numbers of 1 or more"),
    "octets in words": (f"name = 'w'\n    limits = Limits(octets='1MB')\n    {SCAN}", "numbers of"),
    "findings without end": (
        f"name = 'w'\n    limits = Limits(findings=1001)\n    {SCAN}",
        "at most 1000 can be",
    ),
    "a kind that is none": (
        f"name = 'w'\n    limits = Limits(kinds=('documents',))\n    {SCAN}",
        "no part is of the kind 'documents'; did you mean 'document'?",
    ),
    "a kind like none": (
        f"name = 'w'\n    limits = Limits(kinds=('xyzzy',))\n    {SCAN}",
        "'xyzzy'; there are: other, executable",
    ),
    "one kind as text": (
        f"name = 'w'\n    limits = Limits(kinds='text')\n    {SCAN}",
        "write ('text',)",
    ),
    "settings that nobody takes": (
        f"name = 'w'\n    class Settings: ...\n    {SCAN}",
        "it has `Settings`, and no method `setup`",
    ),
    "settings that are no model": (
        f"name = 'w'\n    class Settings: ...\n    def setup(self, settings): ...\n    {SCAN}",
        "`Settings` is no pydantic model",
    ),
}


@pytest.fixture
def of_body(write):
    """A scanner of a class with this body."""

    def one(body):
        head = "from pratique.scanners.v1 import Limits\n\nclass Word:\n    "
        return made(of_file(write(head + body + "\n")))

    return one


@pytest.mark.parametrize("why", WRONG)
def test_what_is_no_scanner_is_told_with_its_line(of_body, why):
    body, words = WRONG[why]
    with pytest.raises(Unfit, match=re.escape(words)) as told:
        of_body(body)
    assert re.search(r"word\.py:3: Word: ", str(told.value))


def test_one_that_cannot_be_made_is_told_with_its_line(of_body):
    with pytest.raises(Unfit, match=r"word\.py:6: Word\(\) fails: KeyError: 'x'"):
        of_body(f"name = 'w'\n    def __init__(self):\n        {{}}['x']\n    {SCAN}")


def test_one_that_does_not_even_tell_its_name_is_told_with_its_line(of_body):
    with pytest.raises(Unfit, match=r"word\.py:6: Word\(\) fails: ZeroDivisionError"):
        of_body(f"@property\n    def name(self):\n        return 1 / 0\n    {SCAN}")


@pytest.mark.parametrize("name", ["w", "w" * 64, "bank-accounts", "a.b_c9"])
def test_a_name_of_small_letters_is_one(of_body, name):
    assert of_body(f"name = {name!r}\n    {SCAN}").name == name


def test_without_limits_the_defaults_hold(of_body):
    assert limits_of(of_body(f"name = 'w'\n    {SCAN}")) == Limits()
    declared = of_body(f"name = 'w'\n    limits = Limits(findings=1000)\n    {SCAN}")
    assert limits_of(declared).findings == 1000
