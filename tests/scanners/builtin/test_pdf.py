"""What PDFs do: made by pypdf, packed and locked by qpdf; and silence on those that do nothing."""

import io
import re
import subprocess
import zipfile
import zlib
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin.pdf import Pdf
from pratique.scanners.part import Message

PAGE = Path(__file__).resolve().parents[3] / "docs/findings/pdf.md"
PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(100)
SHARE, NEAR = "\\\\198.51.100.7\\s\\a", "\\\\files\\s\\a"
# Unescape and eval, as kits of 2009 to 2013 wrote it.
PACKED_SCRIPT = 'var a = unescape("%61%6c"); eval(a);'
SPRAY = 'var s = unescape("' + "%u9090" * 12 + '"); Collab.getIcon(s);'


def made(value: object) -> object:
    """An object of pypdf's: /names, texts, numbers, and what is built of them."""
    match value:
        case dict():
            return DictionaryObject({NameObject(key): made(each) for key, each in value.items()})
        case list():
            return ArrayObject([made(each) for each in value])
        case TextStringObject():
            return value
        case str() if value.startswith("/"):
            return NameObject(value)
        case str():
            return TextStringObject(value)
        case int():
            return NumberObject(value)
    return value


def written(
    root: dict[str, object] | None = None,
    page: dict[str, object] | None = None,
    files: dict[str, bytes] | None = None,
    annotation: dict[str, object] | None = None,
) -> bytes:
    """A file of one page, with so much added to its catalogue, its page and its annotations."""
    writer, space = pypdf.PdfWriter(), io.BytesIO()
    sheet = writer.add_blank_page(300, 300)
    for name, octets in (files or {}).items():
        writer.add_attachment(name, octets)
    writer.root_object.update(made(root or {}))
    sheet.update(made(page or {}))
    if annotation is not None:
        link = {"/Type": "/Annot", "/Subtype": "/Link", "/Rect": [0, 0, 9, 9], "/A": annotation}
        sheet[NameObject("/Annots")] = ArrayObject([writer._add_object(made(link))])
    writer.write(space)
    return space.getvalue()


def javascript(text: str) -> dict[str, object]:
    return {"/S": "/JavaScript", "/JS": text}


def launch(target: str, arguments: str = "") -> dict[str, object]:
    told = {"/F": target} | ({"/P": TextStringObject(arguments)} if arguments else {})
    return {"/S": "/Launch", "/Win": told}


@pytest.fixture
def of(found_in):
    """What is found in one PDF: severities by name."""

    def found(octets: bytes) -> dict[str, str]:
        return found_in("pdf_actions", ("a.pdf", octets))

    return found


FORM_SCRIPT = 'AFNumber_Format(2, 0, 0, 0, "", true);'
CASES = {
    "a form's script": (
        written(annotation=javascript(FORM_SCRIPT)),
        {"Pdf.JavaScript": "information"},
    ),
    "it prints itself": (
        written({"/OpenAction": javascript("this.print(true);")}),
        {"Pdf.JavaScript": "information", "Pdf.OpenAction": "information"},
    ),
    "a script by itself": (
        written({"/OpenAction": javascript("app.alert(this.path)")}),
        {"Pdf.JavaScript": "information", "Pdf.OpenAction": "suspicious"},
    ),
    "a page's script by itself": (
        written(page={"/AA": {"/O": javascript("app.alert(this.path)")}}),
        {"Pdf.JavaScript": "information", "Pdf.OpenAction": "suspicious"},
    ),
    "behind an action that goes to a page": (
        written({"/OpenAction": {"/S": "/GoTo", "/D": [0, "/Fit"], "/Next": [javascript("a()")]}}),
        {"Pdf.JavaScript": "information", "Pdf.OpenAction": "suspicious"},
    ),
    "a script that makes itself": (
        written(annotation=javascript(PACKED_SCRIPT)),
        {"Pdf.JavaScript": "suspicious"},
    ),
    "a script that fills the memory": (
        written({"/OpenAction": javascript(SPRAY)}),
        {"Pdf.JavaScript": "malicious", "Pdf.OpenAction": "suspicious"},
    ),
    "a shell is launched": (
        written(annotation=launch("cmd.exe", "/c start a")),
        {"Pdf.Launch": "malicious"},
    ),
    "a program is launched": (
        written(annotation=launch("setup.exe")),
        {"Pdf.Launch": "malicious"},
    ),
    "a film is launched": (
        written(annotation={"/S": "/Launch", "/F": {"/Type": "/Filespec", "/F": "film.avi"}}),
        {"Pdf.Launch": "suspicious"},
    ),
    "a film is launched by itself": (
        written({"/OpenAction": {"/S": "/Launch", "/F": "film.avi"}}),
        {"Pdf.Launch": "malicious", "Pdf.OpenAction": "suspicious"},
    ),
    "launched from a share": (
        written(annotation=launch(SHARE)),
        {"Pdf.Launch": "malicious"},
    ),
    "a form is sent": (
        written(annotation={"/S": "/SubmitForm", "/F": {"/FS": "/URL", "/F": "https://a.example"}}),
        {"Pdf.SubmitForm": "information"},
    ),
    "a form is sent by itself": (
        written({"/OpenAction": {"/S": "/SubmitForm", "/F": {"/F": "https://a.example"}}}),
        {"Pdf.SubmitForm": "suspicious", "Pdf.OpenAction": "suspicious"},
    ),
    "a form is sent to a share": (
        written(annotation={"/S": "/SubmitForm", "/F": SHARE}),
        {"Pdf.SubmitForm": "suspicious"},
    ),
    "a share is opened with the page": (
        written(page={"/AA": {"/O": {"/S": "/GoToE", "/F": SHARE, "/D": [0, "/Fit"]}}}),
        {"Pdf.RemoteGoTo": "malicious"},
    ),
    "a near share is opened with the page": (
        written(page={"/AA": {"/O": {"/S": "/GoToR", "/F": NEAR, "/D": [0, "/Fit"]}}}),
        {"Pdf.RemoteGoTo": "suspicious"},
    ),
    "a link to a near share": (
        written(annotation={"/S": "/GoToR", "/F": NEAR, "/D": [0, "/Fit"]}),
        {"Pdf.RemoteGoTo": "information"},
    ),
    "a link to a far share": (
        written(annotation={"/S": "/GoToR", "/F": SHARE, "/D": [0, "/Fit"]}),
        {"Pdf.RemoteGoTo": "suspicious"},
    ),
    "a link to the next volume": (
        written(annotation={"/S": "/GoToR", "/F": "volume2.pdf", "/D": [0, "/Fit"]}),
        {},
    ),
    "a browser is opened": (
        written({"/OpenAction": {"/S": "/URI", "/URI": "https://a.example/x"}}),
        {"Pdf.OpenAction": "suspicious"},
    ),
    "a link to the web": (written(annotation={"/S": "/URI", "/URI": "https://a.example"}), {}),
    "it is opened at a page": (written({"/OpenAction": [0, "/Fit"]}), {}),
    "a table is attached": (
        written(files={"factur-x.xml": b"<?xml version='1.0'?><a/>"}),
        {"Pdf.EmbeddedFile": "information"},
    ),
    "a program is attached": (
        written(files={"invoice.exe": PROGRAM}),
        {"Pdf.EmbeddedFile": "malicious"},
    ),
    "a script is attached": (
        written(files={"invoice.js": b"var a = 1;"}),
        {"Pdf.EmbeddedFile": "suspicious"},
    ),
    "a script opens what is attached": (
        written(
            {"/OpenAction": javascript('this.exportDataObject({cName: "a", nLaunch: 2});')},
            files={"a.txt": b"text"},
        ),
        {"Pdf.JavaScript": "suspicious", "Pdf.OpenAction": "suspicious",
         "Pdf.EmbeddedFile": "information"},
    ),
    "a script opens an attached document with macros": (
        written(
            {"/OpenAction": javascript('this.exportDataObject({cName: "a", nLaunch: 2});')},
            files={"a.docm": b"PK"},
        ),
        {"Pdf.JavaScript": "malicious", "Pdf.OpenAction": "suspicious",
         "Pdf.EmbeddedFile": "information"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_a_file_does_is_stated(case, of):
    octets, expected = CASES[case]

    assert of(octets) == expected


@pytest.mark.slow
@pytest.mark.real("qpdf")
@pytest.mark.parametrize(
    "how",
    [
        "--object-streams=generate",
        "--encrypt '' owner 256 --",
        "--encrypt '' owner 128 -- --object-streams=generate",
    ],
)
def test_the_same_is_found_when_qpdf_packs_or_locks_it(how, of, tmp_path):
    for number, (octets, expected) in enumerate(CASES.values()):
        (tmp_path / f"{number}.pdf").write_bytes(octets)
        command = f"qpdf --allow-weak-crypto {how} {number}.pdf out.pdf || [ $? = 3 ]"
        subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True, capture_output=True)

        assert of((tmp_path / "out.pdf").read_bytes()) == expected


@pytest.mark.slow
@pytest.mark.real("qpdf")
def test_a_password_of_the_mail_shows_scripts_launches_and_files(mailed, tmp_path):
    octets = written(
        annotation={**launch("cmd.exe", "-c x"), "/Next": javascript(SPRAY)},
        files={"a.exe": PROGRAM},
    )
    (tmp_path / "a.pdf").write_bytes(octets)
    command = "qpdf --object-streams=generate --encrypt secret77 owner 256 -- a.pdf out.pdf"
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    locked = (tmp_path / "out.pdf").read_bytes()

    told, not_told = (
        {one.name: one.severity for one in mailed(("a.pdf", locked), text=text).findings}
        for text in ("Password: secret77", "See the attached file.")
    )
    assert told == {
        "Pdf.Launch": "malicious",
        "Pdf.JavaScript": "malicious",
        "Pdf.EmbeddedFile": "malicious",
    }
    assert not_told == {}


def test_a_limit_is_stated_and_what_was_found_before_it_too(show):
    budget = Budget(Limits(octets=1000))
    message = Message(memoryview(b""), facts.Envelope(), facts.Mail(), budget)
    scanner, packed = Pdf(message), zlib.compress(b" " * 2000)
    stream = b"9 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(
        packed
    )
    hidden = b"%PDF-1.7\n1 0 obj<</J#53(a)>>endobj\n" + stream + packed + b"\nendstream endobj\n"
    stated = show(scanner, hidden, type="application/pdf")

    assert [(one.class_, one.part) for one in stated.limits] == [("octets", 7)]
    (concluded,) = scanner.conclude()
    assert [one.name for one in concluded.findings] == ["Pdf.HiddenName"]


@pytest.mark.parametrize("written_as", [b"/J#61vaScript", b"/#4aavaScript", b"/JavaScrip#74"])
def test_letters_of_a_telling_name_in_numbers_are_told(written_as, of):
    plain = written({"/OpenAction": javascript("app.alert(1)")})
    hidden = plain.replace(b"/JavaScript", written_as)

    assert hidden != plain
    assert of(hidden) == {"Pdf.JavaScript": "information", "Pdf.OpenAction": "suspicious",
                          "Pdf.HiddenName": "suspicious"}  # fmt: skip


def test_letters_of_other_names_may_be_numbers(of, pdf_sample):
    font = b"5 0 obj<</Type/Font/BaseFont/ABCDEF+Times#20New#20Roman/Name/#46#31>>endobj\n"

    assert of(pdf_sample.document(font)) == {}


@pytest.fixture
def pdf_sample():
    """The smallest files, by hand."""

    class Sample:
        @staticmethod
        def document(*objects: bytes) -> bytes:
            return b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n" + b"".join(objects) + (
                b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
            )  # fmt: skip

        @staticmethod
        def stream(number: int, octets: bytes, words: bytes = b"") -> bytes:
            head = b"%d 0 obj<<%b/Length %d>>stream\n" % (number, words, len(octets))
            return head + octets + b"\nendstream endobj\n"

    return Sample


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        (b'<script contentType="application/x-javascript">a.rawValue = 1;</script>', "information"),
        (b"<xfa:script>util.printf('%45000f', 1)</xfa:script>", "malicious"),
        (b"<field name='script'/>", None),
    ],
)
def test_a_script_in_a_form_of_xml(script, severity, of, pdf_sample):
    form = pdf_sample.stream(6, b"<xdp><template>" + script + b"</template></xdp>")
    octets = pdf_sample.document(b"5 0 obj<</XFA[(template)6 0 R]>>endobj\n", form)

    assert of(octets) == ({"Pdf.XfaScript": severity} if severity else {})


def picture_with_links(*addresses: str, page: str = "") -> bytes:
    writer, space = pypdf.PdfWriter(), io.BytesIO()
    picture = StreamObject()
    picture.update(made({"/Type": "/XObject", "/Subtype": "/Image", "/Width": 1, "/Height": 1,
                         "/ColorSpace": "/DeviceGray", "/BitsPerComponent": 8}))  # fmt: skip
    picture.set_data(b"\0")
    sheet = writer.add_blank_page(300, 300)
    held = writer._add_object(picture)
    resources = {"/XObject": {"/I": held}} | ({"/Font": {"/F": {"/Type": "/Font"}}} if page else {})
    sheet[NameObject("/Resources")] = made(resources)
    links = [
        made({"/Type": "/Annot", "/Subtype": "/Link", "/Rect": [0, 0, 9, 9],
              "/A": {"/S": "/URI", "/URI": each}}) for each in addresses
    ]  # fmt: skip
    sheet[NameObject("/Annots")] = ArrayObject([writer._add_object(one) for one in links])
    writer.write(space)
    return space.getvalue()


@pytest.mark.parametrize(
    ("octets", "is_one"),
    [
        (picture_with_links("https://a.example"), True),
        (picture_with_links("https://a.example", "https://a.example"), True),
        (picture_with_links("https://a.example", "https://b.example"), False),
        (picture_with_links("https://a.example", page="text"), False),
        (picture_with_links(), False),
    ],
)
def test_a_picture_with_one_link(octets, is_one, of):
    assert of(octets) == ({"Pdf.UriOnly": "information"} if is_one else {})


def test_a_program_in_an_attached_archive(mailed):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.exe", PROGRAM)
    known = mailed(("a.pdf", written(files={"b.zip": space.getvalue()})))
    (one,) = (one for one in known.findings if one.scanner == "pdf_actions")

    assert (one.name, one.severity) == ("Pdf.EmbeddedFile", "malicious")
    assert one.note == "b.zip (executable in it)"


def test_a_file_with_a_picture_in_front_of_it(of):
    octets = b"\x89PNG\r\n\x1a\n" + bytes(2000) + CASES["a shell is launched"][0]

    assert of(octets) == {"Pdf.Launch": "malicious"}


def test_a_note_says_what_and_is_short(mailed):
    action = launch("cmd.exe", "/c " + "x\u202ey\n" * 400)
    (one,) = mailed(("a.pdf", written(annotation=action))).findings

    assert one.note.startswith("cmd.exe /c x\N{REPLACEMENT CHARACTER}y x")
    assert len(one.note) <= 300


def test_the_docs_have_each_finding_and_no_other():
    rows = re.findall(r"^\| `(Pdf\.\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)

    assert {name: (how, what) for name, how, what in rows} == Pdf.findings


@pytest.mark.parametrize(
    ("written_as", "severity"),
    [
        (b"1 0%x\nobj<</S/Launch/F(cmd.exe)>>", "malicious"),
        (b"1 0" + b" " * 99 + b"obj<</S/Launch/F(cmd.exe)>>", "malicious"),
        (b"1 0 obj<</T(1 0 obj)/S/Launch/F(cmd.exe)>>", "malicious"),
        (b"1 0 obj<<%1 0 obj\n/S %a\n/Launch/F(cmd.exe)>>", "malicious"),
        (b"1 0 obj<</S/URI/URI(https://a.example/Launch)>>", None),
    ],
)
def test_a_launch_is_told_though_its_object_is_hard_to_find(written_as, severity, of):
    assert of(b"%PDF-1.4\n" + written_as + b"\nendobj\n%%EOF").get("Pdf.Launch") == severity
