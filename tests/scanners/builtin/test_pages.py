"""What pages do when they are opened: as files, and as the text of a mail."""

import base64
import io
import re
import zipfile
from importlib import resources
from pathlib import Path

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin.pages import NAMES, Pages
from pratique.scanners.containers.pages.behaviour import OCTETS
from pratique.scanners.part import Part

HEAD = b"From: ann@example.org\nSubject: minutes\nMIME-Version: 1.0\n"
SAVES = "b=new Blob([u]);a.href=URL.createObjectURL(b);a.download='%s';a.click()"
LONG = "<p>" + "The minutes of the meeting are below. " * 20
PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(200)


@pytest.fixture
def look():
    pages = Pages(wall.Setup(own_domains=["contoso.example"]))

    def looked(text, **known):
        follower, stated = pages(None), facts.Facts()
        known = {
            "name": "a.html",
            "kind": "html",
            "type": "text/html",
            "inside": ["message"],
            **known,
        }
        octets = text if isinstance(text, bytes) else text.encode()
        for one in follower.scan(Part(facts.Part(id=1, **known), memoryview(octets))):
            stated.MergeFrom(one)
        for one in follower.conclude():
            stated.MergeFrom(one)
        assert {one.name for one in stated.findings} <= NAMES.keys()
        return stated

    return looked


@pytest.fixture
def found(look):
    return lambda text, **known: {one.name: one.severity for one in look(text, **known).findings}


def test_the_text_of_a_mail_says_nothing(found):
    assert found("<html><p>hello <a href=https://a.example/>there</a>", name="") == {}


S, N = "suspicious", "information"
REFRESH = "<meta http-equiv=refresh content='0;url=https://x.example'>"
REFRESH_OURS = "<meta http-equiv=refresh content='0;url=https://a.contoso.example'>"
LEADS = "<script>location='https://x.example'</script>"


@pytest.mark.parametrize(
    ("page", "name", "file", "body"),
    [
        ("<form action=https://x.example><input type=password>", "Page.PasswordForm", S, S),
        ("<form action=//www.contoso.example><input type=password>", "Page.PasswordForm", N, N),
        ("<form><input type=password>", "Page.PasswordForm", N, N),
        ("<script>f()</script><input type=password>", "Page.PasswordForm", S, N),
        (REFRESH, "Page.Refresh", S, N),
        (REFRESH + LONG, "Page.Refresh", N, N),
        (REFRESH_OURS, "Page.Refresh", N, N),
        (LEADS, "Page.Refresh", S, N),
        (LEADS + LONG, "Page.Refresh", N, N),
        ("<iframe src=https://x.example>", "Page.Frame", S, N),
        ("<iframe src=https://x.example></iframe>" + LONG, "Page.Frame", N, N),
        ("<object data=http://203.0.113.7:81/a.php>" + LONG, "Page.Frame", S, S),
        ("<iframe src=http://192.168.1.5/>" + LONG, "Page.Frame", N, N),
        ("<script>eval(atob('YQ=='))</script>", "Page.Script", S, N),
        ("<script>f()</script>", "Page.Script", N, N),
    ],
)
def test_a_file_runs_and_the_text_of_a_mail_does_not(found, page, name, file, body):
    assert found(page)[name] == file
    assert found(page, name="")[name] == body


@pytest.mark.parametrize(
    ("drawing", "severity"),
    [
        ("<svg><script>function init() { draw(1) }</script></svg>", "information"),
        ("<svg onload='init(evt)'/>", "information"),
        ("<svg><script>location.href='https://x.example'</script></svg>", "suspicious"),
        ("<svg><script>eval(x)</script></svg>", "suspicious"),
        ("<svg><script href='https://x.example/a.js'/></svg>", "suspicious"),
        (
            "<svg><foreignObject><iframe src='https://x.example'/></foreignObject></svg>",
            "suspicious",
        ),
    ],
)
def test_a_drawing_with_a_script_is_told(found, drawing, severity):
    assert found(drawing, name="a.svg", type="image/svg+xml")["Svg.Script"] == severity


XHTML = "http://www.w3.org/1999/xhtml"


@pytest.mark.parametrize(
    ("page", "known"),
    [
        ("GIF89a" + LEADS, {"type": "image/gif", "kind": "image"}),
        ("%!PS-Adobe" + LEADS, {"type": "application/postscript", "kind": "document"}),
        ("OggS" + LEADS, {"type": "audio/ogg", "kind": "audio", "name": "a.xhtml"}),
        (
            "GIF89a" + LEADS,
            {"type": "image/gif", "kind": "image", "name": "a", "declared_type": "text/html"},
        ),
        (
            f"<a xmlns:x='{XHTML}'><x:script>location='//x.example'</x:script></a>",
            {"type": "text/xml", "kind": "text", "name": "a.xml"},
        ),
        (
            f"<a xmlns:x='{XHTML}'><x:script>location='//x.example'</x:script></a>",
            {"type": "text/plain", "kind": "text", "name": "a.xml"},
        ),
        (
            f"<a xmlns:x='{XHTML[:-1]}&#108;'><x:script>location='//x.example'</x:script></a>",
            {"type": "text/xml", "kind": "text", "name": "a.xml"},
        ),
    ],
)
def test_what_a_browser_shows_is_a_page_whatever_it_begins_with(found, page, known):
    assert found(page, **known)["Page.Refresh"] == S


@pytest.mark.parametrize(
    "known", [{"type": "application/xhtml+xml"}, {"name": "a.xhtml"}, {"name": "a.html"}]
)
def test_in_xml_a_script_is_closed_by_its_own_tag(found, known):
    page = "<html><script src='a.js'/><form action='//x.example'><input type='password'/></form>"
    hidden = known == {"name": "a.html"}
    assert ("Page.PasswordForm" in found(page, **known)) is not hidden


@pytest.mark.parametrize(
    "known",
    [
        {"type": "text/xml", "kind": "text", "name": "a.xml"},
        {"type": "image/gif", "kind": "image", "name": "a.gif"},
        {"type": "application/x-elf", "kind": "executable", "name": "a.html"},
        {"type": "text/plain", "kind": "text", "name": "a.txt"},
    ],
)
def test_what_no_browser_shows_is_none(found, known):
    assert found("<a><script>location='//x.example'</script></a>", **known) == {}


def test_a_drawing_without_any_is_left_alone(found):
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/><a href="#x"/></svg>'
    assert found(drawing, name="a.svg", type="image/svg+xml") == {}


def test_a_web_archive_is_opened_as_a_file(see, bounces):
    inner = b'Content-Type: text/html\n\n<script>eval(atob("YQ=="))</script>\n'
    archive = b"MIME-Version: 1.0\nSubject: x\n" + bounces.multipart(inner, type_=b"related")
    known = see(bounces.multipart(bounces.file("page.mht", archive), head=HEAD))
    assert {one.name: one.severity for one in known.findings}["Page.Script"] == "suspicious"


def smuggling(octets, name, *, saves=True):
    code = f"var u='{base64.b64encode(octets).decode()}';" + (SAVES % name if saves else "f(u)")
    return f"<html><body>{LONG}<script>{code}</script>".encode()


def zipped(name, octets):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        archive.writestr(name, octets)
    return space.getvalue()


@pytest.mark.parametrize(
    ("octets", "name", "saves", "severity"),
    [
        (PROGRAM, "a.exe", True, "malicious"),
        (PROGRAM, "a.exe", False, "suspicious"),
        (zipped("a.exe", PROGRAM), "a.zip", True, "malicious"),
        (zipped("a.txt", b"hello, " * 20), "a.zip", True, "suspicious"),
        (b"a,b,c\n" * 40, "export.csv", True, "information"),
        (b"a,b,c\n" * 40, "export.csv", False, None),
    ],
)
def test_a_file_that_a_script_builds_is_told_with_its_page(found_in, octets, name, saves, severity):
    found = found_in("pages", ("page.html", smuggling(octets, name, saves=saves)))
    assert found.get("Page.Smuggling") == severity


def test_an_archive_that_is_locked_needs_no_name(found_in):
    mail = resources.files("pratique.policies") / "shipped/mail/encrypted-text-in-zip.eml"
    locked = base64.b64decode(re.search(r"\n(UEsD[\w+/=\s]+)", mail.read_text())[1])
    found = found_in("pages", ("page.html", smuggling(locked, "x", saves=False)))
    assert found["Page.Smuggling"] == "suspicious"


@pytest.mark.slow
@pytest.mark.parametrize("more", [0, 1])
def test_so_much_of_a_page_is_looked_at_and_more_is_a_limit(look, more):
    page = b"<script>" + b"a " * ((OCTETS - 8) // 2) + b"b" * more
    assert [limit.class_ for limit in look(page).limits] == ["part_octets"] * more


def test_a_page_in_another_charset_is_read_as_a_browser_reads_it(found):
    page = "<script>eval(atob('YQ=='))</script>".encode("utf-16")
    assert found(page)["Page.Script"] == "suspicious"


def test_the_page_of_the_docs_has_each_finding_as_it_is():
    page = (Path(__file__).resolve().parents[3] / "docs/findings/pages.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert {name: (severity, meaning) for name, severity, meaning in rows} == Pages.findings
    assert f"{OCTETS // 1024**2} million characters" in page


@pytest.mark.parametrize(
    "text",
    [
        "<form action=https://a.example><input type=&#112;assword></form>",
        "<form><input type=password><button formaction=https://a.example>go</button></form>",
        "<input type=password form=f><form id=f action=https://a.example></form>",
        "<form action=https://contoso.example><input type=password><input formaction=//a.example>",
    ],
)
def test_a_password_goes_where_its_button_or_its_form_says(found, text):
    assert found(text)["Page.PasswordForm"] == "suspicious"


def test_a_form_beside_it_does_not_get_the_password(found):
    text = (
        "<form action=https://contoso.example><input type=password></form>"
        "<form action=https://a.example><input name=q></form>"
    )
    assert found(text)["Page.PasswordForm"] == "information"


def test_a_link_that_runs_is_read_though_its_letters_are_numbers(found):
    text = "<a href='java&#115;cript:location=\"https://a.example\"'>x</a>"
    assert found(text)["Page.Refresh"] == "suspicious"


def test_a_drawing_whose_script_is_an_address_has_one(found):
    text = "<svg xmlns='http://www.w3.org/2000/svg'><script href='data:text/javascript,a'/></svg>"
    known = {"name": "a.svg", "type": "image/svg+xml"}
    assert found(text, **known)["Svg.Script"] == "suspicious"
