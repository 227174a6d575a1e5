"""Tell the texts of a condition from all else: whoever cuts a condition up begins with these.

The lexis is that of github.com/google/cel-spec, langdef.md: single and double marks, three of
them for several lines, `r` for raw and `b` for octets in front.  A text that is not closed
goes to the end of its line, or of the condition where three marks began it, so each
character is looked at once: to give it up and look again from the next mark on takes a
minute where a condition has 50,000 marks.
"""


def _quoted(mark: str) -> str:
    """A text between such marks."""
    three = rf"(?:{mark}{{3}})?"
    raw = rf"[bB]?[rR]{mark}{{3}}(?:[^{mark}]|{mark}(?!{mark}{mark}))*{three}"
    raw_line = rf"[bB]?[rR]{mark}[^{mark}\n]*{mark}?"
    escaped = rf"[bB]?{mark}{{3}}(?:\\.|[^\\{mark}]|{mark}(?!{mark}{mark}))*{three}"
    escaped_line = rf"[bB]?{mark}(?:\\.|[^\\{mark}\n])*{mark}?"
    return f"{raw}|{raw_line}|{escaped}|{escaped_line}"


TEXT = f"{_quoted(chr(34))}|{_quoted(chr(39))}"
