"""Objects by their class, and where linked ones lead."""

import struct
import uuid

import pytest

EQUATION = uuid.UUID("0002CE02-0000-0000-C000-000000000046").bytes_le
FLASH = uuid.UUID("D27CDB6E-AE6D-11CF-96B8-444553540000").bytes_le
BROWSER = uuid.UUID("8856F961-340A-11D0-A96B-00C04FD705A2").bytes_le
LINK = uuid.UUID("00000300-0000-0000-C000-000000000046").bytes_le
EXCEL = uuid.UUID("00020820-0000-0000-C000-000000000046").bytes_le
URL = uuid.UUID("79EAC9E0-BAF9-11CE-8C82-00AA004BA90B").bytes_le
SOAP = uuid.UUID("ECABB0C7-7F19-11D2-978E-0000F8757E2A").bytes_le


EMBEDDED = {"Office.OleObject": "information"}


@pytest.mark.parametrize(
    ("class_id", "within", "found"),
    [
        (FLASH, "", {"Office.Flash": "suspicious"}),
        (BROWSER, "", {"Office.ActiveX": "suspicious"}),
        (EQUATION, "", {"Office.Equation": "information"}),
        (EQUATION, "document", {"Office.Equation": "information"} | EMBEDDED),
        (EQUATION, "rtf", {"Office.Equation": "suspicious"} | EMBEDDED),
        (LINK, "rtf", {"Rtf.LinkedObject": "suspicious"} | EMBEDDED),
        (LINK, "document", EMBEDDED),
        (EXCEL, "document", EMBEDDED),
        (EXCEL, "", {}),
        (bytes(16), "document", {}),
    ],
)
def test_an_object_is_told_by_its_class(found_in_streams, class_id, within, found):
    assert found_in_streams({"a": b"b"}, class_id=class_id, within=within) == found


def equation(font):
    """[MTEF] 3: header of the object, of the equation, a line, a font with its name."""
    return (
        struct.pack("<H26x", 28) + bytes([3, 1, 1, 3, 0x0A, 0x0A, 1, 8, 0x5A, 0x5A]) + font + b"\0"
    )


@pytest.mark.parametrize(
    ("font", "severity"),
    [(b"Times New Roman", "information"), (b"A" * 40, "information"), (b"A" * 41, "malicious")],
)
def test_a_font_whose_name_overruns_the_editor_is_malicious(found_in_streams, font, severity):
    streams = {"eQuation nAtive": equation(font)}
    assert found_in_streams(streams, class_id=EQUATION) == {"Office.Equation": severity}


def link(moniker, address=""):
    text = f"{address}\0".encode("utf-16-le")
    return {
        "\1Ole": struct.pack("<5I", 0x2000001, 9, 1, 0, 0)
        + moniker
        + struct.pack("<I", len(text))
        + text
    }


@pytest.mark.parametrize(
    ("streams", "found"),
    [
        (link(URL, "http://a.example/template.doc"), "suspicious"),
        (link(URL, "http://a.example/a.hta"), "malicious"),
        (link(SOAP, "wsdl=http://a.example/"), "malicious"),
        (link(URL, "C:\\reports\\a.xls"), None),
        (link(b"", "http://a.example/"), None),
        ({"\1Ole": bytes(20)}, None),
    ],
)
def test_a_linked_object_is_told_by_where_it_leads(found_in_streams, streams, found):
    assert found_in_streams(streams).get("Office.ExternalObject") == found
