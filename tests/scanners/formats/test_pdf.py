"""What is embedded in PDF, wherever it hangs and however it is written."""

import io
import zlib

import pypdf
import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats.pdf import KEPT, Pdf
from pratique.scanners.part import Part

TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 20
PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(100)


@pytest.fixture
def pdf(samples):
    return samples("pdf")


def test_a_file_that_another_writer_attached(open_with):
    writer, space = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_attachment("請求書.exe", TEXT)
    writer.write(space)

    assert open_with(Pdf(), space.getvalue()).called == {"請求書.exe": TEXT}


def test_another_reader_finds_the_same(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf.good(TEXT)))

    assert {held for each in reader.attachments.values() for held in each} == {TEXT}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b"(a\\056exe)", "a.exe"),
        (b"<612E657865>", "a.exe"),
        (b"(\xfe\xff\0a\0.\0e\0x\0e)", "a.exe"),
        (b"(\xef\xbb\xbfa.exe)", "a.exe"),
        (b"(C:\\\\dir\\\\a.exe)", "a.exe"),
    ],
)
def test_a_name_is_read_however_it_is_written(written, name, pdf, open_with):
    octets = pdf.document(pdf.specification(written), pdf.embedded(zlib.compress(TEXT)))

    assert open_with(Pdf(), octets).called == {name: TEXT}


def test_each_name_of_a_file_is_one_of_its_names(pdf, open_with):
    spec = b"2 0 obj<</F(a.txt)/UF(b.exe)/DOS(c.scr)/EF<</UF 3 0 R>>>>endobj\n"
    (member,) = open_with(Pdf(), pdf.document(spec, pdf.embedded(zlib.compress(TEXT)))).members

    assert {member.name, *member.names} == {"a.txt", "b.exe", "c.scr"}


def test_names_that_are_written_in_numbers(pdf, open_with):
    spec = b"2 0 obj<</#46(a.exe)/#45F<</#46 3 0 R>>>>endobj\n"

    assert "a.exe" in open_with(Pdf(), pdf.document(spec, pdf.embedded(zlib.compress(TEXT)))).names


@pytest.mark.parametrize("filters", [b"/Filter 7 0 R", b"/Filter[7 0 R]"])
def test_what_is_said_in_another_object_is_looked_up(filters, pdf, open_with):
    spec = (
        b"2 0 obj<</F(a.txt)/EF 6 0 R>>endobj 6 0 obj<</F 3 0 R>>endobj 7 0 obj/FlateDecode endobj "
    )
    found = open_with(Pdf(), pdf.document(spec, pdf.stream(3, zlib.compress(TEXT), filters)))

    assert found.called == {"a.txt": TEXT}


def test_a_filter_may_stand_in_an_object_stream(pdf, open_with):
    inside = b"7 0 6 13 /FlateDecode <</F 3 0 R>>"
    packed = pdf.stream(8, inside, b"/Type/ObjStm/N 2/First 9")
    spec = b"2 0 obj<</F(a.txt)/EF 6 0 R>>endobj "
    found = open_with(
        Pdf(), pdf.document(spec, packed, pdf.stream(3, zlib.compress(TEXT), b"/Filter 7 0 R"))
    )

    assert found.called == {"a.txt": TEXT}


def test_a_file_that_nothing_names_is_found_all_the_same(pdf, open_with):
    assert open_with(Pdf(), pdf.document(pdf.embedded(zlib.compress(TEXT)))).octets == [TEXT]


def test_a_stream_of_no_kind_that_is_a_program_is_a_part(pdf, open_with):
    hidden = pdf.stream(8, zlib.compress(PROGRAM), b"/Filter/FlateDecode")
    shown = pdf.stream(9, zlib.compress(b"BT (page) Tj ET"), b"/Filter/FlateDecode")
    font = pdf.stream(10, zlib.compress(b"%!PS-AdobeFont-1.0: CMR6"), b"/Filter/FlateDecode")

    assert open_with(Pdf(), pdf.document(hidden, shown, font)).octets == [PROGRAM]


def test_a_file_in_an_object_stream_and_an_annotation(pdf, open_with):
    inside = b"4 0 <</Type/Annot/FS<</F(a.exe)/EF<</F 3 0 R>>>>>>"
    packed = pdf.stream(9, zlib.compress(inside), b"/Type/ObjStm/N 1/First 4/Filter/Fl")
    octets = pdf.document(packed, pdf.embedded(zlib.compress(TEXT)))

    assert open_with(Pdf(), octets).called == {"a.exe": TEXT}


def test_what_is_named_and_not_there_is_said(pdf, open_with):
    opened = open_with(Pdf(), pdf.document(pdf.specification()))

    assert opened.known.unopened == "unreadable"
    assert (opened.members[0].name, opened.members[0].unopened) == ("fox.txt", "unreadable")


@pytest.mark.parametrize(
    ("action", "name", "text"),
    [
        (b"/S/JavaScript/JS(app.alert\\(1\\))", "javascript", b"app.alert(1)"),
        (b"/S/JavaScript/JS 8 0 R", "javascript", b"streamed"),
        (b"/S/Launch/Win<</F(cmd.exe)/P(/c x)>>", "launch", b"cmd.exe /c x"),
        (b"/XFA[(form)8 0 R]", "form", b"streamed"),
    ],
)
def test_scripts_and_forms_and_what_is_launched_are_texts(action, name, text, pdf, open_with):
    octets = pdf.document(b"7 0 obj<<" + action + b">>endobj\n", pdf.stream(8, b"streamed"))

    assert open_with(Pdf(), octets).called == {name: text}


def test_what_stands_behind_the_end_is_a_part(pdf, open_with):
    known = facts.Part(type="application/pdf")
    octets = pdf.document() + PROGRAM
    found = list(Pdf().members(Part(known, memoryview(octets)), Budget(Limits())))

    assert bytes(found[0].octets) == PROGRAM
    assert found[1].class_ == "extra_octets"


@pytest.mark.parametrize(
    ("behind", "longer", "told"),
    [
        (b"\x46" * 2000, 0, []),
        (b"\x46" * 2000, 1, ["extra_octets"]),
        (PROGRAM, 0, ["extra_octets"]),
    ],
)
def test_a_metafile_of_office_goes_on_behind_its_pdf(behind, longer, told, pdf):
    """[MS-EMF] 2.3.4.2: type 1, the signature at 40, the size of the whole at 48."""
    size = 108 + len(pdf.document()) + len(behind) + longer
    head = b"\1\0\0\0" + bytes(36) + b" EMF" + bytes(4) + size.to_bytes(4, "little") + bytes(56)
    known = facts.Part(type="application/pdf")
    part = Part(known, memoryview(head + pdf.document() + behind))
    found = list(Pdf().members(part, Budget(Limits())))

    assert bytes(found[0].octets) == behind
    assert [one.class_ for one in found[1:]] == told


@pytest.mark.parametrize(
    ("type_", "kind", "name", "octets", "told"),
    [
        ("application/pdf", "document", "", b"%PDF-", "whole"),
        ("application/zip", "archive", "", b"PK\3\4%PDF-1.4", "within"),
        ("image/png", "image", "", b"x" * 2000 + b"%PDF-", ""),
        ("image/png", "image", "a.pdf", b"x" * 2000 + b"%PDF-", "within"),
        ("application/octet-stream", "other", "", b"x" * 2000 + b"%PDF-", "within"),
        ("text/plain", "text", "", b"%PDF-", ""),
    ],
)
def test_where_a_header_makes_a_pdf(type_, kind, name, octets, told):
    known = facts.Part(type=type_, kind=kind, name=name)

    assert Pdf().recognize(Part(known, memoryview(octets))) == told


def test_an_empty_password_is_nobodys_secret(open_with):
    writer, space = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_attachment("fox.txt", TEXT)
    writer.encrypt("", "owner", algorithm="AES-256")
    writer.write(space)
    opened = open_with(Pdf(), space.getvalue())

    assert opened.called == {"fox.txt": TEXT}
    assert not opened.members[0].encrypted


def test_what_no_password_opens_says_so(pdf, open_with):
    octets = pdf.document(b"4 0 obj<</Filter/Adobe.PubSec/V 4/R 4>>endobj\n",
                          trailer=b"/Encrypt 4 0 R")  # fmt: skip
    opened = open_with(Pdf(), octets)

    assert (opened.known.unopened, opened.known.encrypted) == ("document_password", True)


def test_a_hundred_scripts_are_texts_and_the_rest_is_said(pdf, open_with):
    actions = b"".join(b"%d 0 obj<</JS(a)>>endobj\n" % number for number in range(10, 111))

    assert len(open_with(Pdf(), pdf.document(actions[: actions.rfind(b"110 0")])).members) == 100
    assert open_with(Pdf(), pdf.document(actions)).reached == ["parts"]


def read(reader, octets, sha256="a", **known):
    part = Part(facts.Part(type="application/pdf", sha256=sha256, **known), memoryview(octets))
    budget = Budget(Limits())
    return list(reader.members(part, budget)), budget.charged_octets


def test_a_file_with_nothing_in_it_is_not_read_again_and_charged_all_the_same(pdf):
    reader, nothing = (
        Pdf(),
        pdf.document(pdf.stream(3, zlib.compress(TEXT), b"/Filter/FlateDecode")),
    )
    first = read(reader, nothing)

    # It could not be told from another with its hash; there is none.
    assert first == read(reader, pdf.document(pdf.embedded(zlib.compress(TEXT))))
    assert first[1] >= len(TEXT)


@pytest.mark.parametrize(
    ("octets", "known"),
    [
        (b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", {}),
        (Pdf.smallest, {"sha256": ""}),
        (Pdf.smallest, {"encrypted": True}),
        (Pdf.smallest + b"behind it all", {}),
    ],
    ids=["cut off", "no hash", "locked", "something behind"],
)
def test_of_what_had_a_reason_or_something_in_it_nothing_is_kept(octets, known, pdf):
    reader = Pdf()
    read(reader, octets, **known)

    members, _ = read(reader, pdf.document(pdf.embedded(zlib.compress(TEXT))), **known)
    assert [bytes(member.octets) for member in members] == [TEXT]


def test_of_one_type_nothing_is_said_of_another():
    reader, octets = Pdf(), Pdf.smallest + b"behind it all"
    part = Part(facts.Part(type="image/png", sha256="a"), memoryview(octets))

    assert list(reader.members(part, Budget(Limits()))) == []
    assert len(read(reader, octets)[0]) == 1


@pytest.mark.parametrize(("others", "kept"), [(KEPT - 1, True), (KEPT, False)])
def test_no_more_are_kept_than_that_and_the_oldest_goes(others, kept, pdf):
    reader = Pdf()
    for number in range(others + 1):
        read(reader, Pdf.smallest, str(number))

    members, _ = read(reader, pdf.document(pdf.embedded(zlib.compress(TEXT))), "0")
    assert (members == []) == kept
