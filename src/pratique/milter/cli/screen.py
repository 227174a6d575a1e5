"""Show a stranger's text on a terminal so that it can do no harm there.

A terminal obeys: ESC begins commands that recolour, retitle, answer back and on some
reprogram keys; C1 controls do the same in one character; a carriage return overwrites
what came before.  Bidirectional overrides show a name in another order (UAX #9,
"invoice[U+202E]fdp.exe"), and characters of no width make two names look alike.  All
of these are written out as escapes, and a backslash is doubled, so that what is shown
can be told from what was sent.
"""

# Python calls these printable, but they are invisible: fillers and joiners, variation
# selectors and Mongolian ones (Unicode, Default_Ignorable_Code_Point), and blank braille.
_UNSEEN = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x2800, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0000, 0xE1000),
    )
)


def printable(text: str, most: int = 0) -> str:
    """Return the text with everything invisible as an escape; cut after `most` characters.

    Python's own `isprintable` decides first: it is false for control and format characters,
    surrogates, private and unassigned ones, and every space but the plain one.
    """
    if most and len(text) > most:
        text = text[: most - 1] + "…"
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable() and ord(character) not in _UNSEEN:
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
