"""Properties of Outlook's messages: short ones, texts, code pages."""

from pratique.scanners.containers.office.msg_properties import Properties
from pratique.scanners.containers.office.ole import Compound


def properties(sample, budget, held):
    compound = Compound(memoryview(sample("_compound").compound(held)), budget)
    return Properties(compound, 0)


def test_short_values_are_read_behind_the_head(sample, budget):
    held = properties(sample, budget, sample("msg").shorts(32, {0x3FFD: 932, 0x1234: 7}))

    assert held.short() == {0x3FFD: 932, 0x1234: 7}


def test_texts_are_wide_or_in_the_code_page_of_the_message(sample, budget):
    held = sample("msg").shorts(32, {0x3FFD: 932}) | {
        "__substg1.0_3707001E": "請求書.exe".encode("cp932"),
        "__substg1.0_3704001F": "b.exe\0".encode("utf-16-le"),
    }
    message = properties(sample, budget, held)
    message.use_code_page()

    assert message.text(0x3707) == "請求書.exe"
    assert message.texts(0x3704) == ["b.exe"]
    assert message.text(0x3001) == ""


def test_an_unknown_code_page_is_no_error(sample, budget):
    held = sample("msg").shorts(32, {0x3FFD: 99999}) | {"__substg1.0_3707001E": b"a\xff"}
    message = properties(sample, budget, held)
    message.use_code_page()

    assert message.text(0x3707).startswith("a")
