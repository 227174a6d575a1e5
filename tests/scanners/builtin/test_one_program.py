"""Archives and disk images that hold one program, made by 7z, zip, genisoimage and mtools."""

import re
import subprocess
from pathlib import Path

import pytest

from pratique.scanners.builtin.one_program import OneProgram

PAGE = Path(__file__).resolve().parents[3] / "docs/findings/archives.md"
PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(100)
ONE, IMAGE, LOCKED = "Archive.OneProgram", "Image.Program", "Archive.PasswordBeside"
FILES = {
    "setup.exe": PROGRAM,
    "old.scr": PROGRAM,
    "invoice.pdf.exe": PROGRAM,
    "a.js": b"var a = 1;\n",
    "a.lnk": b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F".ljust(80, b"\0"),
    "a.dll": PROGRAM + b"library",
    "readme.txt": b"Read me.\n",
    "b.txt": b"Read me too.\n",
    "c.txt": b"And me.\n",
    "a.png": b"\x89PNG\r\n\x1a\n" + bytes(60),
    "a.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    "._setup.exe": b"\0\5\x16\7" + bytes(100),
    ".DS_Store": bytes(20),
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """What commands make of files: the octets of a file `out`."""

    def made(*commands):
        folder = tmp_path_factory.mktemp("made")
        for name, octets in FILES.items():
            (folder / name).write_bytes(octets)
        (folder / "__MACOSX").mkdir()
        (folder / "__MACOSX/._setup.exe").write_bytes(FILES["._setup.exe"])
        for command in commands:
            subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True)
        return (folder / "out").read_bytes()

    return made


@pytest.fixture
def of(make, found_in):
    def found(*commands, name="a.zip", text="See it."):
        return found_in("one_program", (name, make(*commands)), text=text)

    return found


ARCHIVES = [
    ("setup.exe", {ONE: "information"}),
    ("setup.exe readme.txt a.png", {ONE: "information"}),
    ("setup.exe readme.txt b.txt c.txt", {}),
    ("setup.exe a.pdf", {}),
    ("setup.exe a.dll", {}),
    ("setup.exe .DS_Store __MACOSX/._setup.exe", {ONE: "information"}),
    ("old.scr", {ONE: "suspicious"}),
    ("a.js", {ONE: "suspicious"}),
    ("a.js a.pdf", {}),
    ("a.lnk", {ONE: "malicious"}),
    ("invoice.pdf.exe", {ONE: "malicious"}),
    ("readme.txt", {}),
    ("a.pdf a.png", {}),
]


@pytest.mark.real("zip")
@pytest.mark.parametrize(("names", "expected"), ARCHIVES)
def test_a_zip_with_one_program_is_told(names, expected, of):
    assert of(f"zip -q o.zip {names} && mv o.zip out") == expected


@pytest.mark.real("7z")
@pytest.mark.parametrize("form", ["7z", "zip", "tar"])
@pytest.mark.parametrize(("names", "expected"), [ARCHIVES[0], ARCHIVES[7], ARCHIVES[11]])
def test_an_archive_of_another_form_is_told_like_a_zip(form, names, expected, of):
    assert of(f"7zz a o.{form} {names} && mv o.{form} out", name=f"a.{form}") == expected


@pytest.mark.real("zip")
@pytest.mark.parametrize(
    ("inner", "expected"), [("setup.exe", {ONE: "suspicious"}), ("readme.txt", {})]
)
def test_an_archive_in_an_archive_is_told_by_what_the_inner_one_holds(inner, expected, of):
    commands = f"zip -q i.zip {inner}", "tar cf o.tar i.zip readme.txt", "gzip -c o.tar > out"

    assert of(*commands, name="a.tar.gz") == expected


@pytest.mark.real("7z")
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("setup.exe", {ONE: "suspicious", LOCKED: "suspicious"}),
        ("a.js", {ONE: "malicious", LOCKED: "suspicious"}),
        ("a.pdf", {LOCKED: "information"}),
        ("a.pdf readme.txt", {}),
    ],
)
@pytest.mark.parametrize("form", ["7z -mhe=on", "zip", "zip -mem=AES256"])
def test_a_locked_archive_whose_password_the_mail_tells_is_told_by_what_it_holds(
    names, expected, form, of
):
    command = f"7zz a -psecret77 -t{form} zz {names} && mv zz* out"

    assert of(command, text="The password is: secret77") == expected


@pytest.mark.real("7z")
def test_a_locked_archive_whose_password_nobody_tells_is_told_by_its_names(of):
    assert of("7zz a -psecret77 o.zip setup.exe && mv o.zip out") == {ONE: "suspicious"}
    assert of("7zz a -psecret77 o.zip a.pdf && mv o.zip out") == {}
    assert of("7zz a -psecret77 -mhe=on o.7z a.js && mv o.7z out", name="a.7z") == {}


@pytest.mark.real("genisoimage")
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("setup.exe", {IMAGE: "suspicious", ONE: "information"}),
        ("a.lnk a.dll", {IMAGE: "malicious"}),
        ("a.lnk", {IMAGE: "malicious", ONE: "malicious"}),
        ("setup.exe a.pdf readme.txt", {IMAGE: "suspicious"}),
        ("a.pdf readme.txt", {}),
    ],
)
def test_a_disc_with_a_program_is_told(names, expected, of):
    assert of(f"genisoimage -quiet -J -r -o out {names}", name="a.iso") == expected


@pytest.mark.real("genisoimage")
@pytest.mark.real("zip")
def test_a_disc_in_an_archive_is_told_as_well(of):
    commands = "genisoimage -quiet -J -o i.iso a.lnk a.dll", "zip -q o.zip i.iso && mv o.zip out"

    assert of(*commands) == {IMAGE: "malicious"}


@pytest.mark.real("mtools")
@pytest.mark.parametrize(
    ("names", "expected"), [("setup.exe", {IMAGE: "suspicious", ONE: "information"}), ("a.pdf", {})]
)
def test_a_disk_with_a_program_is_told(names, expected, of):
    commands = "mformat -C -i out -f 1440 ::", f"mcopy -i out {names} ::"

    assert of(*commands, name="a.img") == expected


@pytest.mark.real("zip")
def test_each_outermost_archive_is_judged_by_itself(make, mailed):
    zips = [make(f"zip -q o.zip {name} && mv o.zip out") for name in ("a.js", "a.pdf", "setup.exe")]
    known = mailed(*((f"{number}.zip", octets) for number, octets in enumerate(zips)))
    names = {part.id: part.name for part in known.parts}
    found = [one for one in known.findings if one.scanner == "one_program"]

    assert [(names[one.part], one.note) for one in found] == [
        ("0.zip", "a.js (script)"),
        ("2.zip", "setup.exe (executable)"),
    ]


def test_the_docs_have_each_finding_and_no_other():
    rows = re.findall(r"^\| `(\w+\.\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)

    assert {name: (how, what) for name, how, what in rows} == OneProgram.findings
