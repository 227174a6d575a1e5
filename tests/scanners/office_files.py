"""Write documents that no free tool writes, by their specifications.

A VBA project ([MS-OVBA]), a book with a macro sheet ([MS-XLS]), an equation with a font's
name too long, links: tests/scanners/office/test_against_oletools.py has oletools read each.
"""

import importlib.util
import io
import struct
import zipfile
from pathlib import Path

WRITER = Path(__file__).with_name("formats") / "samples/_compound.py"
spec = importlib.util.spec_from_file_location("of_compound", WRITER)
writer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(writer)
compound = writer.compound
COMPILED = b"\1\x16\1\0\6"


def packed(text: bytes) -> bytes:
    """[MS-OVBA] 2.4.1.3.6, with literals only: a flag octet before each eight."""
    out = b"\1"
    for at in range(0, len(text), 3600):
        piece = text[at : at + 3600]
        tokens = b"".join(b"\0" + piece[by : by + 8] for by in range(0, len(piece), 8))
        out += struct.pack("<H", 0xB000 | len(tokens) - 1) + tokens
    return out


def record(kind: int, octets: bytes) -> bytes:
    return struct.pack("<HI", kind, len(octets)) + octets


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def directory(modules: dict[str, int], page: int = 1252) -> bytes:
    """[MS-OVBA] 2.3.4.2: the stream `dir`, before it is packed."""
    out = record(1, bytes(4)) + record(2, struct.pack("<I", 0x409))
    out += record(0x14, struct.pack("<I", 0x409)) + record(3, struct.pack("<H", page))
    out += record(4, b"VBAProject") + record(5, b"") + record(0x40, b"")
    out += record(6, b"") + record(0x3D, b"") + record(7, bytes(4)) + record(8, bytes(4))
    out += struct.pack("<HIIH", 9, 4, 1, 1) + record(0x0C, b"") + record(0x3C, b"")
    out += record(0x0F, struct.pack("<H", len(modules))) + record(0x13, b"\xff\xff")
    for name, offset in modules.items():
        short = name.encode(f"cp{page}", "replace")
        out += record(0x19, short) + record(0x47, wide(name))
        out += record(0x1A, short) + record(0x32, wide(name))
        out += record(0x1C, b"") + record(0x48, b"") + record(0x31, struct.pack("<I", offset))
        out += record(0x1E, bytes(4)) + record(0x2C, b"\xff\xff") + record(0x21, b"")
        out += record(0x2B, b"")
    return out + record(0x10, b"")


def compiled(lines: int) -> bytes:
    """What a module is compiled to, as far as its table of lines."""
    head = COMPILED.ljust(0x19, b"\0") + struct.pack("<I", 0)
    return head.ljust(0x3C, b"\0") + b"\xfe\xca\1\0" + struct.pack("<H", lines) + bytes(12 * lines)


def project(
    modules: dict[str, str], folder: str = "", *, lines: int = 0, page: int = 1252
) -> dict[str, bytes]:
    """The streams of a project; with `lines` its modules are compiled to so many."""
    before = compiled(lines) if lines else b""
    streams = {f"{folder}VBA/dir": packed(directory(dict.fromkeys(modules, len(before)), page))}
    streams[f"{folder}VBA/_VBA_PROJECT"] = bytes.fromhex("cc61ffff00000000")
    for name, source in modules.items():
        text = f'Attribute VB_Name = "{name}"\r\n{source}'.encode(f"cp{page}", "replace")
        streams[f"{folder}VBA/{name}"] = before + packed(text)
    text = 'ID="{0}"\r\n' + "".join(f"Module={name}\r\n" for name in modules)
    return streams | {f"{folder}PROJECT": text.encode("latin-1", "replace")}


def biff(kind: int, octets: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(octets)) + octets


def bof(sheet: int) -> bytes:
    return biff(0x0809, struct.pack("<HHHHII", 0x0600, sheet, 0, 0, 0, 6))


def auto_open(name: bytes = b"\0\1", *, built_in: bool = True) -> bytes:
    """[MS-XLS] 2.4.150, Lbl: by default the built-in name 1."""
    head = struct.pack(
        "<HBBHHHBBBB", 0x20 if built_in else 0, 0, len(name) - 1, 0, 0, 1, 0, 0, 0, 0
    )
    return biff(0x18, head + name)


def call(function: int) -> bytes:
    """A formula in A1 that calls a function with a text: [MS-XLS] 2.4.127, 2.5.198."""
    tokens = b"\x17\4\0calc" + struct.pack("<BBH", 0x42, 1, function)
    return biff(6, bytes(20) + struct.pack("<H", len(tokens)) + tokens)


def book(*records: bytes, sheet: bytes = b"", state: int = 0, dt: int = 1) -> bytes:
    """The stream `Workbook`: globals with one sheet that is a macro sheet by default."""
    name = b"\6\0Macro1"
    before = bof(5) + b"".join(records)
    place = len(before) + 4 + 6 + len(name) + 4
    globals_ = before + biff(0x85, struct.pack("<IBB", place, state, dt) + name) + biff(0x0A)
    return globals_ + bof(0x40 if dt == 1 else 0x10) + sheet + biff(0x0A)


def asks(service: str, topic: str) -> bytes:
    """[MS-XLS] 2.4.271, SupBook of a link by DDE."""
    path = f"{service}\3{topic}".encode("latin-1")
    return biff(0x01AE, struct.pack("<HHB", 0, len(path), 0) + path)


def zipped(members: dict[str, bytes | str]) -> bytes:
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w", zipfile.ZIP_DEFLATED) as made:
        for name, octets in members.items():
            made.writestr(name, octets)
    return space.getvalue()


TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN = "application/vnd.openxmlformats-officedocument.{}.main+xml"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def relations(*targets: tuple[str, str, str]) -> str:
    """A member `.rels`: kind, target, mode of each."""
    inner = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"'
        f' TargetMode="{mode}"/>'
        for number, (kind, target, mode) in enumerate(targets)
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{RELATIONS}">{inner}</Relationships>'


def ooxml(members: dict[str, bytes | str], form: str = "wordprocessingml.document") -> bytes:
    """A package of OOXML with a main part, and other members."""
    folder, main = ("word", "document.xml") if form.startswith("word") else ("xl", "workbook.xml")
    part = f"/{folder}/{main}"
    types = (
        f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="{part}" ContentType="{MAIN.format(form)}"/></Types>'
    )
    body = f'<w:document xmlns:w="{WORDS}"><w:body/></w:document>'
    return zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": relations(("officeDocument", part, "Internal")),
            part[1:]: body if folder == "word" else "<workbook/>",
            **members,
        }
    )
