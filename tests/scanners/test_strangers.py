"""What a scanner of somebody else's is shown, and what becomes of what it says."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import v1
from pratique.scanners.part import Part
from pratique.scanners.report import DETAIL
from pratique.scanners.strangers import MESSAGE_FINDINGS, NAME, Nonsense, Stranger
from pratique.scanners.v1 import Finding, Limits


class Says:
    """A scanner that gives what it is told to."""

    name = "says"

    def __init__(self, *said):
        self.said, self.shown = said, []

    def scan(self, part):
        self.shown.append(part)
        yield from self.said


class Gives(Says):
    """One that gives it at once, and no generator."""

    def scan(self, part):
        self.shown.append(part)
        return self.said[0]


def stranger(scanner, **limits):
    return Stranger("says", scanner, Limits(**limits), "1.2")


def part(octets=b"hello", number=1, **known):
    return Part(facts.Part(id=number, kind="text", **known), memoryview(octets))


def findings(stated):
    return [finding for found in stated for finding in found.findings]


def limits(stated):
    return [(one.class_, one.part, one.detail) for found in stated for one in found.limits]


def test_it_is_shown_what_is_known_of_the_part():
    scanner = Says()
    shown = part(name="a.pdf", names=["b.exe"], path="1", type="text/plain", size=5, sha256="abc")
    list(stranger(scanner).scan(shown))

    assert scanner.shown == [
        v1.Part(b"hello", "a.pdf", ("a.pdf", "b.exe"), "text/plain", "text", "1", 5, "abc")
    ]


def test_octets_are_not_copied_where_they_are_bytes_already():
    scanner, octets = Says(), b"hello"
    list(stranger(scanner).scan(part(octets)))
    assert scanner.shown[0].octets is octets


@pytest.mark.parametrize(
    ("view", "octets"),
    [
        (memoryview(b"hello")[1:3], b"el"),
        (memoryview(b"hello")[::-1], b"olleh"),
        (memoryview(bytearray(b"hello")), b"hello"),
        (memoryview(b""), b""),
    ],
)
def test_whatever_holds_them_octets_are_bytes(view, octets):
    scanner = Says()
    list(stranger(scanner).scan(Part(facts.Part(id=1), view)))
    assert type(scanner.shown[0].octets) is bytes
    assert scanner.shown[0].octets == octets
    assert scanner.shown[0].kind == "other"


def test_a_finding_becomes_one_of_ours():
    said = Finding("A.B", "malicious", "seen at 3", "Mydoom", "https://example.org/a")
    (found,) = findings(stranger(Says(said)).scan(part(number=7)))

    assert found == facts.Finding(
        scanner="says",
        name="A.B",
        severity="malicious",
        note="seen at 3",
        family="Mydoom",
        reference="https://example.org/a",
        part=7,
        engine_version="1.2",
    )


def test_a_finding_that_says_nothing_else_is_suspicious():
    (found,) = findings(stranger(Says(Finding("A.B"))).scan(part()))
    assert (found.severity, found.note, found.family) == ("suspicious", "", "")


@pytest.mark.parametrize("said", [[], (), None, iter(()), {}, set()])
def test_nothing_may_be_said_in_any_way(said):
    assert list(stranger(Gives(said)).scan(part())) == []


def test_a_list_is_as_good_as_a_generator():
    said = [Finding("A"), Finding("B")]
    assert [one.name for one in findings(stranger(Gives(said)).scan(part()))] == ["A", "B"]


NONSENSE = {
    "text": ("virus", "no finding, but 'virus'"),
    "a number": (3, "no finding, but a int"),
    "a pair": (("A", "malicious"), "no finding, but a tuple"),
    "no name": (Finding(""), "its finding 2: it has no name"),
    "bytes as name": (Finding(b"A"), "name is a bytes, and no text"),
    "a long name": (Finding("n" * (NAME + 1)), "name has 101 characters, at most 100"),
    "a line end in a name": (Finding("A\nB"), r"characters that cannot be shown: 'A\\nB'"),
    "half a character": (Finding("\ud800"), "characters that cannot be shown"),
    "a severity of its own": (Finding("A", "bad"), "severity is 'bad', and not one of informa"),
    "no severity": (Finding("A", None), "severity is a NoneType"),
    "bytes as note": (Finding("A", note=b"x"), "note is a bytes, and no text"),
    "None as family": (Finding("A", family=None), "family is a NoneType, and no text"),
    "a long family": (Finding("A", family="f" * 101), "family has 101 characters"),
    "a long reference": (Finding("A", reference="r" * 501), "reference has 501 characters"),
}


@pytest.mark.parametrize("why", NONSENSE)
def test_nonsense_is_told_and_what_was_said_before_is_kept(why):
    said, words = NONSENSE[why]
    stated = stranger(Says(Finding("Before"), said, Finding("After"))).scan(part())

    assert [one.name for one in next(stated).findings] == ["Before"]
    with pytest.raises(Nonsense, match=words):
        next(stated)


@pytest.mark.parametrize(
    ("said", "words"), [(3, "scan gave a int"), (True, "a bool"), (object(), "a object")]
)
def test_what_cannot_be_gone_through_is_nonsense(said, words):
    with pytest.raises(Nonsense, match=words):
        list(stranger(Gives(said)).scan(part()))


def test_text_in_place_of_findings_is_nonsense_too():
    with pytest.raises(Nonsense, match="no finding, but 'v'"):
        list(stranger(Gives("virus")).scan(part()))


@pytest.mark.parametrize("name", ["n" * NAME, "Ünicode", "W32/Mydoom.A@mm"])
def test_a_name_may_be_as_long_and_as_odd_as_those_of_engines(name):
    assert findings(stranger(Says(Finding(name))).scan(part()))[0].name == name


def test_a_note_is_cut_in_its_middle_and_made_valid():
    (found,) = findings(stranger(Says(Finding("A", note="\ud800" + "x" * 999))).scan(part()))
    assert len(found.note) <= DETAIL
    assert found.note.startswith("?")
    assert "…" in found.note


@pytest.mark.parametrize("size", [10, 11])
def test_a_part_past_its_limit_is_not_shown_and_that_is_a_fact(size):
    scanner = Says(Finding("A"))
    stated = list(stranger(scanner, octets=10).scan(part(b"x" * size, 4)))
    if size > 10:
        assert scanner.shown == []
        assert limits(stated) == [("part_octets", 4, "says: more than 10 octets")]
    else:
        assert findings(stated)
        assert limits(stated) == []


@pytest.mark.parametrize("kind", ["text", "html", "document"])
def test_a_part_of_another_kind_is_not_shown_and_not_spoken_of(kind):
    scanner = Says(Finding("A"))
    shown = Part(facts.Part(id=1, kind=kind), memoryview(b"x" * 100))
    stated = list(stranger(scanner, kinds=("text", "document"), octets=100).scan(shown))
    assert bool(stated) == bool(scanner.shown) == (kind != "html")


def test_a_part_that_is_too_large_and_not_wanted_is_no_limit():
    assert list(stranger(Says(), kinds=("html",), octets=1).scan(part(b"xx"))) == []


@pytest.mark.parametrize("said", [3, 4])
def test_findings_of_a_part_end_at_its_limit_and_that_is_a_fact(said):
    stated = list(stranger(Says(*[Finding("A")] * said), findings=3).scan(part()))
    assert len(findings(stated)) == 3
    assert limits(stated) == [("findings", 1, "says: more than 3 findings")] * (said - 3)


def test_one_that_never_ends_is_ended_by_its_limit():
    def endless():
        while True:
            yield Finding("A")

    assert len(findings(stranger(Gives(endless())).scan(part()))) == 100


def test_one_that_always_speaks_leaves_room_for_others():
    chatty = stranger(Says(*[Finding("A")] * 100))
    stated = [found for number in range(10) for found in chatty.scan(part(number=number))]

    assert len(findings(stated)) == MESSAGE_FINDINGS
    assert limits(stated) == [("findings", 3, "says: more than 300 findings in one message")]
    # The next message is another one.
    assert len(findings(chatty.scan(part(number=0)))) == 100


class Raises(Says):
    def scan(self, part):
        yield Finding("Before")
        raise self.said[0]


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (MemoryError(), "it wants more memory than a worker may have"),
        (SystemExit(3), r"it wants to end the program \(3\)"),
        (KeyboardInterrupt(), r"it wants to end the program \(\)"),
    ],
)
def test_what_the_walk_would_take_for_something_else_is_nonsense(raised, words):
    stated = stranger(Raises(raised)).scan(part())
    assert [one.name for one in next(stated).findings] == ["Before"]
    with pytest.raises(Nonsense, match=words):
        next(stated)


def test_any_other_error_is_for_the_walk_to_tell():
    stated = stranger(Raises(ZeroDivisionError("no"))).scan(part())
    next(stated)
    with pytest.raises(ZeroDivisionError):
        next(stated)
