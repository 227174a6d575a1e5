"""What a message leads to: bodies, attachments, documents."""

import io
import re
import zipfile
from pathlib import Path

import pypdf
import pytest
from pypdf.annotations import Link
from pypdf.generic import NameObject, NumberObject, StreamObject

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin.links import (
    ATTACHED_LINKS,
    ATTACHED_OCTETS,
    BODY_OCTETS,
    Links,
    _may_have,
)
from pratique.scanners.links.gathered import LISTED, LOOKED_AT
from pratique.scanners.links.in_text import LOOKS
from pratique.scanners.part import Part

HEAD = b"From: ann@example.org\nSubject: minutes\nMIME-Version: 1.0\n"


@pytest.fixture
def follow():
    """The facts of parts, by a scanner that knows us."""
    links = Links(wall.Setup(own_domains=["contoso.example"], shorteners=["go.example"]))

    def followed(*parts):
        follower, stated = links(None), facts.Facts()
        for number, (octets, known) in enumerate(parts, start=1):
            part = facts.Part(id=number, **known)
            for one in follower.scan(Part(part, memoryview(octets))):
                stated.MergeFrom(one)
        for one in follower.conclude():
            stated.MergeFrom(one)
        return stated

    return followed


def text(octets, **known):
    return octets, {"kind": "text", "type": "text/plain", "inside": ["message"], **known}


def page(octets, **known):
    return octets, {"kind": "html", "type": "text/html", "inside": ["message"], **known}


def urls(stated):
    return [link.url for link in stated.links]


def test_a_message_without_links_says_nothing(follow):
    stated = follow(text(b"hello, 12/03/2026 and/or so"), page(b"<p>hello"))
    assert not stated.ByteSize()


def test_links_of_all_texts_are_told_once_each_with_its_part(follow):
    stated = follow(
        text(b"see https://a.example/x"),
        page(b'<a href="https://a.example/x">x</a><a href="https://go.example/y">y</a>'),
    )
    assert [(link.url, link.part) for link in stated.links] == [
        ("https://a.example/x", 1),
        ("https://go.example/y", 2),
    ]
    assert list(stated.links[1].tricks) == ["shortener"]


def test_a_finding_stands_beside_its_link(follow):
    stated = follow(page(b'<a href="http://203.0.113.7/a.pif">http://www.contoso.example/b</a>'))
    assert {one.name for one in stated.findings} == {"Link.OwnName", "Link.Program"}


def test_a_folded_line_of_a_calendar_is_one(follow):
    octets = b"BEGIN:VCALENDAR\r\nURL:https://a.exam\r\n ple/x\\,y\r\nEND:VCALENDAR\r\n"
    stated = follow(text(octets, type="text/calendar", name="a.ics"))
    assert urls(stated) == ["https://a.example/x,y"]


@pytest.mark.parametrize(("more", "limits"), [(0, []), (1, ["links"])])
def test_of_a_body_so_many_octets_are_read_and_more_are_a_limit(follow, more, limits):
    octets = b"http://a.example/ " + b"/" * (BODY_OCTETS - 18 + more)
    for part in (text(octets), page(octets)):
        assert [limit.class_ for limit in follow(part).limits] == limits


@pytest.mark.parametrize(("more", "limits"), [(0, []), (1, ["links"])])
def test_of_a_body_so_many_links_are_looked_at_and_more_are_a_limit(follow, more, limits):
    lines = [b"http://a.example/%d" % number for number in range(LOOKED_AT + more)]
    anchors = [b'<a href="%b">' % line for line in lines]
    for part in (text(b"\n".join(lines)), page(b"\n".join(anchors))):
        assert [limit.class_ for limit in follow(part).limits] == limits


@pytest.mark.slow
def test_a_body_with_too_much_that_may_be_an_address_is_a_limit(follow):
    octets = b"x.y/ " * (LOOKS + 1)
    assert [limit.class_ for limit in follow(text(octets)).limits] == ["links"]
    assert not follow(text(octets, name="a.txt")).limits


def test_of_what_is_attached_the_first_links_are_told_and_no_limit(follow):
    lines = [b"http://a.example/%d" % number for number in range(LOOKED_AT + 1)]
    for part in (
        text(b"\n".join(lines), name="a.csv"),
        page(b"".join(b'<a href="%b">' % line for line in lines), name="a.html"),
        text(b"x" * (ATTACHED_OCTETS + BODY_OCTETS) + b" /", name="a.log"),
    ):
        stated = follow(part)
        assert len(stated.links) + stated.links_left_out in {0, ATTACHED_LINKS}
        assert not stated.limits


def test_a_pdf_leads_where_another_writer_made_it_lead(see, bounces):
    writer, space = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url="https://a.example/(x)/b.zip"))
    writer.write(space)
    known = see(bounces.multipart(bounces.file("a.pdf", space.getvalue()), head=HEAD))
    pdf = next(part for part in known.parts if part.name == "a.pdf")
    assert [(link.url, link.part) for link in known.links] == [
        ("https://a.example/(x)/b.zip", pdf.id)
    ]


def test_a_pdf_whose_objects_are_packed_leads_there_too(see, bounces):
    writer, space = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    packed = b"1 0 " + b"<</S/URI/URI(http://203.0.113.7/a.iso)>>"
    stream = StreamObject()
    stream.set_data(packed)
    stream.update(
        {
            NameObject("/Type"): NameObject("/ObjStm"),
            NameObject("/N"): NumberObject(1),
            NameObject("/First"): NumberObject(4),
        }
    )
    writer._add_object(stream.flate_encode())
    writer.write(space)
    known = see(bounces.multipart(bounces.file("a.pdf", space.getvalue()), head=HEAD))
    assert urls(known) == ["http://203.0.113.7/a.iso"]
    assert [one.name for one in known.findings if one.scanner == "links"] == ["Link.Program"]


def test_an_office_document_leads_where_its_relations_say(see, bounces):
    space = io.BytesIO()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    with zipfile.ZipFile(space, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships><Relationship Id="a" Type="{kind}" Target="https://a.example/x" '
            'TargetMode="External"/></Relationships>',
        )
        archive.writestr("word/document.xml", "<w:document/>")
    known = see(bounces.multipart(bounces.file("a.docx", space.getvalue()), head=HEAD))
    assert urls(known) == ["https://a.example/x"]


ROOT = Path(__file__).resolve().parents[3]


def test_the_pages_of_the_docs_have_each_finding_and_each_number_as_it_is():
    page = (ROOT / "docs/findings/links.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert {name: (severity, meaning) for name, severity, meaning in rows} == Links.findings
    page = (ROOT / "docs/links.md").read_text("utf-8")
    tricks = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", page, re.MULTILINE)
    assert set(facts.LinkTricks.Word.keys()) - {"none"} <= set(tricks)
    for said in (
        f"up to {BODY_OCTETS // 1024**2} MB",
        f"{LOOKED_AT:,} links",
        f"first {ATTACHED_LINKS}",
    ):
        assert said in page
    assert f"{LISTED} links are listed" in page


@pytest.mark.parametrize(
    ("written", "may"),
    [
        (b"a/b", True), (b"\\\\a", True), (b"a\\b\\c", False), (b"www", True), (b"WWW", True),
        (b"Www", True), (b"wWw", False), (b"ww.w", False), (b"", False),
    ],
)  # fmt: skip
def test_a_text_is_read_only_where_an_address_may_stand(written, may):
    assert _may_have(written) is may
