"""Read a file's name as the programs do that will open the file.

What decides is the last extension, but each system drops something first.  Windows
cuts a name at NUL, takes `name::$DATA` for `name`, and forgets dots and blanks at the
end; unpackers drop or replace what Windows allows in no name (`< > | ? *` and control
characters), and a slash at the end makes no folder of octets.  Unicode has letters and
dots that fold to the plain ones (NFKC, UAX #15), and characters that are not seen at all
(general category Cf: U+202E, zero-width ones).  So the extension is looked for in what
is left when all of these are taken away.
"""

import re
import unicodedata
from functools import lru_cache

# What packers append, and what their unpackers make of it (gzip(1), bzip2(1), xz(1)).
_PACKED = {
    ".gz": "",
    ".gzip": "",
    ".z": "",
    ".bz2": "",
    ".bz": "",
    ".xz": "",
    ".zst": "",
    ".lz4": "",
    ".lz": "",
    ".lzma": "",
    ".tgz": ".tar",
    ".taz": ".tar",
    ".tbz": ".tar",
    ".tbz2": ".tar",
    ".txz": ".tar",
    ".tzst": ".tar",
    ".tlz": ".tar",
}
_STREAM = re.compile(r"(?<=.):(:|[^\\/:.]*:)?\$?\w*$")
_TRAIL = " .\"'<>|?*;,/\\\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"
# Unicode's general categories of control and of format characters.
_UNSEEN = frozenset({"Cc", "Cf"})
# Longest extension that means anything is ".settingcontent-ms".
_LONGEST_EXTENSION = 24


def plain(name: str) -> str:
    """The last step of a name's path, as the system that opens the file takes it."""
    name = name.partition("\0")[0]
    if not (name.isascii() and name.isprintable()):
        name = unicodedata.normalize("NFKC", name)
        name = "".join(each for each in name if unicodedata.category(each) not in _UNSEEN)
    step = re.split(r"[\\/]", name.rstrip(_TRAIL))[-1]
    return _STREAM.sub("", step).rstrip(_TRAIL).lstrip()


# Every scanner and reader asks for it, of the same few names; each has 1,024 letters at most.
@lru_cache(maxsize=256)
def extension(name: str) -> str:
    """The last extension, in lower case and without its dot; empty if there is none.

    After a dot and a blank comes no extension, but the next word.
    """
    stem, dot, last = plain(name).rpartition(".")
    if not dot or last[:1].isspace() or len(last) > _LONGEST_EXTENSION:
        return ""
    return last.lower() if stem or last else ""


def shown_extension(name: str) -> str:
    """What stands after the last dot for somebody who only looks, in lower case."""
    _, dot, last = name.rpartition(".")
    return last.lower() if dot else ""


def unpacked_name(name: str) -> str:
    """What an unpacker calls the one file that a packed file of this name holds."""
    step = plain(name)
    stem, dot, last = step.rpartition(".")
    suffix = _PACKED.get(f".{last.lower()}") if dot else None
    return stem + suffix if suffix is not None and stem else step
