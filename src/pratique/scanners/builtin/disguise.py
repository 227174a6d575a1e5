"""Tell when a part's name hides what the part is.

Common tricks: a harmless extension before the real one ("invoice.pdf.exe"); blanks that
push the real one out of sight; U+202E, which turns the writing around ("annexe" + U+202E
+ "fdp.exe" is shown as "annexeexe.pdf"); dots and blanks at the end, which Windows
drops; letters that look like others and fold to them; a name or a declared type that
says picture where the octets say program.

A name alone proves nothing: `contract.v2.docx` and `setup.exe` are honest.  So this
scanner speaks of a name only where what is hidden can run, and of a contradiction only
where both sides are certain.
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds, names
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.part import Part

# Extensions that a person takes for something to look at.
_SHOWN = frozenset(
    "avi bmp csv doc docx eml gif htm html jpeg jpg mov mp3 mp4 msg odt pdf png ppt pptx rtf "
    "tif tiff txt wav xls xlsx zip".split()
)
# Worms pad with 40 to 100 blanks; a slip of the keyboard makes two or three.
_PADDING = re.compile(r"\s{10,}(?=\S)")
# UAX #9: overrides turn any writing around; embeddings and isolates are also found in
# honest Arabic and Hebrew names, so they count only where the file runs.
_OVERRIDES = re.compile("[\u202d\u202e]")
_EMBEDDINGS = re.compile("[\u202a\u202b\u2066-\u2068]")
_PATH = re.compile(r"(?:^|[\\/])\.\.[\\/]|^[\\/]|^[A-Za-z]:[\\/]|\0|::?\$", re.ASCII)
# Without any of these a name has none of the above.
_ANY_TRICK = re.compile(r"\s\s|[\\/:\0\u202a\u202b\u202d\u202e\u2066-\u2068]")
_RUNS = frozenset({"executable", "script", "shortcut"})
_LOOKED_AT = frozenset({"image", "audio", "video", "text", "html", "document"})
_OPAQUE = frozenset({"archive", "disk_image", "executable", "shortcut"})
# Names of these kinds run; octets of those kinds are certainly no program.
_NO_PROGRAM = frozenset({"image", "audio", "video", "html", "document", "archive"})
# Octets of these kinds are certainly no archive and no disk image, or no message.
_NO_CONTAINER = frozenset({"image", "audio", "video", "document"})
_NO_MESSAGE = frozenset({*_NO_PROGRAM, "disk_image", "executable"} - {"html"})
_PROGRAMS = frozenset("exe scr pif com dll cpl sys ocx".split())
_LOOKED_AT_NAMES = frozenset(
    "avi bmp csv doc gif htm html jpeg jpg mov mp3 mp4 pdf png ppt rtf tif tiff txt wav webp "
    "xls".split()
)
# RFC 1741: mail programs of the Mac show such a part under the name of the file in it.
_BINHEX = "application/mac-binhex40"


class Disguise:
    """Compares what a part's names show with what the part is."""

    name: ClassVar[str] = "disguise"

    def __init__(self, _setup: wall.Setup) -> None:
        """Nothing is loaded."""

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State the disguises once, if there are any."""
        known = part.known
        found: set[str] = set()
        if _is_against_type(part) or _is_no_container(part) or _is_no_message(part):
            found.add("name_against_type")
        for name in part.names:
            if name:
                found.update(_tricks(name, known))
        if found:
            stated = facts.Part(id=known.id, disguised=sorted(found))
            yield facts.Facts(parts=[stated])


def _tricks(name: str, known: facts.Part) -> Iterator[str]:
    runs = known.kind in _RUNS and kinds.of_name(name) in _RUNS
    if _ANY_TRICK.search(name):
        if _PADDING.search(name):
            yield "spaces"
        if _OVERRIDES.search(name) or (runs and _EMBEDDINGS.search(name)):
            yield "right_to_left"
        if _PATH.search(name):
            yield "path"
    if runs:
        yield from _hidden_extension(name)


def _hidden_extension(name: str) -> Iterator[str]:
    """How the name hides its last extension, which is known to run."""
    stem = names.plain(name).rpartition(".")[0]
    if names.extension(stem) in _SHOWN:
        yield "double_extension"
    cut = name.partition("\0")[0]
    if cut != cut.rstrip(" ."):
        yield "trailing_dots"
    visible = _OVERRIDES.sub("", _EMBEDDINGS.sub("", cut)).rstrip(" .\t\r\n\"'")
    if names.shown_extension(visible).strip() != names.extension(name) and "$" not in visible:
        yield "lookalike"


def _is_against_type(part: Part) -> bool:
    """Whether the octets contradict the name or the declared type."""
    known = part.known
    by_octets = kinds.of_type(known.type)
    last = part.extensions - {""}
    looks = bool(last) and last <= _LOOKED_AT_NAMES
    runs = bool(last & _PROGRAMS) and known.kind == "executable"
    declared = known.declared_type.partition("/")[0]
    return (
        (looks and by_octets in _OPAQUE and known.type != _BINHEX)
        or (runs and by_octets in _NO_PROGRAM)
        or (known.kind in _RUNS and declared in {"image", "audio", "video"})
    )


def _is_no_container(part: Part) -> bool:
    """Whether a name promises an archive or a disk image, and the octets are neither.

    Documents that are zip files are archives under any name; and `.img` is also said of
    pictures.
    """
    by_octets = kinds.of_type(part.known.type)
    if part.known.kind in kinds.CONTAINERS:
        return False  # the type is a guess
    if by_octets not in _NO_CONTAINER or bytes(part.octets[:2]) == b"PK":
        return False
    return any(
        kinds.of_extension(last) in kinds.CONTAINERS
        and not (by_octets == "image" and last == "img")
        for last in part.extensions
    )


def _is_no_message(part: Part) -> bool:
    """Whether a name or the declared type promises a message, and the octets are none."""
    type_ = part.known.type
    if kinds.of_type(type_) not in _NO_MESSAGE or type_ in {_BINHEX, "application/mbox"}:
        return False
    named = not kinds.MESSAGES.isdisjoint(part.extensions)
    return named or kinds.is_structure(part.known.declared_type)
