"""Write a stranger's text into a line for rich: a command neither to it nor to the terminal."""

from rich.markup import escape

from pratique.milter.cli.screen import printable

# Longer text is cut in its middle, never at its end, where a name has its extension.
_WIDTH = 100
_END = 40


def safe(text: str) -> str:
    """Return the text in a form that is safe in a line."""
    if len(text) > _WIDTH:
        text = f"{text[: _WIDTH - _END]} ... {text[-_END:]}"
    return escape(printable(text))
