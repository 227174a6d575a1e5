"""The walk with the readers and scanners that we ship: containers in containers.

What each reader does alone is tested beside it; here they come one after the other.
"""

import gzip
import io
import zipfile
from binascii import b2a_base64

import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.formats import FORMATS
from pratique.scanners.inspector import Unfit, families_of, load


@pytest.fixture(scope="module")
def inspector():
    return load(wall.Setup())


def mail(*files):
    parts = "".join(
        f'--b\r\nContent-Type: application/octet-stream; name="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{b2a_base64(octets).decode()}\r\n"
        for name, octets in files
    )
    return f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n{parts}--b--\r\n'.encode()


def zip_of(files):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return space.getvalue()


@pytest.fixture
def look(listen):
    def looked(inspector, octets):
        heard = listen()
        inspector.inspect(memoryview(octets), wall.Inspect(), heard)
        assert heard.failures() == []
        return heard

    return looked


def test_a_program_is_found_through_every_container(inspector, look):
    inner = zip_of({"invoice.pdf.exe": b"MZ"})
    heard = look(inspector, mail(("a.tgz", gzip.compress(inner, mtime=0)), ("plain.txt", b"hello")))

    assert [(part.path, part.kind) for part in heard.parts.values()] == [
        ("", "message"),
        ("1", "archive"),
        ("1/gzip:a.tar", "archive"),
        ("1/gzip:a.tar/zip:invoice.pdf.exe", "executable"),
        ("2", "text"),
    ]
    assert list(heard.parts[3].inside) == ["message", "gzip", "zip"]
    assert list(heard.parts[3].disguised) == ["double_extension"]
    assert heard.unopened() == {}


@pytest.mark.parametrize(("levels", "unopened"), [(16, set()), (17, {"over_budget"})])
def test_zips_in_zips_are_opened_to_the_limit(levels, unopened, inspector, look):
    octets = zip_of({"end.txt": b"end"})
    for _ in range(levels - 1):
        octets = zip_of({"z.zip": octets})
    heard = look(inspector, mail(("z.zip", octets)))

    assert set(heard.unopened().values()) == unopened
    assert len(heard.parts) == 18
    assert bool(heard.limits()) == bool(unopened)


def test_forty_zips_in_another_are_no_harm(inspector, look):
    octets = b"end"
    for _ in range(40):
        octets = zip_of({"z.zip": octets})

    assert look(inspector, mail(("z.zip", octets))).limits() == [("depth", 17)]


@pytest.mark.slow
def test_fifty_thousand_empty_members_are_too_many(look):
    inspector = load(wall.Setup(budget=wall.Budget(parts=1000)))
    octets = zip_of({str(number): b"" for number in range(50_000)})
    heard = look(inspector, mail(("many.zip", octets)))

    assert len(heard.parts) == 1000
    assert heard.unopened() == {1: "over_budget"}
    assert heard.limits() == [("parts", 1)]


@pytest.mark.slow
def test_gzip_in_gzip_of_zeros_is_stopped(inspector, look):
    octets = gzip.compress(gzip.compress(bytes(64 << 20)), mtime=0)
    heard = look(inspector, mail(("bomb.gz.gz", octets)))

    assert "over_budget" in heard.unopened().values()


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (b"Rar!\x1a\7\0", "unreadable"),
        (b"7z\xbc\xaf\x27\x1c", "unreadable"),
        (b"MSWIM\0\0\0", "needs_program"),
        (b"\x78\x9f\x3e\x22", "unreadable"),
        (b"PK\3\4" + bytes(26), "unreadable"),
    ],
)
def test_what_is_no_leaf_and_is_not_opened_says_so(octets, word, inspector, look):
    assert look(inspector, mail(("x", octets))).unopened() == {1: word}


def test_a_message_in_a_message_is_opened(inspector, look):
    inner = b"Subject: x\r\nFrom: a@b.example\r\n\r\n" + mail(("a.exe", b"MZ"))
    outer = b"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n" + mail(("a.exe", b"MZ"))
    heard = look(inspector, outer)

    assert [part.path for part in heard.parts.values()] == ["", "1", "1/1"]
    assert heard.parts[2].kind == "executable"
    assert look(inspector, mail(("x.eml", inner))).parts[1].kind == "message"


def test_a_broken_rule_file_makes_it_unfit(tmp_path):
    (tmp_path / "bad.yar").write_text("rule x { condition: nope }")

    with pytest.raises(Unfit, match=r"bad\.yar:1: .*nope"):
        load(wall.Setup(rule_folders=[str(tmp_path)]))


def test_the_names_of_scanners_are_told_in_order(inspector):
    assert inspector.scanners[:4] == ("filetype", "disguise", "yara", "shortcuts")
    assert inspector.scanners[4:9] == (
        "macros", "bounce", "pdf_actions", "onenote_files", "one_program",
    )  # fmt: skip


def test_what_is_packed_behind_a_picture_is_found(inspector, look):
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(200)
    heard = look(inspector, mail(("a.png", picture + gzip.compress(b"MZ" + bytes(300), mtime=0))))

    assert [part.path for part in heard.parts.values()] == [
        "",
        "1",
        "1/carried:gzip",
        "1/carried:gzip/gzip:",
    ]
    assert heard.unopened() == {}


def test_families_of_a_file_are_known_besides_ours(tmp_path):
    file = tmp_path / "families.toml"
    file.write_text("[families]\nRhubarb = ['Rabarber']\n")
    assert families_of(str(file)).known("rabarber_a") == "Rhubarb"
    assert families_of("").known("novarg_a") == "Mydoom"


@pytest.mark.parametrize("octets", [None, b"families = 3", b"\xff"])
def test_a_file_of_families_that_cannot_be_used_stops_the_start(octets, tmp_path):
    file = tmp_path / "families.toml"
    if octets is not None:
        file.write_bytes(octets)
    with pytest.raises(Unfit, match=r"^families: .*families\.toml: "):
        families_of(str(file))


def test_what_a_message_held_is_freed_when_it_was_looked_at(inspector, look, freed_at_once):
    files = [(form.name, form.smallest) for form in FORMATS]
    files += [("all.zip", zip_of(dict(files))), ("a.zip", zip_of(dict(files))[:-9])]
    look(inspector, mail(*files, ("a.pdf", b"%PDF-1.4\n1 0 obj<</JS(a)>>endobj")))
    with freed_at_once():
        # Another one, for what came of the first is remembered.
        look(inspector, mail(*files, ("a.pdf", b"%PDF-1.4\n1 0 obj<</JS(b)>>endobj")))
