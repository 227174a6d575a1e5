"""Have one reader read octets, whatever they look like, without the walk around it.

What a reader must never do is tried here in a few microseconds: to raise anything but
`OverBudget`, to give a member that is longer than the budget allows, to never end.
"""

from collections.abc import Callable
from functools import cache

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.formats import FORMATS
from pratique.scanners.mime import Mime
from pratique.scanners.part import Member, Part, Reader
from pratique.scanners.text import load_codecs

# Small, so that a bomb is met soon.
LIMITS = Limits(octets=1 << 20, part_octets=1 << 18, parts=500, seconds=5.0)
READERS: dict[str, Callable[[], Reader]] = {form.name: form for form in FORMATS} | {"mime": Mime}
_MESSAGE = "message/rfc822"


def judge_alone(name: str, octets: bytes) -> list[str]:
    """Have octets read by the reader of that name; say what went wrong."""
    try:
        return list(_judge(_reader(name), octets, message=name == "mime"))
    except OverBudget:
        return []
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return [f"raised {type(error).__name__}: {error}"]


@cache
def _reader(name: str) -> Reader:
    load_codecs()
    return READERS[name]()


def _judge(reader: Reader, octets: bytes, *, message: bool) -> list[str]:
    kind, type_ = ("message", _MESSAGE) if message else ("archive", "")
    part = Part(facts.Part(id=1, kind=kind, type=type_), memoryview(octets))
    reader.recognize(part)
    given = 0
    for found in reader.members(part, Budget(LIMITS)):
        given += isinstance(found, Member)
        # What is not encoded is as long as it lies there.
        most = max(LIMITS.part_octets, len(octets))
        if isinstance(found, Member) and len(found.octets) > most:
            return ["a member past its limit"]
        if given > LIMITS.octets:
            return ["more members than octets"]
    return []
