"""Files that stand in XML."""

from base64 import b64encode, encodebytes

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.xml import Xml
from pratique.scanners.part import Part

FILE = b"MZ" + bytes(range(200))
WRITTEN, LINES = b64encode(FILE).decode(), encodebytes(FILE).decode()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (f'<w:binData w:name="editdata.mso">{LINES}</w:binData>', "editdata.mso"),
        (f'<pkg:part pkg:name="/word/a.bin"><pkg:binaryData>{LINES}</pkg:binaryData></pkg:part>',
         "/word/a.bin"),
        (f"<office:binary-data>\n {WRITTEN}\n</office:binary-data>", ""),
        (f'<cbc:Embedded mimeCode="a/b" filename="a&amp;b.exe">{WRITTEN}</cbc:Embedded>',
         "a&b.exe"),
        (f"<NomeAttachment>a.pdf</NomeAttachment><Attachment>{WRITTEN}</Attachment>", "a.pdf"),
        (f"<a><![CDATA[{WRITTEN}]]></a>", ""),
    ],
    ids=["word", "opc", "odf", "ubl", "fattura", "cdata"],
)  # fmt: skip
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_a_file_is_given(body, name, charset, open_with):
    opened = open_with(Xml(), f'<?xml version="1.0"?><x>{body}</x>'.encode(charset))
    assert opened.called == {name: FILE}


@pytest.mark.parametrize("body", ["<a>hello world</a>", f"<a>see {WRITTEN}</a>", "<a>YWJj</a>"])
def test_texts_are_no_files(body, open_with):
    assert open_with(Xml(), f"<x>{body}</x>".encode()).members == []


@pytest.mark.parametrize(
    ("type_", "recognized"),
    [("text/xml", "whole"), ("application/rdf+xml", "whole"), ("text/plain", "")],
)
def test_it_is_told_by_its_type(type_, recognized):
    assert Xml().recognize(Part(facts.Part(type=type_), memoryview(b""))) == recognized
