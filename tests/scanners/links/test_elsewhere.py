"""Hyperlinks of Office documents."""

from pratique.scanners.links.elsewhere import relations

TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relation(kind, target, mode='TargetMode="External"'):
    return f'<Relationship Id="r1" Type="{TYPE}/{kind}" Target="{target}" {mode}/>'


def test_a_hyperlink_is_told_and_what_is_loaded_is_not():
    text = (
        "<Relationships>"
        + relation("hyperlink", "https://a.example/?b=1&amp;c=2")
        + relation("attachedTemplate", "https://b.example/")
        + relation("hyperlink", "sheet2.xml", "")
        + "</Relationships>"
    )
    assert list(relations(text)) == ["https://a.example/?b=1&c=2"]


def test_relations_that_stay_in_the_document_are_left_alone():
    assert list(relations("<Relationships>" + relation("styles", "styles.xml", "") + "</R>")) == []
