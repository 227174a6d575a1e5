"""The marks of forms: found in one pass wherever they stand, and never missed."""

import pytest

from pratique.scanners import carried, marks
from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin.yara import HEAD, Yara
from pratique.scanners.containers.zip.tables import END
from pratique.scanners.formats import FORMATS, binhex, onenote, pdf, uuencoded, yenc
from pratique.scanners.part import Part

EVERY = sorted(marks.ALL)
# What fills the octets around a mark, and holds none.
FILLING = b"\x01\x02"


@pytest.fixture(scope="module")
def yara():
    return Yara(wall.Setup())


def looked_at(yara, octets, **known):
    part = Part(facts.Part(id=1, **known), memoryview(octets))
    list(yara.scan(part))
    return part


@pytest.mark.parametrize("filling", [0, 100, HEAD])
@pytest.mark.parametrize("mark", EVERY)
def test_a_mark_is_found_wherever_it_stands(mark, filling, yara):
    part = looked_at(yara, FILLING * (filling // 2) + mark + FILLING * 3)

    assert part.marks == {mark, *(one for one in EVERY if one in mark.lower())}


@pytest.mark.parametrize("filling", [0, HEAD])
@pytest.mark.parametrize("written", [b"BEGIN", b"begin", b"bEgIn"])
def test_a_word_is_found_in_letters_of_either_case(written, filling, yara):
    assert looked_at(yara, FILLING * (filling // 2) + written).marks == {b"begin"}


@pytest.mark.parametrize("size", [0, 100, HEAD + 2])
def test_where_there_is_none_none_is_found(size, yara):
    assert looked_at(yara, FILLING * (size // 2)).marks == frozenset()


def test_a_mark_is_never_a_finding(yara):
    part = Part(facts.Part(id=1), memoryview(b"".join(EVERY)))

    assert list(yara.scan(part)) == []
    assert part.marks == marks.ALL


def test_in_a_message_nobody_looks_for_marks(yara):
    assert looked_at(yara, b"".join(EVERY), kind="message").marks is None


@pytest.mark.slow
def test_where_the_rules_go_wrong_no_mark_is_missing(tmp_path):
    endless = "for all i in (0..1000000000) : (uint8(i % filesize) == 97)"
    (tmp_path / "a.yar").write_text(f"rule a {{ condition: filesize == 1000 and {endless} }}")
    part = looked_at(Yara(wall.Setup(rule_folders=[str(tmp_path)])), b"a" * 1000)

    assert part.marks is None
    assert not part.lacks(END)


def test_what_readers_look_for_is_in_the_table():
    wanted = {form.mark for form in FORMATS if hasattr(form, "mark")}
    wanted |= {mark for _, mark, _, _ in carried._FORMS}
    wanted |= {END, binhex._MARK, onenote._BEGIN, pdf._BEGINS, yenc._MARK}
    wanted |= {uuencoded._ANY_BEGIN, uuencoded._ARMOURED}

    assert wanted == marks.ALL


def test_each_rule_tells_its_mark():
    assert {marks.of_rule(f"mark_{number}") for number in range(len(EVERY))} == marks.ALL
