"""State the fields Authentication-Results of the outermost header (RFC 8601).

They are somebody's word: of a server before us, or of whoever wrote the message.  Which one
is to be believed, and which is to be cut out since it claims our own authserv-id (RFC 8601
5), is decided on the near side.  So each is told with the place where it stands.
"""

from collections.abc import Iterator
from itertools import islice

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.mime.header import Field, unfold
from pratique.scanners.senders import grammar
from pratique.scanners.text import to_text

NAME = b"authentication-results"
# Each server on the way writes one, and a message passes five; lists and forwarders keep
# those of others.
FIELDS = 20
# Gmail's longest have 2 KB; all of them together have to pass through the wall at once.
OCTETS = 8 * 1024
_DETAIL = "Authentication-Results"


def stated(fields: list[Field], octets: memoryview, start: int) -> Iterator[facts.Facts]:
    """All fields, and the results of the topmost; `start` is where the header begins.

    Of those below it is told whose they say that they are, and where they stand: one that
    claims our name is cut out, however many stand above it.
    """
    found = [each for each in fields if each.name == NAME]
    for number, each in enumerate(found):
        # The name may stand behind comments; no field is longer than a header may be.
        segments = grammar.segments(to_text(unfold(each.value))[0])
        one = facts.StatedResults(authserv_id=grammar.authserv_id(segments[0]))
        begin, end = start + each.start, start + each.end
        if _is_line_end(octets, begin) and _is_line_end(octets, end):
            one.start, one.end = begin, end
        over = list(_read(one, each.value)) if number < FIELDS else []
        yield facts.Facts(stated_results=[one])
        yield from over
    if len(found) > FIELDS:
        yield _limit(f"more than {FIELDS} fields {_DETAIL}")


def _read(one: facts.StatedResults, value: bytes) -> Iterator[facts.Facts]:
    """Add the results of a field to it; what is too much is a fact."""
    if len(value) > OCTETS:
        yield _limit(f"a field {_DETAIL} of more than {OCTETS} octets")
    segments = grammar.segments(to_text(unfold(value[:OCTETS]))[0])
    if not grammar.is_well_formed(segments[0]):
        # Whose results these are is a guess, and nobody shall believe them for it.
        return
    said = list(islice(_results(segments), grammar.RESULTS + 1))
    one.results.extend(_result(*result) for result in said[: grammar.RESULTS])
    if len(said) > grammar.RESULTS:
        yield _limit(f"more than {grammar.RESULTS} results in a field {_DETAIL}")
    if any(len(properties) > grammar.PROPERTIES for _, _, properties in said):
        yield _limit(f"more than {grammar.PROPERTIES} properties in a field {_DETAIL}")


def _results(segments: list[str]) -> Iterator[grammar.Result]:
    # A field that names no server begins with a result at once.
    return grammar.results(segments[1:] if grammar.authserv_id(segments[0]) else segments)


def _result(method: str, result: str, properties: dict[str, str]) -> facts.StatedResult:
    kept = dict(islice(properties.items(), grammar.PROPERTIES))
    return facts.StatedResult(method=method, result=result, properties=kept)


def _limit(detail: str) -> facts.Facts:
    return facts.Facts(limits=[facts.Limit(class_="header", detail=detail)])


def _is_line_end(octets: memoryview, at: int) -> bool:
    """Tell whether a line may be cut here: not after a byte order mark, not at a limit."""
    return at in {0, len(octets)} or octets[at - 1] == ord("\n")
