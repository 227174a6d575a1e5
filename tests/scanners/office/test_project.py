"""Projects of VBA: read as the programs read them, and broken as worms break them."""

import pytest

from pratique.scanners.budget import Budget, Limits
from pratique.scanners.containers.office.ole import Compound
from pratique.scanners.office import project
from pratique.scanners.office.project import MODULES, SOURCE, projects, unpack

# [MS-OVBA] 3.2.2, the specification's own example.
EXAMPLE = bytes.fromhex(
    "012fb000236161616263646582660070616768696a013808616b6c00306d6e6f70067102700410727374757610"
    "7778797a003c"
)
PLAIN = b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"
CODE = "Sub Work()\r\n  x = 1\r\nEnd Sub\r\n"


@pytest.fixture
def read(office_files):
    def read(streams):
        budget = Budget(Limits())
        compound = Compound(memoryview(office_files.compound(streams)), budget)
        return list(projects(compound, budget))

    return read


def test_the_example_of_the_specification_is_unpacked():
    assert unpack(EXAMPLE) == PLAIN


@pytest.mark.parametrize("length", [0, 1, 8, 9, 4095, 3600, 7201, 100_000])
def test_what_is_packed_comes_back(office_files, length):
    text = (b"abcdefgh " * 12_000)[:length]
    assert unpack(office_files.packed(text)) == text


@pytest.mark.parametrize("cut", range(0, len(EXAMPLE), 3))
def test_what_is_cut_off_gives_its_beginning(cut):
    assert PLAIN.startswith(unpack(EXAMPLE[:cut]))


def test_a_chunk_never_becomes_more_than_4096_octets():
    bomb = b"\0a" + b"\xff" + b"\xff\x0f" * 8 + (b"\xff" + b"\xff\x0f" * 8) * 200
    packed = b"\1" + (0xB000 | len(bomb) - 1).to_bytes(2, "little") + bomb
    assert len(unpack(packed)) <= 4096
    assert len(unpack(b"\1" + packed[1:] * 50, 10_000)) == 10_000


@pytest.mark.parametrize("folder", ["", "Macros/", "_VBA_PROJECT_CUR/"])
def test_a_project_gives_its_modules(office_files, read, folder):
    (one,) = read(office_files.project({"Module1": CODE, "ThisDocument": ""}, folder))
    told = {module.name: module.source for module in one.modules}
    assert told == {"Module1": CODE.replace("\r\n", "\n"), "ThisDocument": ""}
    assert (one.path, one.broken, one.cut) == (f"{folder}VBA", "", False)


def test_modules_are_read_in_the_code_page_of_their_project(office_files, read):
    (one,) = read(office_files.project({"モジュール": 'MsgBox "請求書"\r\n'}, page=932))
    assert (one.modules[0].name, one.modules[0].source) == ("モジュール", 'MsgBox "請求書"\n')


def test_a_code_page_that_nobody_knows_is_read_as_the_wests(office_files, read):
    streams = office_files.project({"Module1": CODE})
    page = office_files.record(3, b"\xe4\xff")
    told = office_files.directory({"Module1": 0}).replace(office_files.record(3, b"\xe4\4"), page)
    (one,) = read(streams | {"VBA/dir": office_files.packed(told)})
    assert (one.broken, "Sub Work()" in one.code) == ("", True)


def test_a_module_without_source_but_with_compiled_lines_is_told(office_files, read):
    (one,) = read(office_files.project({"Module1": "", "ThisDocument": ""}, lines=9))
    assert one.only_compiled == ["Module1", "ThisDocument"]
    (one,) = read(office_files.project({"Module1": CODE, "Sheet1": ""}, lines=3))
    assert one.only_compiled == []


def broken(office_files):
    streams = office_files.project({"Module1": CODE})
    return {
        "no directory": {name: one for name, one in streams.items() if name != "VBA/dir"},
        "a directory that is nothing": streams | {"VBA/dir": b"nothing"},
        "cut": streams | {"VBA/dir": office_files.packed(b"\4\0\xff\xff\0\0VBA")},
        "another name": streams
        | {"VBA/dir": office_files.packed(office_files.directory({"Module2": 0}))},
        "another place": streams
        | {"VBA/dir": office_files.packed(office_files.directory({"Module1": 3}))},
        "one that is not told": streams | {"VBA/Hidden": streams["VBA/Module1"]},
    }


@pytest.mark.parametrize(
    "how",
    [
        "no directory",
        "a directory that is nothing",
        "cut",
        "another name",
        "another place",
        "one that is not told",
    ],
)
def test_source_in_a_project_that_is_broken_is_found_all_the_same(office_files, read, how):
    (one,) = read(broken(office_files)[how])
    assert one.broken
    assert "Sub Work()" in one.code


@pytest.mark.parametrize(
    ("count", "broken"),
    [(MODULES, "no stream for the module M3"), (MODULES + 1, f"more than {MODULES} modules")],
)
def test_more_modules_than_anybody_writes_are_told(office_files, read, count, broken):
    streams = office_files.project({"Module1": CODE})
    names = {f"M{number}": 0 for number in range(count)}
    places = {f"VBA/M{number}": streams["VBA/Module1"] for number in range(3)}
    packed = office_files.packed(office_files.directory(names))
    (one,) = read(streams | places | {"VBA/dir": packed})
    assert one.broken == broken


@pytest.mark.slow
@pytest.mark.parametrize(("size", "cut"), [(SOURCE, False), (SOURCE + 1, True)])
def test_no_more_source_is_unpacked_than_is_looked_at(office_files, read, size, cut):
    (one,) = read(office_files.project({"M": "x" * (size - len('Attribute VB_Name = "M"\r\n'))}))
    assert (one.cut, one.read) == (cut, size)


def test_loose_source_is_recognized_packed_and_plain():
    assert project.LOOSE.search(b"..Attribut\0e VB_Name")
    assert project.LOOSE.search(b"..Attribute VB_Name")
    assert not project.LOOSE.search(b"..Attribute of VB")
