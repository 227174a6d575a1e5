"""Books of Excel: macro sheets, names that have them run, requests to other programs."""

import struct

import pytest

from pratique.scanners.budget import Budget, Limits
from pratique.scanners.office.workbook import ASKED, RECORDS, calls, read


@pytest.fixture
def book():
    return lambda octets: read(memoryview(octets), Budget(Limits()))


@pytest.mark.parametrize(
    ("state", "shown"), [(0, "Macro1"), (1, "Macro1 (hidden)"), (2, "Macro1 (very hidden)")]
)
def test_a_macro_sheet_is_told_with_how_it_hides(office_files, book, state, shown):
    assert book(office_files.book(state=state)).sheets == [shown]


def test_another_sheet_is_none_and_its_cells_are_passed_over(office_files, book):
    known = book(office_files.book(dt=0, sheet=office_files.call(110)))
    assert (known.sheets, known.calls) == ([], [])


def test_a_sheet_that_begins_as_one_is_one_whatever_its_book_says(office_files, book):
    lying = bytearray(office_files.book())
    at = lying.index(b"\x85\0") + 4 + 5
    lying[at] = 0
    assert book(bytes(lying)).sheets == ["Macro1"]


@pytest.mark.parametrize(
    ("record", "auto"),
    [
        ((b"\0\1", True), ["Auto_Open"]),
        ((b"\0\2", True), ["Auto_Close"]),
        ((b"\0\3", True), []),
        ((b"\0Auto_Open22", False), ["Auto_Open"]),
        ((b"\0Area", False), []),
        ((b"\1" + "auto_open".encode("utf-16-le"), False), ["auto_open"]),
    ],
)
def test_names_that_have_a_macro_run_are_told(office_files, book, record, auto):
    name, built_in = record
    assert book(office_files.book(office_files.auto_open(name, built_in=built_in))).auto == auto


@pytest.mark.parametrize(
    ("number", "name"), [(110, "EXEC"), (150, "CALL"), (149, "REGISTER"), (4, None), (54, None)]
)
def test_functions_that_act_are_told(office_files, book, number, name):
    found = book(office_files.book(sheet=office_files.call(number))).calls
    assert found == ([name] if name else [])


@pytest.mark.parametrize("version", [b"\x09\x00", b"\x09\x02", b"\x09\x04"])
def test_a_file_of_the_first_versions_may_be_one_macro_sheet(book, version):
    assert book(version + b"\6\0\0\2\x40\0\0\0\x0a\0\0\0").sheets == ["the file itself"]
    assert book(version + b"\6\0\0\2\x10\0\0\0\x0a\0\0\0").sheets == []


def test_what_a_book_asks_is_told_and_counted(office_files, book):
    known = book(office_files.book(office_files.asks("cmd", "/c calc")))
    assert known.asked == [("cmd", "/c calc")]
    many = [office_files.asks("cmd", f"/c {number}") for number in range(ASKED + 1)]
    assert book(office_files.book(*many[:ASKED])).cut is False
    assert book(office_files.book(*many)).cut is True


def test_a_locked_book_is_left_to_its_reader(office_files, book):
    known = book(office_files.book(office_files.biff(0x2F, bytes(54))))
    assert known.sheets == []


@pytest.mark.slow
@pytest.mark.parametrize(("count", "cut"), [(RECORDS, False), (RECORDS + 1, True)])
def test_so_many_records_are_read_and_no_more(office_files, book, count, cut):
    assert book(office_files.biff(0x42, b"\0\0") * count).cut is cut


@pytest.mark.slow
def test_sheets_that_claim_the_same_place_are_read_within_the_same_limit(book):
    bounds = b"".join(
        struct.pack("<HHIBB", 0x85, 9, 20_000 + 6 * number, 0, 1) + b"\1\0x"
        for number in range(1000)
    )
    octets = (b"\x09\x08\4\0\0\6\5\0" + bounds + b"\x0a\0\0\0").ljust(20_000, b"\0")
    assert book(octets + b"\x42\0\2\0\0\0" * 100_000).cut


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x09",
        b"\x09\x08\x10\0",
        b"\x85\0\0\0",
        b"\x18\0\x20\0",
        b"\xae\x01\2\0\0\0",
        b"\x85\0\x08\0" + b"\xff" * 8,
    ],
)
def test_what_is_cut_off_is_nothing(book, octets):
    assert book(octets).sheets in ([], [""])
    assert calls(octets) == []
