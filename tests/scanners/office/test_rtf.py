"""RTF: objects and how they are to be opened, templates, fields."""

import time

import pytest

from pratique.scanners.office.rtf import look

OBJECT = b"{\\object\\objemb%b{\\*\\objclass Package}{\\*\\objdata 0105}}"


def found(octets):
    return {one.name: one.severity for one in look(memoryview(octets))}


@pytest.mark.parametrize(
    ("octets", "stated"),
    [
        (b"{\\rtf1\\ansi Hello \\b world\\b0}", {}),
        (b"{\\rtf1\\ansi " + OBJECT % b"" + b"}", {"Rtf.Object": "information"}),
        (b"{\\rtf\\ansi " + OBJECT % b"" + b"}", {"Rtf.Object": "information"}),
        (
            b"{\\rt\\ansi " + OBJECT % b"" + b"}",
            {"Rtf.Object": "information", "Rtf.Header": "suspicious"},
        ),
        (
            b"{\\rtf2375" + OBJECT % b"" + b"}",
            {"Rtf.Object": "information", "Rtf.Header": "suspicious"},
        ),
        (b"{\\rt\\ansi without objects}", {}),
        (
            b"{\\rtf1 " + OBJECT % b"\\objupdate" + b"}",
            {"Rtf.Object": "information", "Rtf.ObjectUpdate": "suspicious"},
        ),
        (
            b"{\\rtf1 " + OBJECT % b"\\objautlink" + b"}",
            {"Rtf.Object": "information", "Rtf.LinkedObject": "suspicious"},
        ),
        (b"{\\rtf1 \\objupdatex \\objlinker text}", {}),
        (b"{\\rtf1{\\*\\template http://a.example/t.dotm}}", {"Rtf.Template": "suspicious"}),
        (b"{\\rtf1{\\*\\template \\'68ttp://a.example/t}}", {"Rtf.Template": "suspicious"}),
        (b"{\\rtf1{\\*\\template \\u104?ttp://a.example/t}}", {"Rtf.Template": "suspicious"}),
        (b"{\\rtf1{\\*\\template \\\\\\\\files\\\\t\\\\a.dotx}}", {"Rtf.Template": "information"}),
        (
            b"{\\rtf1{\\*\\template {\\uc2\\u104 ab}ttp://a.example/t}}",
            {"Rtf.Template": "suspicious"},
        ),
        (
            b"{\\rtf1{\\*\\template \\uc0\\u104\\u116 tp://a.example/t}}",
            {"Rtf.Template": "suspicious"},
        ),
        (b"{\\rtf1{\\*\\template {{}}http://a.example/t}}", {"Rtf.Template": "suspicious"}),
        (
            b"{\\rtf1{\\*\\template " + b"{}" * 3000 + b"http://a.example/t}}",
            {"Rtf.Template": "suspicious"},
        ),
        (b"{\\rtf1" + b"{\\*\\template}" * 100 + b"}", {}),
        (b"{\\rtf1" + b"{\\*\\template}" * 101 + b"}", {"Rtf.Template": "suspicious"}),
        (b"{\\rtf1{\\*\\template}http://a.example/t}", {}),
        (b"{\\rtf1{\\*\\template C:\\\\a\\\\Normal.dotm}}", {}),
        (
            b'{\\rtf1{\\field{\\*\\fldinst {\\b DDE}AUTO cmd "/c calc"}}}',
            {"Office.Dde": "malicious"},
        ),
        (b"{\\rtf1{\\field{\\*\\fldinst PAGE}} DDEAUTO cmd}", {}),
    ],
)
def test_what_is_told_of_a_text(octets, stated):
    assert found(octets) == stated


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", [b"\\template ", b"\\fldinst DDE", b"\\objclass ", b"\\u1", b"\\'"]
)
def test_no_text_takes_more_than_its_length(piece):
    text = b"{\\rtf1 QUOTE \\fldinst \\template \\objdata" + piece * (1_000_000 // len(piece))
    begun = time.process_time()
    found(text)
    assert time.process_time() - begun < 6


@pytest.mark.parametrize(
    "text",
    [
        rb'{\rtf1 {\field{\*\fldinst PAGE}}{\field{\*\fldinst DDEAUTO cmd.exe "/c calc"}}',
        rb"{\rtf1 {\field{\*\fldinst D\'44EAUTO cmd.exe \"/c calc\"}}",
        rb'{\rtf1 {\field{\*\fldinst {D}{\b D}E cmd.exe "/c calc"}}',
    ],
)
def test_a_field_is_found_behind_another_and_in_pieces(text):
    assert ("Office.Dde", "malicious") in [
        (one.name, one.severity) for one in look(memoryview(text))
    ]


def test_an_address_of_a_template_may_stand_behind_a_group():
    text = rb"{\rtf1 {\*\template {\b}http://a.example/t.dotm}}"
    assert [one.name for one in look(memoryview(text))] == ["Rtf.Template"]
