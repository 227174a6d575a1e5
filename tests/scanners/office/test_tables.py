"""Tables in text: CSV, SYLK, web queries."""

import time

import pytest

from pratique.scanners.office.tables import look

SHEET = "Office.MacroSheet"


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("a,b,c\r\n1,2,3\r\n", {}),
        ("a,=cmd|' /C calc'!A0,c\r\n", {"Office.Dde": "malicious"}),
        ("\ufeffa\t=cmd|' /C calc'!A0", {"Office.Dde": "malicious"}),
        ('ID;PWXL;N;E\r\nC;Y1;X1;K"x"\r\nE', {}),
        ("ID;PWXL;N;E\r\nC;Y1;X1;K0;ESUM(A1)\r\nE", {}),
        (
            'ID;P\nO;E\nNN;NAuto_open;ER101C1;KOut Flank;F\nC;X1;Y101;K0;EEXEC("CALC.EXE")\nE',
            {
                SHEET: "suspicious",
                "Office.AutoExec": "information",
                "Office.MacroExecutes": "malicious",
            },
        ),
        ("ID;P\nO;PL;E\nE", {SHEET: "suspicious"}),
        (
            'ID;P\nC;X1;Y1;K0;ECALL("urlmon")\nE',
            {SHEET: "suspicious", "Office.MacroExecutes": "suspicious"},
        ),
        ("WEB\r\n1\r\nhttp://a.example/q\r\n", {"Office.WebQuery": "suspicious"}),
        (
            "WEB\n1\nhttps://intranet/_vti_bin/owssvr.dll?XMLDATA=1",
            {"Office.WebQuery": "information"},
        ),
        ("WEB\n1\nC:\\a.txt", {}),
        ("WEB is a word", {}),
        ("", {}),
    ],
)
def test_what_is_told_of_a_table(text, stated):
    assert {one.name: one.severity for one in look(memoryview(text.encode()))} == stated


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["=a|", "O;", "NN;N", ";E", "\nO;E", "C;;E=", "=cmd|!"])
def test_no_table_takes_more_than_its_length(piece):
    text = "ID;P\n" + piece * (1_000_000 // len(piece))
    begun = time.process_time()
    list(look(memoryview(text.encode())))
    assert time.process_time() - begun < 6


def test_blanks_in_a_formula_hide_no_program():
    octets = memoryview(b"1,= cmd |'/c calc'!A0")
    assert [one.severity for one in look(octets)] == ["malicious"]
