"""Tell the texts of a condition from everything else: cutting up a condition starts with these.

The lexis is that of github.com/google/cel-spec, langdef.md: single and double marks, three of
them for several lines, with `r` for raw and `b` for octets in front.  A text that is not closed
extends to the end of its line, or of the condition if three marks began it, so each character
is read only once: giving it up and starting again from the next mark would take a minute for a
condition with 50,000 marks.
"""


def _quoted(mark: str) -> str:
    """Return a pattern for a text between such marks."""
    three = rf"(?:{mark}{{3}})?"
    raw = rf"[bB]?[rR]{mark}{{3}}(?:[^{mark}]|{mark}(?!{mark}{mark}))*{three}"
    raw_line = rf"[bB]?[rR]{mark}[^{mark}\n]*{mark}?"
    escaped = rf"[bB]?{mark}{{3}}(?:\\.|[^\\{mark}]|{mark}(?!{mark}{mark}))*{three}"
    escaped_line = rf"[bB]?{mark}(?:\\.|[^\\{mark}\n])*{mark}?"
    return f"{raw}|{raw_line}|{escaped}|{escaped_line}"


TEXT = f"{_quoted(chr(34))}|{_quoted(chr(39))}"
