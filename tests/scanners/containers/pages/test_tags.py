"""Tags of a page, as a browser's tokenizer reads them."""

import time

import pytest

from pratique.scanners.containers.pages.tags import decoded, tags

ALL = frozenset({"a", "b", "base", "!", "relationship"})


def read(text, wanted=ALL, **how):
    return [(tag.name, tag.closing, tag.attributes) for tag in tags(text, wanted, **how)]


@pytest.mark.parametrize(
    ("written", "href"),
    [
        ('<a href="x">', "x"),
        ("<a href='x'>", "x"),
        ("<a href=x>", "x"),
        ("<A HREF=x>", "x"),
        ("<a/href=x>", "x"),
        ("<a\n href\t=\n x >", "x"),
        ('<a title=">" href="x">', "x"),
        ('<a "href" href=x>', "x"),
        ("<a x=a'b href=x>", "x"),
        ('<a href="x" href="y">', "x"),
        ("<a href=x/>", "x/"),
        ('<a href="&#104;&#x74;tp&colon;//x">', "http://x"),
        ('<a href="?a=1&copy=2&amp;b=3">', "?a=1&copy=2&b=3"),
        ("<svg:a xlink:href=x>", "x"),
        ('<a href="x', '"x'),
        ("<a href=", ""),
    ],
)
def test_an_attribute_is_read_as_a_browser_reads_it(written, href):
    ((_, closing, attributes),) = read(written)
    assert not closing
    assert attributes["href"] == href


def test_a_comment_ends_where_a_browser_ends_it_and_hides_no_tag_behind_it():
    found = read('<!-- <a href=" --> <a href="real"><!--> <a href=two> --!><a href=three>')
    hrefs = [attributes["href"] for name, _, attributes in found if name == "a"]
    assert hrefs == ["real", "two", "three"]


def test_a_comment_is_given_with_what_stands_in_it():
    (comment,) = tags("<!--[if mso]><a href=x><![endif]-->", ALL)
    assert (comment.name, comment.content) == ("!", "[if mso]><a href=x><![endif]")


@pytest.mark.parametrize("name", ["script", "style", "title", "textarea", "SCRIPT"])
def test_what_stands_in_raw_text_is_no_tag(name):
    found = list(tags(f"<{name}><a href=x></{name} ><a href=y>", ALL))
    assert [tag.name for tag in found] == [name.lower(), "a"]
    assert found[0].content == "<a href=x>"
    assert found[1].attributes == {"href": "y"}


def test_in_xml_a_script_may_be_closed_by_its_own_tag():
    found = list(
        tags("<svg><script href='x'/><a href='y'/></svg>", frozenset({"a", "script"}), xml=True)
    )
    assert [tag.name for tag in found] == ["script", "a"]


def test_what_nobody_closes_runs_to_the_end():
    assert [tag.content for tag in tags("<script>a<b", ALL)] == ["a<b"]


def test_tags_that_nobody_asked_for_are_left_out():
    assert read("<i><b><u></b>") == [("b", False, {}), ("b", True, {})]


@pytest.mark.parametrize("value", ["a&b", "&", "&#;", "&unknown;", "a=1&lt=2"])
def test_what_is_no_reference_stays(value):
    assert decoded(value) == value


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["<a ", '<a href="', "<!--", "<!-- <a href=x --", "<script>", "<", "</", "<a b='", "=\"'"],
)
def test_a_page_that_is_long_takes_no_longer_than_its_length(piece):
    def seconds(count):
        begun = time.process_time()
        assert len(list(tags(piece * count, ALL))) <= count
        return time.process_time() - begun

    few = max(seconds(5_000), 0.005)
    assert seconds(40_000) < 8 * few * 4
