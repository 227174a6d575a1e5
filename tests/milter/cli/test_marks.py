"""A stranger's text in a line for rich."""

import pytest

from pratique.milter.cli.marks import safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("[red]x[/]", r"\[red]x\[/]"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a" * 100, "a" * 100),
        ("a" * 101, "a" * 60 + " ... " + "a" * 40),
    ],
)
def test_nothing_of_it_is_a_command(text, shown):
    assert safe(text) == shown


def test_the_end_of_a_long_name_is_shown():
    assert safe("x" * 500 + ".pdf.exe").endswith(".pdf.exe")
