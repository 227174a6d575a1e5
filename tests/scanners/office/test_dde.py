"""Requests to other programs, in fields, formulas and cells."""

import time

import pytest

from pratique.scanners.office.dde import cells, fields, formulas, judge


@pytest.mark.parametrize(
    ("service", "asked", "severity"),
    [
        ("cmd", "/c calc", "malicious"),
        ("C:\\Windows\\System32\\cmd.exe", "/c x", "malicious"),
        ("powershell", "-c iex", "malicious"),
        ("MSEXCEL", "\\..\\..\\Windows\\x", "malicious"),
        ("Excel", "Book1!A1", "information"),
        ("Excel.Sheet.12", "a.xlsx", "information"),
        ("soffice", "a.ods", "information"),
        ("WinWord", "a.doc", "information"),
        ("BLP", "M", "suspicious"),
        ("", "x", "suspicious"),
    ],
)
def test_a_request_is_judged_by_its_program(service, asked, severity):
    assert judge(service, asked, "here").severity == severity


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('\x13DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc" \x14x\x15', ["malicious"]),
        (
            "\x13 \x13QUOTE 68 68 69 65 85 84 79 \x15 \x13QUOTE 99 109 100\x14y\x15 /c",
            ["malicious"],
        ),
        ("\x13DDE Excel.Sheet.12 a.xlsx\x15 \x13DDE BLP x\x15", ["information", "suspicious"]),
        ("\x13DDE Excel.Sheet.12 a.xlsx\x14 a text on cmd.exe\x15", ["information"]),
        ("\x13PAGE\x15 DDEAUTO cmd", []),
        ("\x13HYPERLINK DDE cmd\x15", []),
        ("", []),
    ],
)
def test_fields_are_read_with_the_letters_that_they_quote(text, found):
    assert [one.severity for one in fields(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b\r\n=cmd|' /C calc'!A0,c", ["malicious"]),
        ("\"@SUM(1+1)*cmd|' /C calc'!A0\"", ["malicious"]),
        ("=-2+3+cmd|' /C calc'!A0", ["malicious"]),
        ("=Excel|'[a.xls]S'!A1", ["information"]),
        ("=TOS|LAST!AAPL", ["suspicious"]),
        ("x,(a|b!c", []),
        ("a|b|c!", []),
        ("=A1+B1\r\n=SUM(A1:A9)", []),
        ("- one|two, three!", []),
    ],
)
def test_cells_are_told_that_ask(text, found):
    assert [one.severity for one in cells(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('f="of:=DDE(&quot;cmd&quot;;&quot;/c calc&quot;;&quot;x&quot;)"', ["malicious"]),
        ('<f>DDE("soffice","a.ods","A1")</f>', ["information"]),
        ("<p>DDE (see there)</p>", []),
    ],
)
def test_formulas_are_told_that_ask(text, found):
    assert [one.severity for one in formulas(text)] == found


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "\x13DDE ",
        "\x13 QUOTE 1 2 ",
        "QUOTE 1 ",
        "=a|",
        "=" + "a" * 63,
        "DDE(&quot;",
        "\x13" * 9,
        "=a|b",
        "1 " * 8,
    ],
)
def test_no_text_takes_more_than_its_length(piece):
    text = piece * (1_000_000 // len(piece))
    begun = time.process_time()
    for read in (fields, cells, formulas):
        for _ in read(text):
            pass
    assert time.process_time() - begun < 6
