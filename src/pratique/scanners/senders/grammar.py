"""Take the body of an Authentication-Results field apart (RFC 8601 2.2).

    authserv-id [version] *( ";" method ["/" version] "=" result
                             ["reason" "=" value] *( ptype "." property "=" value ) )

Comments may stand between any two of these, and nest; values may be quoted.  What real
servers write is taken as well: no authserv-id at all, values with characters that want
quotes, properties without a type (which are left out).  Each octet is looked at a bounded
number of times: no class that repeats gives anything back.
"""

import re
from collections.abc import Iterator
from itertools import islice

# Of a server that checks ten signatures twenty; dkim results are the many ones.
RESULTS = 50
# Property names that RFC 8601 and its registry know for one method: fewer than ten.
PROPERTIES = 20
# A domain, a selector, an address (RFC 5321 4.5.3.1).
VALUE = 320
# RFC 8601 2.2: a keyword; registered ones have twenty letters.
_KEYWORD = r"[A-Za-z](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?"
_PIECE = re.compile(r"\"(?>[^\"\\]++|\\.)*+\"?|[^\"(;\\]++|[(;]|\\.?", re.DOTALL)
# RFC 5322 3.2.2: in a comment a quotation mark is a character, and a backslash quotes the next.
_IN_COMMENT = re.compile(r"(?>[^()\\]++|\\.?)*+([()]?)", re.DOTALL)
_VALUE = r"((?>\"(?>[^\"\\]++|\\.)*+\"?|[^\s\";]++)++)"
_ID = re.compile(rf"\s*+{_VALUE}(?>\s++[0-9]{{1,9}})?+\s*+\Z", re.DOTALL)
# What somebody may take for the name though the grammar has more, or less, behind it.
_FIRST = re.compile(r"\s*+\"?([\w.:-]++)")
_METHOD = re.compile(
    rf"\s*+({_KEYWORD})\s*+(?>/\s*+[0-9]{{1,9}}\s*+)?+=\s*+({_KEYWORD})(?=[\s;]|\Z)", re.DOTALL
)
# Blanks are looked at from the first of them only: of 8,000 each would see the rest.
_PROPERTY = re.compile(
    rf"(?<!\s)\s++(?>({_KEYWORD})\s*+\.\s*+)?+([A-Za-z][A-Za-z0-9_-]{{0,63}})\s*+=\s*+{_VALUE}",
    re.DOTALL,
)
_PAIR = re.compile(r"\\(.)", re.DOTALL)

Result = tuple[str, str, dict[str, str]]


def segments(body: str) -> list[str]:
    """What stands between semicolons, each comment a blank (RFC 5322 3.2.2)."""
    found, written, at = [""], list[str](), 0
    while (piece := _PIECE.match(body, at)) is not None:
        at = piece.end()
        if piece[0] == "(":
            at = _past_comment(body, at)
            written.append(" ")
        elif piece[0] == ";":
            found[-1] = "".join(written)
            found.append("")
            written = []
        else:
            written.append(piece[0])
    found[-1] = "".join(written)
    return found


def _past_comment(body: str, at: int) -> int:
    """Where a comment ends that was begun before; they nest."""
    depth = 1
    while depth and (piece := _IN_COMMENT.match(body, at)) is not None and piece[1]:
        at = piece.end()
        depth += 1 if piece[1] == "(" else -1
    return at if not depth else len(body)


def authserv_id(segment: str) -> str:
    """The server that says it, in small letters; empty where the first segment is a result already.

    Where more stands there than the grammar has, it is what another reader may take for the
    name: what claims to be ours is to be cut out, however it is written (RFC 8601 5).
    """
    if _METHOD.match(segment) is not None:
        return ""
    if (named := _ID.match(segment)) is not None:
        return _unquote(named[1]).lower()[:VALUE]
    first = _FIRST.match(segment)
    return first[1].lower()[:VALUE] if first is not None else ""


def is_well_formed(segment: str) -> bool:
    """Tell whether the first segment is a name and no more, or a result."""
    return _ID.match(segment) is not None or _METHOD.match(segment) is not None


def results(found: list[str]) -> Iterator[Result]:
    """Method, result and properties, of each segment that has them."""
    for segment in found:
        method = _METHOD.match(segment)
        if method is not None:
            yield method[1].lower(), method[2].lower(), _properties(segment, method.end())


def _properties(segment: str, start: int) -> dict[str, str]:
    """By "type.name", the first of each; one more than the limit where there are more."""
    kept: dict[str, str] = {}
    for each in islice(_PROPERTY.finditer(segment, start), PROPERTIES + 1):
        if each[1] is not None:
            kept.setdefault(f"{each[1]}.{each[2]}".lower(), _unquote(each[3])[:VALUE])
    return kept


def _unquote(value: str) -> str:
    """A value without its quotes; what stands beside them stays ("a b"@example.org)."""
    if '"' not in value:
        return value
    whole = value.startswith('"') and value.endswith('"') and len(value) > 1
    return _PAIR.sub(r"\1", value[1:-1]) if whole else value
