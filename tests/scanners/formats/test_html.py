r"""What a page holds is found, however a script would build it."""

import io
import random
import zipfile
from base64 import b64encode, encodebytes, urlsafe_b64encode
from urllib.parse import quote

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats import html
from pratique.scanners.formats.html import Html
from pratique.scanners.part import Member, Part

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NOISE = b"some words, then octets: " + random.Random(3).randbytes(420)
STUB = b"MZ" + bytes(58) + b"@\0\0\0inert stub, no program" + NOISE[-200:]


def a_zip() -> bytes:
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        archive.writestr("a.exe", STUB)
    return space.getvalue()


FILES = {"eicar": EICAR, "noise": NOISE, "stub": STUB, "zip": a_zip()}


def seen(page: bytes | str, charset: str = "", limits: Limits | None = None) -> list[Member]:
    """All that the page holds, and what pages in it hold, as the walk would find it."""
    octets = page.encode() if isinstance(page, str) else page
    waiting = [Part(facts.Part(kind="html"), memoryview(octets), charset)]
    found: list[Member] = []
    while waiting:
        for member in Html().members(waiting.pop(), Budget(limits or Limits())):
            if not isinstance(member, Member):
                continue
            found.append(member)
            if member.declared_type in {"text/html", "image/svg+xml"}:
                inner = facts.Part(kind="html", inside=["html"])
                waiting.append(Part(inner, member.octets, member.charset))
    return found


def b64(octets: bytes) -> str:
    return b64encode(octets).decode()


def pieces(octets: bytes, size: int, between: str) -> str:
    written = b64(octets)
    return between.join(f"'{written[at : at + size]}'" for at in range(0, len(written), size))


def named(octets: bytes) -> str:
    """A variable for each piece, and their sum."""
    written = b64(octets)
    starts = range(0, len(written), 30)
    given = "".join(f"var q{at}='{written[at : at + 30]}';" for at in starts)
    return f"{given}atob({'+'.join(f'q{at}' for at in starts)})"


def appended(octets: bytes) -> str:
    written = b64(octets)
    return "d='';" + "".join(
        f"d+='{written[at : at + 40]}';\n" for at in range(0, len(written), 40)
    )


def linked(octets: bytes) -> bytes:
    return f"<a href=data:a/b;base64,{b64(octets)}>".encode()


def scripted(octets: bytes) -> bytes:
    return f"x=atob('{b64(octets)}')".encode()


STYLES = {
    "link": lambda file: f'<a download="a" href="data:a/b;base64,{b64(file)}">',
    "percents": lambda file: f"<a href='data:a/b,{quote(file, safe='')}'>",
    "frame": lambda file: f"<iframe src='data:text/html;base64,{b64(linked(file))}'>",
    "srcdoc": lambda file: f'<iframe srcdoc="&lt;a href=data:a/b;base64,{b64(file)}&gt;">',
    "literal": lambda file: f"<script>d='{b64(file)}'</script>",
    "sum": lambda file: f"<script>d={pieces(file, 20, '+')}</script>",
    "sum of lines": lambda file: f"<script>d={pieces(file, 31, '  +' + chr(10))}</script>",
    "list": lambda file: f"<script>d=[{pieces(file, 16, ', ')}].join('')</script>",
    "appended": lambda file: f"<script>{appended(file)}</script>",
    "variables": lambda file: f"<script>{named(file)}</script>",
    "numbers": lambda file: f"<script>[{','.join(map(str, file))}]</script>",
    "0x": lambda file: f"<script>[{', '.join(map(hex, file))}]</script>",
    "hexadecimal": lambda file: f"<script>'{file.hex()}'</script>",
    "pairs": lambda file: f"<script>'{file.hex(' ')}'</script>",
    "x": lambda file: "<script>'" + "".join(f"\\x{octet:02x}" for octet in file) + "'</script>",
    "u": lambda file: "<script>'" + "".join(f"\\u{octet:04x}" for octet in file) + "'</script>",
    "x of base64": lambda file: (
        "<script>'" + "".join(f"\\x{ord(each):02x}" for each in b64(file)) + "'</script>"
    ),
    "fromCharCode": lambda file: f"<script>x(String.fromCharCode({','.join(map(str, file))}))",
    "written": lambda file: (
        f"<script>document.write(unescape('{quote(linked(file).decode())}'))"
    ),
    "built": lambda file: (
        "<script>eval(unescape('"
        + "".join(f"%{octet:02x}" for octet in scripted(file)) + "'))"
    ),
    "twice": lambda file: f"<script>eval(atob('{b64(scripted(file))}'))</script>",
    "hidden": lambda file: f"<p id=x hidden>{b64(file)}</p><script>atob(x.innerText)</script>",
    "area": lambda file: f"<textarea>\n{encodebytes(file).decode()}</textarea><script>x</script>",
    "attribute": lambda file: f"<p data-x='{b64(file)}'></p><script>x</script>",
    "comment": lambda file: f"<!-- {b64(file)} --><script>x</script>",
    "drawing": lambda file: f'<svg><script><![CDATA[x="{b64(file)}"]]></script></svg>',
    "image": lambda file: f'<svg><image xlink:href="data:a/b;base64,{b64(file)}"/></svg>',
    "prefix": lambda file: f"<s:script xmlns:s='x'>'{b64(file)}'</s:script>",
    "event": lambda file: f"<body onload=\"atob('{b64(file)}')\">",
    "address": lambda file: f"<a href=\"javascript:atob('{b64(file)}')\">",
    "entities": lambda file: (
        "<a href='" + "".join(f"&#{ord(each)};" for each in f"data:a/b;base64,{b64(file)}") + "'>"
    ),
    "url-safe": lambda file: f"<script>'{urlsafe_b64encode(file).decode().rstrip('=')}'</script>",
    "slashes": lambda file: "<script>'" + b64(file).replace("/", "\\/") + "'</script>",
    "junk": lambda file: f"<script>'{'!'.join(b64(file))}'.replace(/!/g, '')</script>",
}  # fmt: skip


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_file_that_a_page_builds_is_found(style, file):
    assert file in [bytes(member.octets) for member in seen(style(file))]


@pytest.mark.parametrize("octets", [FILES["zip"], STUB, EICAR], ids=["zip", "stub", "eicar"])
@pytest.mark.parametrize(
    "style",
    [
        lambda file: f"<script>'{b64(file)[::-1]}'.split('').reverse()",
        lambda file: f"<script>'{b64(bytes(octet ^ 90 for octet in file))}'",
        lambda file: f"<script>[{','.join(str(octet ^ 33) for octet in file)}].map(x=>x^33)",
        lambda file: f"<p>{b64(file)}</p>",
    ],
    ids=["reversed", "xor", "xor of numbers", "no script"],
)
def test_a_known_file_is_found_in_a_simple_disguise(style, octets):
    assert octets in [bytes(member.octets) for member in seen(style(octets))]


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16"])
def test_a_page_in_another_charset_is_read(charset):
    page = f"<script>'{b64(NOISE)}'</script>"
    (member,) = seen(page.encode(charset), charset)
    assert bytes(member.octets) == NOISE


def test_what_a_script_saves_has_the_name_under_which_it_is_saved():
    page = f"<script>n='a.zip';x('{b64(NOISE)}');l.download=n;f=new File([x],'b.zip')</script>"
    (member,) = seen(page)
    assert (member.step, member.name, member.names) == ("html:a.zip", "a.zip", ("b.zip",))


def test_pictures_of_the_page_have_no_name_of_a_file():
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    page = f"<img src='data:image/png;base64,{b64(picture)}'><script>a.download='a.js'</script>"
    (member,) = seen(page)
    assert (member.name, member.names, member.declared_type) == ("", (), "image/png")


@pytest.mark.parametrize(
    "page",
    [
        "<html><p>hello</p></html>",
        f"<a href='https://click.example/{'Ab3dE' * 60}'>read the description</a>",
        f"<p>{b64(NOISE)}</p>",
        "<style>p { width: 100%; src: url(a.woff) }</style><p onclick>data: a, b</p>",
        f'<script type="application/ld+json">{{"a":"{b64(NOISE)}"}}</script>',
        "<script>x = [1, 2, 3]; y = 'hello' + ' world'</script>",
    ],
)
def test_ordinary_pages_hold_nothing(page):
    assert seen(page) == []


def test_what_stands_in_a_page_twice_is_given_once():
    uri = f"<a href='data:a/b;base64,{b64(NOISE)}'>"
    assert len(seen(uri * 3)) == 1


@pytest.mark.parametrize(
    ("known", "recognized"),
    [
        (facts.Part(kind="html", type="text/plain"), "whole"),
        (facts.Part(kind="image", type="image/svg+xml"), "whole"),
        (facts.Part(kind="script", type="application/hta"), "whole"),
        (facts.Part(kind="image", type="image/gif", name="a.html"), "within"),
        (facts.Part(kind="document", type="application/pdf", declared_type="text/html"), "within"),
        (facts.Part(kind="text", type="text/plain", name="a.txt"), ""),
    ],
)
def test_a_page_is_what_a_browser_shows_as_one(known, recognized):
    assert Html().recognize(Part(known, memoryview(b"x"))) == recognized


def test_a_frame_in_a_frame_in_a_frame_is_opened_once_each():
    page = f"<a href='data:a/b;base64,{b64(NOISE)}'>"
    for _ in range(6):
        page = f"<iframe srcdoc='{page.replace('&', '&amp;').replace(chr(39), '&#39;')}'>"
    found = [bytes(member.octets) for member in seen(page)]
    assert NOISE in found
    assert len(found) < 20


@pytest.mark.parametrize("mark", ["<!--{}-->", "<script>//{}", "<script>/{}/.source"])
def test_the_letters_of_a_mark_are_none_of_the_file(mark):
    assert STUB in [bytes(one.octets) for one in seen("<script>" + mark.format(b64(STUB)))]


def test_a_comment_may_hold_a_file_of_any_form():
    assert NOISE in [bytes(one.octets) for one in seen(f"<script></script><!--{b64(NOISE)}-->")]


def test_a_program_that_a_script_saves_and_nobody_finds_is_stated():
    page = "<script>a.href=URL.createObjectURL(new Blob(d));a.download='{}'</script>"
    (member,) = seen(page.format("a.js"))

    assert (member.name, member.unopened) == ("a.js", "unreadable")
    assert seen(page.format("a.csv")) == []
    words = page.replace("createObjectURL", "").replace("new Blob", "/blob/")
    assert seen(words.format("a.js")) == seen("<a download='a.exe' href=x>") == []


def test_a_program_that_a_script_saves_and_that_is_found_is_whole():
    page = f"<script>d=new Blob(atob('{b64(STUB)}'));a.download='a.exe'</script>"

    assert [(one.name, one.unopened) for one in seen(page)] == [("a.exe", "")]


@pytest.mark.slow
@pytest.mark.parametrize("count", [html.FILES, html.FILES + 1])
def test_so_many_files_are_given_and_no_more(count):
    page = "<script>" + "".join(f"'{b64(bytes([n & 255, n >> 8]) * 31)}' " for n in range(count))

    known = facts.Part(kind="html")
    found = list(Html().members(Part(known, memoryview(page.encode())), Budget(Limits())))
    assert len([one for one in found if isinstance(one, Member)]) == html.FILES
    assert known.unopened == ("over_budget" if count > html.FILES else "")


HOSTILE = [
    "data:" * 200_000, "<script>" + "'" * 300_000, "<script>" + "'+" * 300_000,
    "<script>" + "([{" * 200_000, "<iframe srcdoc='" * 50_000, "<script>'" + "%41" * 300_000,
    "<script>'" + "\\x4" * 300_000, "<script>[" + "1," * 500_000, "<script>" + "a='b';" * 100_000,
    "<script>a='b';" + "a+" * 300_000, "<script>" + "File([" * 200_000, "&#" * 500_000,
    "<script>" + ".replace(/" * 100_000, " on" * 500_000, "A" * 1_000_000,
    "<script>" + ("A" * 33 + "\n") * 30_000, "<script>" + "'/*" * 300_000,
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("page", HOSTILE, ids=[page[8:16] for page in HOSTILE])
def test_no_page_of_a_megabyte_costs_more_than_its_seconds(page):
    assert len(seen(page, limits=Limits(seconds=5))) <= 3
