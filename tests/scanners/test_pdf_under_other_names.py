"""A PDF is one for whoever opens it by its name, by what it was sent as, or by its first octets."""

import pytest

LAUNCH = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction 3 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"3 0 obj<</S/Launch/Win<</F(cmd.exe)/P(/c start a)>>>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
# Programs look for the head in the first 1,024 octets (ISO 32000-1, annex H.3.4.1).
JUNK = b"\x93\x01 kept from a mailbox \r\n" * 8
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"


@pytest.mark.parametrize(
    ("name", "octets", "declared"),
    [
        ("a.pdf", LAUNCH, "application/pdf"),
        ("a.pdf", JUNK + LAUNCH, "application/octet-stream"),
        ("scan", LAUNCH, "application/octet-stream"),
        ("scan", JUNK + LAUNCH, "application/pdf"),
        ("scan.dat", GIF + LAUNCH, "application/pdf"),
        ("scan.gif", GIF + LAUNCH, "application/pdf"),
    ],
)
def test_a_pdf_that_launches_a_shell_is_found_as_one(name, octets, declared, bounces, see):
    known = see(bounces.multipart(bounces.text, bounces.file(name, octets, declared)))

    assert ("Pdf.Launch", "malicious") in [(one.name, one.severity) for one in known.findings]


@pytest.mark.parametrize(("name", "declared"), [("a.gif", "image/gif"), ("a.pdf", "image/gif")])
def test_a_picture_is_none(name, declared, bounces, see):
    known = see(bounces.multipart(bounces.text, bounces.file(name, GIF, declared)))

    assert [one for one in known.findings if one.name.startswith("Pdf.")] == []
