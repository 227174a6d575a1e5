"""Members of OOXML: what they fetch, ask, embed and run."""

import pytest

from pratique.scanners.office.package import look


@pytest.mark.parametrize(
    "told",
    [
        (
            "attachedTemplate",
            "http://a.example/t.dotm",
            "External",
            {"Office.ExternalTemplate": "suspicious"},
        ),
        (
            "attachedTemplate",
            "http:&#x2F;/a.example/t.dotm",
            "external",
            {"Office.ExternalTemplate": "suspicious"},
        ),
        (
            "attachedTemplate",
            "\\\\files\\t\\a.dotx",
            "External",
            {"Office.ExternalTemplate": "information"},
        ),
        ("attachedTemplate", "file:///C:\\a\\a.dotm", "External", {}),
        ("attachedTemplate", "http://a.example/t.dotm", "Internal", {}),
        (
            "oleObject",
            "mhtml:http://a.example/x!x-usc:http://a.example/x",
            "External",
            {"Office.ExternalObject": "malicious"},
        ),
        (
            "oleObject",
            "http://a.example/x.html!",
            "External",
            {"Office.ExternalObject": "malicious"},
        ),
        ("frame", "http://a.example/x", "External", {"Office.ExternalObject": "suspicious"}),
        ("oleObject", "file:///C:\\a.xlsx", "External", {}),
        ("image", "http://a.example/logo.png", "External", {}),
        (
            "image",
            "\\\\198.51.100.7\\s\\a.png",
            "External",
            {"Office.ExternalObject": "suspicious"},
        ),
        ("hyperlink", "http://a.example/", "External", {}),
        ("hyperlink", "\\\\198.51.100.7\\s\\a", "External", {}),
        ("externalLinkPath", "https://a.example/book.xlsx", "External", {}),
        ("styles", "styles.xml", "Internal", {}),
    ],
)
def test_what_lies_elsewhere_is_told(office_files, members, told):
    *relation, found = told
    relations = office_files.relations(("styles", "styles.xml", "Internal"), relation)
    assert members(look, {"word/_rels/document.xml.rels": relations}) == found
    assert members(look, {"word/_rels/document.xml.rels": relations.encode("utf-16")}) == found


def words(*runs):
    inner = "".join(runs)
    return f'<w:document xmlns:w="x"><w:body><w:p>{inner}</w:p></w:body></w:document>'


def mark(kind):
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def text(letters):
    return f'<w:r><w:instrText xml:space="preserve">{letters}</w:instrText></w:r>'


FIELDS = [
    (
        words(
            mark("begin"), text("DDEAUTO c:\\\\windows\\\\cmd.exe &quot;/k calc&quot;"), mark("end")
        ),
        "malicious",
    ),
    (
        words(mark("begin"), text("D"), text("DE"), text("AUTO cm"), text("d /c"), mark("end")),
        "malicious",
    ),
    (
        words(
            mark("begin"),
            text("DDEAUTO "),
            mark("begin"),
            text("QUOTE 99 109 100"),
            mark("end"),
            text(" /c calc"),
            mark("end"),
        ),
        "malicious",
    ),
    (words('<w:fldSimple w:instr="DDEAUTO cmd /c calc"><w:r/></w:fldSimple>'), "malicious"),
    (
        words(mark("begin"), text("DDE Excel.Sheet.12 a.xlsx"), mark("separate"), mark("end")),
        "information",
    ),
    (words(mark("begin"), text("PAGE"), mark("end"), "<w:t>DDEAUTO cmd</w:t>"), None),
    (words(mark("begin"), text("HYPERLINK &quot;http://a.example/DDE&quot;"), mark("end")), None),
    (words(), None),
]


@pytest.mark.parametrize(("document", "severity"), FIELDS)
@pytest.mark.parametrize("name", ["word/document.xml", "word/header1.xml", "word/footnotes.xml"])
def test_fields_are_put_together_from_their_pieces(members, document, severity, name):
    assert members(look, {name: document}).get("Office.Dde") == severity


@pytest.mark.parametrize(
    ("name", "octets", "severity"),
    [
        (
            "xl/externallinks/externallink1.xml",
            '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>',
            "malicious",
        ),
        (
            "xl/externallinks/externallink1.xml",
            '<x:ddeLink ddeTopic="a.xls" ddeService="Excel"/>',
            "information",
        ),
        ("xl/externallinks/externallink1.xml", "<externalLink/>", None),
        ("xl/worksheets/sheet1.xml", "<c><f>cmd|'/c calc'!A0</f></c>", "malicious"),
        (
            "xl/worksheets/sheet1.xml",
            '<f a="b">DDE(&quot;cmd&quot;,&quot;/c&quot;)</f>',
            "malicious",
        ),
        ("xl/worksheets/sheet1.xml", "<f>SUM(A1:A9)</f><t>a|b!</t>", None),
    ],
)
def test_what_a_book_asks_is_told(members, name, octets, severity):
    assert members(look, {name: octets}).get("Office.Dde") == severity


@pytest.mark.parametrize(
    ("class_id", "found"),
    [
        ("{D27CDB6E-AE6D-11CF-96B8-444553540000}", {"Office.Flash": "suspicious"}),
        ("{8856f961-340a-11d0-a96b-00c04fd705a2}", {"Office.ActiveX": "suspicious"}),
        ("{8BD21D40-EC42-11CE-9E0D-00AA006002F3}", {"Office.ActiveX": "information"}),
    ],
)
def test_controls_are_told_by_their_class(members, class_id, found):
    control = f'<ax:ocx ax:classid="{class_id}" ax:persistence="persistPropertyBag"/>'
    assert members(look, {"word/activex/activex1.xml": control}) == found


SHEET = "<xm:macrosheet><c><f>{}</f></c></xm:macrosheet>"
AUTO = '<definedName name="_xlnm.Auto_Open">Macro1!$A$1</definedName>'


@pytest.mark.parametrize(
    ("formula", "book", "found"),
    [
        ("ALERT(1)", "", {"Office.MacroSheet": "suspicious"}),
        (
            'EXEC("calc")',
            "",
            {"Office.MacroSheet": "suspicious", "Office.MacroExecutes": "suspicious"},
        ),
        (
            'EXEC("calc")',
            AUTO,
            {
                "Office.MacroSheet": "suspicious",
                "Office.AutoExec": "information",
                "Office.MacroExecutes": "malicious",
            },
        ),
    ],
)
def test_macro_sheets_are_told_where_they_lie_and_where_the_types_say(
    members, formula, book, found
):
    sheet = SHEET.format(formula)
    told = {"xl/workbook.xml": f"<workbook>{book}</workbook>", "xl/macrosheets/sheet1.xml": sheet}
    assert members(look, told) == found
    types = '<Override ContentType="application/vnd.ms-excel.macrosheet+xml" PartName="/xl/a.xml"/>'
    told = {"[content_types].xml": types, "xl/a.xml": sheet, "xl/workbook.xml": book}
    assert members(look, told) == found


def test_macro_sheets_of_the_binary_form_are_told(office_files, members):
    told = {
        "xl/workbook.bin": b"\x27\0" + "_xlnm.Auto_Open".encode("utf-16-le"),
        "xl/macrosheets/sheet1.bin": office_files.call(110)[24:],
    }
    assert members(look, told)["Office.MacroExecutes"] == "malicious"


@pytest.mark.parametrize(
    "name", ["word/document.xml", "a.rels", "xl/worksheets/a.xml", "docprops/x"]
)
def test_a_member_without_anything_is_nothing(members, name):
    assert members(look, {name: b""}) == members(look, {name: b"\xff\xfe<"}) == {}


BEGINS = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'


@pytest.mark.parametrize(
    ("name", "instruction"),
    [
        ("word/document.xml", "<w:instrText><![CDATA[DDEAUTO c:\\\\cmd.exe x]]></w:instrText>"),
        ("word/document.xml", "<w:instrText>&#68;DEAUTO c:\\\\cmd.exe x</w:instrText>"),
        ("word/document.xml", "<w:instrText>DD<!-- > -->EAUTO c:\\\\cmd.exe x</w:instrText>"),
        ("word/document.xml", f"<w:instrText>{' ' * 99}DDEAUTO c:\\\\cmd.exe x</w:instrText>"),
        ("word/document.xml", "<?a <!-- ?><w:instrText>DDEAUTO cmd.exe x</w:instrText>"),
        ("word/document.xml", "<a><![CDATA[<!--]]></a><w:instrText>DDE cmd.exe</w:instrText>"),
        ("word/document.xml", f"<{'x' * 99}:instrText>DDE cmd.exe x</{'x' * 99}:instrText>"),
        ("elsewhere/a.bin", "<w:instrText>DDEAUTO c:\\\\cmd.exe x</w:instrText>"),
    ],
)
def test_a_field_is_read_as_a_reader_of_xml_reads_it(members, name, instruction):
    text = f"<w:document>{BEGINS}<w:r>{instruction}</w:r>"
    assert members(look, {name: text})["Office.Dde"] == "malicious"


@pytest.mark.parametrize(
    "attributes",
    [
        'Id=">" TargetMode="External"',
        f'Id="1" TargetMode{" " * 99}=\n"External"',
        'Id="1" TargetMode="External" x:TargetMode="Internal"',
        'Id="1" x:TargetMode="Internal" TargetMode="External"',
    ],
)
def test_a_relation_is_read_whatever_stands_beside_it(members, attributes):
    text = f'<Relationship {attributes} Type="a/attachedTemplate" Target="http://a.example/t"/>'
    assert members(look, {"word/_rels/a.rels": text})["Office.ExternalTemplate"] == "suspicious"


def test_a_cell_may_have_its_bar_as_a_number_and_its_sheet_any_name(members):
    text = "<worksheet><sheetData><c><f>cmd&#124;'/c calc'!A0</f></c>"
    for name in ("xl/worksheets/sheet1.xml", "a/b.xml"):
        assert members(look, {name: text})["Office.Dde"] == "malicious"


def test_a_sheet_of_macros_is_told_by_its_type_alone(members):
    kind = 'ContentType="application/vnd.ms-excel.macrosheet+xml"/>'
    for text in (f'<Default Extension="foo" {kind}', f'<Override PartName="/a.foo" {kind}'):
        said = {"a.foo": "<f>A()</f>", "[content_types].xml": text}
        assert members(look, said)["Office.MacroSheet"] == "suspicious"


def test_the_name_that_runs_a_sheet_may_be_written_in_numbers(members):
    text = '<workbook><definedName name="_xlnm.Auto&#95;Open">a!A1</definedName>'
    assert "Office.AutoExec" in members(look, {"book/a.xml": text})
