"""What LibreOffice writes that runs, asks or fetches: told in each form that it writes."""

import subprocess

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.real("soffice")]

NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("script", "script"),
        ("meta", "meta"),
        ("svg", "svg-compatible"),
    )
) + (
    ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ooo="http://openoffice.org/2004/office"'
    ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'
)
CELL = (
    "<table:table-row><table:table-cell {} "
    'office:value-type="float" office:value="0"/></table:table-row>'
)
SCRIPTS = """<office:scripts><office:script script:language="ooo:Basic"><ooo:libraries>
<ooo:library-embedded ooo:name="Standard"><ooo:module ooo:name="M"><ooo:source-code>Sub Main
Shell "calc.exe"
End Sub</ooo:source-code></ooo:module></ooo:library-embedded></ooo:libraries></office:script>
<office:event-listeners><script:event-listener script:language="ooo:script"
script:event-name="dom:load" xlink:type="simple"
xlink:href="vnd.sun.star.script:Standard.M.Main?language=Basic&amp;location=document"/>
</office:event-listeners></office:scripts>"""


def flat(kind, body, before=""):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} office:version="1.2" '
        f'office:mimetype="application/vnd.oasis.opendocument.{kind}">{before}<office:body>'
        f"{body}</office:body></office:document>"
    )


def sheet(attributes, before=""):
    cell = CELL.format(attributes)
    inner = f'<table:table table:name="S">{cell}</table:table>'
    return flat("spreadsheet", f"<office:spreadsheet>{inner}</office:spreadsheet>", before)


FRAME = (
    '<draw:frame svg:width="5cm" svg:height="3cm" text:anchor-type="as-char"><draw:floating-frame '
    'xlink:href="http://pages.attacker.example/a.html" xlink:type="simple"/></draw:frame>'
)
TEMPLATE = (
    '<office:meta><meta:template xlink:type="simple" xlink:title="a" '
    'xlink:href="https://templates.attacker.example/a.ott"/></office:meta>'
)
SOURCES = {
    "basic.fods": sheet("", SCRIPTS),
    "dde.fods": sheet('table:formula="of:=DDE(&quot;cmd&quot;;&quot;/c calc&quot;;&quot;x&quot;)"'),
    "fetch.fodt": flat("text", f"<office:text><text:p>{FRAME}</text:p></office:text>", TEMPLATE),
}
EXPECTED = [
    # It keeps the code, and leaves the event out.
    ("basic", "ods", "Office.MacroExecutes", "information"),
    ("dde", "ods", "Office.Dde", "malicious"),
    ("dde", "xls", "Office.Dde", "malicious"),
    ("dde", "xlsx", "Office.Dde", "malicious"),
    ("fetch", "odt", "Office.ExternalTemplate", "suspicious"),
    ("fetch", "odt", "Office.ExternalObject", "suspicious"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("libreoffice")
    for name, text in SOURCES.items():
        (folder / name).write_text(text, "utf-8")
    made = {}
    for stem, form in {(stem, form) for stem, form, *_ in EXPECTED}:
        (source,) = folder.glob(f"{stem}.fod?")
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation=file://{folder}/profile",
                "--headless",
                "--convert-to",
                form,
                "--outdir",
                folder,
                source,
            ],
            check=True,
            capture_output=True,
            timeout=150,
        )
        made[stem, form] = (folder / f"{stem}.{form}").read_bytes()
    return made


@pytest.mark.parametrize("expected", EXPECTED, ids="-".join)
def test_what_it_writes_is_told(written, found_in, expected):
    stem, form, name, severity = expected
    assert found_in("documents", (f"a.{form}", written[stem, form])).get(name) == severity


@pytest.mark.parametrize(
    ("source", "name", "severity"),
    [
        ("basic.fods", "Office.MacroExecutes", "suspicious"),
        ("dde.fods", "Office.Dde", "malicious"),
        ("fetch.fodt", "Office.ExternalTemplate", "suspicious"),
    ],
)
def test_the_same_in_one_file_is_told(found_in, source, name, severity):
    assert found_in("documents", (source, SOURCES[source].encode())).get(name) == severity
