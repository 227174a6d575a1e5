"""OpenDocument, zipped and in one file: code, events, requests, what is fetched."""

import pytest

from pratique.scanners.office.gathered import Gathered
from pratique.scanners.office.opendocument import flat, look

MODULE = '<script:module script:name="M">Sub Main\nShell(&quot;calc&quot;)\nEnd Sub</script:module>'
EVENT = '<script:event-listener script:event-name="{}" xlink:href="{}"/>'
MACRO = "vnd.sun.star.script:Standard.M.Main?language=Basic&amp;location=document"


@pytest.mark.parametrize("name", ["basic/standard/m.xml", "scripts/python/m.py"])
def test_code_is_told_with_what_it_does(members, name):
    told = {name: MODULE if name.endswith("xml") else "import os\nShell('cmd.exe /c calc')"}
    assert members(look, told) == {
        "Office.Macros": "information",
        "Office.MacroExecutes": "information",
    }


@pytest.mark.parametrize("event", ["dom:load", "office:load-finished", "on-load", "dom:unload"])
def test_code_that_an_event_starts_runs_by_itself(members, event):
    told = {"content.xml": EVENT.format(event, MACRO), "basic/standard/m.xml": MODULE}
    assert members(look, told)["Office.MacroExecutes"] == "suspicious"


def test_code_behind_a_button_does_not(members):
    told = {
        "content.xml": EVENT.format("form:performaction", MACRO),
        "basic/standard/m.xml": MODULE,
    }
    assert members(look, told)["Office.MacroExecutes"] == "information"


@pytest.mark.parametrize(
    "name",
    [
        "basic/standard/script-lb.xml",
        "basic/script-lc.xml",
        "basic/",
        "pictures/a.png",
        "basic/standard/dialog1.xml",
    ],
)
def test_lists_and_windows_are_no_code(members, name):
    assert members(look, {name: "<dlg:window/>"}) == {}


@pytest.mark.parametrize(
    ("text", "name", "severity"),
    [
        (
            EVENT.format("dom:mouseover", "vnd.sun.star.script:../../a.py$b?language=Python"),
            "Office.ExternalObject",
            "malicious",
        ),
        (
            '<office:dde-source office:dde-application="cmd" office:dde-topic="/c"/>',
            "Office.Dde",
            "malicious",
        ),
        (
            '<text:dde-connection-decl office:dde-application="soffice" office:dde-topic="a.ods"/>',
            "Office.Dde",
            "information",
        ),
        ('<c table:formula="of:=DDE(&quot;cmd&quot;;&quot;/c&quot;)"/>', "Office.Dde", "malicious"),
        (
            '<meta:template xlink:href="https://a.example/t.ott"/>',
            "Office.ExternalTemplate",
            "suspicious",
        ),
        (
            '<draw:floating-frame xlink:href="http://a.example/"/>',
            "Office.ExternalObject",
            "suspicious",
        ),
        ('<draw:object xlink:href="./Object 1"/>', "Office.ExternalObject", None),
        ('<draw:image xlink:href="http://a.example/a.png"/>', "Office.ExternalObject", None),
        ('<meta:template xlink:href="../letter.ott"/>', "Office.ExternalTemplate", None),
    ],
)
@pytest.mark.parametrize("at", ["content.xml", "styles.xml", "object 1/content.xml"])
def test_what_a_text_asks_and_fetches_is_told(members, text, name, severity, at):
    assert members(look, {at: text}).get(name) == severity


def test_a_document_in_one_file_says_the_same():
    gathered = Gathered()
    text = f"<ooo:source-code>Shell(1)</ooo:source-code>{EVENT.format('dom:load', MACRO)}"
    assert list(flat(memoryview(text.encode()), gathered)) == []
    found = {one.name: one.severity for one in gathered.conclude()}
    assert found["Office.MacroExecutes"] == "suspicious"
