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
from functools import lru_cache
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
_SHOWN_MEDIA = frozenset({"image", "audio", "video"})
# So many combinations of what is known of a part are kept; a mail of ten attachments has a dozen.
KEPT = 512
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
        if _is_against_type(part):
            found.add("name_against_type")
        if known.name or known.names:
            runs = known.kind in _RUNS
            for name in part.names:
                if name:
                    found.update(_tricks(name, runs=runs))
        if found:
            stated = facts.Part(id=known.id, disguised=sorted(found))
            yield facts.Facts(parts=[stated])


def _tricks(name: str, *, runs: bool) -> Iterator[str]:
    """The tricks in a name of a part of which it is known whether it runs."""
    runs = runs and kinds.of_name(name) in _RUNS
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
    """Whether the octets contradict a name or the declared type."""
    known = part.known
    words = known.type, known.kind, known.declared_type
    always, else_than_zip = _contradictions(words, part.extensions)
    return always or (else_than_zip and bytes(part.octets[:2]) != b"PK")


# One mail has few kinds of parts, and the next has the same.
@lru_cache(maxsize=KEPT)
def _contradictions(words: tuple[str, str, str], extensions: frozenset[str]) -> tuple[bool, bool]:
    """Whether type, kind and declared type contradict each other, or the names; of any octets.

    And whether they do unless the octets begin like a zip file.
    """
    type_, kind, declared = words
    by_octets = kinds.of_type(type_)
    promised = _is_no_message(type_, declared, extensions)
    called = _is_called_otherwise(type_, kind, extensions)
    declared_to_show = kind in _RUNS and declared.partition("/")[0] in _SHOWN_MEDIA
    return (
        promised or called or declared_to_show,
        # Of a container the type is a guess.
        kind not in kinds.CONTAINERS and _is_no_container(by_octets, extensions),
    )


def _is_called_otherwise(type_: str, kind: str, extensions: frozenset[str]) -> bool:
    """Whether all names say that there is something to look at, or one that it is a program."""
    by_octets, last = kinds.of_type(type_), extensions - {""}
    looks = bool(last) and last <= _LOOKED_AT_NAMES
    runs = bool(last & _PROGRAMS) and kind == "executable"
    return (looks and by_octets in _OPAQUE and type_ != _BINHEX) or (
        runs and by_octets in _NO_PROGRAM
    )


def _is_no_container(by_octets: str, extensions: frozenset[str]) -> bool:
    """Whether a name promises an archive or a disk image, and the octets are neither.

    Documents that are zip files are archives under any name; and `.img` is also said of
    pictures.
    """
    return by_octets in _NO_CONTAINER and any(
        kinds.of_extension(last) in kinds.CONTAINERS
        and not (by_octets == "image" and last == "img")
        for last in extensions
    )


def _is_no_message(type_: str, declared: str, extensions: frozenset[str]) -> bool:
    """Whether a name or the declared type promises a message, and the octets are none."""
    if kinds.of_type(type_) not in _NO_MESSAGE or type_ in {_BINHEX, "application/mbox"}:
        return False
    return not kinds.MESSAGES.isdisjoint(extensions) or kinds.is_structure(declared)
