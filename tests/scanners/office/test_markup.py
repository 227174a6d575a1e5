"""Elements and attributes of XML, read where they stand."""

import time

import pytest

from pratique.scanners.office.markup import attributes, contents, elements, text_of

TEXT = '<a:Link Id="1" r:href=\'b&amp;c\'/><Linked Id="2"/><Link\nId = "3">x</Link><link Id="4"/>'


def test_elements_are_read_with_and_without_prefixes():
    assert list(elements(TEXT, "Link")) == [{"id": "1", "href": "b&c"}, {"id": "3"}]
    assert list(elements(TEXT, "None")) == []


def test_contents_end_at_the_next_tag():
    assert list(contents("<x:f a='1'>A&lt;1</x:f><fx>no</fx><f>B<g/>C</f>", "f")) == ["A<1", "B"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_is_read_in_its_width(encoding):
    assert text_of(memoryview("<a b='ü'/>".encode(encoding))).endswith("<a b='ü'/>")


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["<Link ", "<Link", "<a:", "a=", 'a="', "<Link a='", "a:" * 20])
def test_no_text_takes_more_than_its_length(piece):
    text = piece * (1_000_000 // len(piece))
    begun = time.process_time()
    list(elements(text, "Link"))
    list(contents(text, "Link"))
    list(attributes(text))
    assert time.process_time() - begun < 6
