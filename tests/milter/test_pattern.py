"""A pattern finds a name where a regular expression would, and takes no longer than the line is."""

import re
import time

import pytest

from pratique.milter.pattern import MOST, MOST_LINE, Pattern


@pytest.mark.parametrize(
    ("pattern", "line", "name"),
    [
        ("FOUND: (.*)", "FOUND: Worm", "Worm"),
        ("FOUND: (.*)", "x FOUND: Worm FOUND: y", "Worm FOUND: y"),
        ("FOUND: (.*)", "FOUND: ", ""),
        ("FOUND: (.+)", "FOUND: ", None),
        ("FOUND: (.*)", "found: Worm", None),
        ("^FOUND: (.*)", "x FOUND: Worm", None),
        ("^FOUND: (.*)", "FOUND: Worm", "Worm"),
        (": (.+) FOUND$", "/in/part: Eicar-Test FOUND", "Eicar-Test"),
        (": (.+) FOUND$", "/in/part: Eicar-Test FOUND, said he", None),
        ("^(.+) FOUND$", "Eicar FOUND", "Eicar"),
        ("^(.+) FOUND$", " FOUND", None),
        ("(.*) FOUND", "a FOUND FOUND", "a"),
        ('threat="(.+)"', 'name="x", threat="Eicar", action=""', "Eicar"),
        ("virus .* called (.+) in", "virus 7 called Worm in x in y", "Worm"),
        ("a.+b(.*)c$", "aXbWormc", "Worm"),
        ("a.+b(.*)c$", "abbWormc", "Worm"),
        ("a.+b(.*)c$", "abWormc", None),
        (r"\(\.\*\) \\ (.+)", r"(.*) \ Worm", "Worm"),
        (r"costs \$(.+)\$", "costs $7$", "7"),
        (r"cost(.+)\$", "cost 7$ a", " 7"),
        ("^x(.*)y", "y xWormy", None),
        ("é(.+)", "éWorm", "Worm"),
        ("aba(.*)ba$", "ababa", ""),
        ("aba(.*)ba$", "aba", None),
    ],
)
def test_a_name_stands_where_the_pattern_says(pattern, line, name):
    assert Pattern(pattern).name(line) == name
    # What it is taken for by whoever knows regular expressions, the laziest way.
    lazy = re.search(pattern.replace("*)", "*?)").replace("+)", "+?)"), line)
    assert (lazy is None) == (name is None)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("FOUND", "one name"),
        ("(.*) and (.*)", "one name"),
        ("(.*)", "some text"),
        ("x.*(.*)", "some text stands between"),
        ("x(a|b)", "besides text"),
        ("x(.*)+", "besides text"),
        ("x[a-z](.*)", "besides text"),
        ("x*(.*)", "besides text"),
        ("x.y(.*)", "besides text"),
        ("x(.*)\\", "besides text"),
        ("x(.*)$y", "besides text"),
        ("x^(.*)", "besides text"),
        ("x(?:.*)", "besides text"),
        ("", "one name"),
        ("a" * MOST + "(.*)", "characters at most"),
    ],
)
def test_what_is_no_pattern_says_what_would_be_right(pattern, why):
    with pytest.raises(ValueError, match=why):
        Pattern(pattern)


def test_a_line_is_looked_at_so_far():
    assert Pattern("x(.*)").name("a" * (MOST_LINE - 2) + "xyz") == "y"
    assert Pattern("x(.+)").name("a" * (MOST_LINE - 1) + "xyz") is None


def test_no_line_takes_long():
    """On this one a regular expression would go back and forth for hours."""
    pattern = Pattern("a.*a.*a.*a.*a.*a.*a.*a.*a(.*)b$")
    begun = time.process_time()
    for _ in range(100):
        assert pattern.name("a" * MOST_LINE) is None
    assert time.process_time() - begun < 0.25
