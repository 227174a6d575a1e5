"""Lists of tags: read as RFC 6376 3.2 writes them, and not at all where two could differ."""

import pytest

from pratique.milter.lookups.auth.tag_list import MAX_OCTETS, MAX_TAGS, read


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("a=1;b=2", {"a": "1", "b": "2"}),
        (" a = 1 ;\r\n b = 2 ; ", {"a": "1", "b": "2"}),
        ("a=", {"a": ""}),
        ("p=AB= =", {"p": "AB= ="}),
        ("", {}),
        (";", None),
        ("a=1;;b=2", None),
        ("a", None),
        ("1a=1", None),
        ("a=1;a=1", None),
        ("a=\x00", None),
        ("a=\xe4", None),
    ],
)
def test_a_list_is_read_or_is_none(text, tags):
    assert read(text) == tags


def test_a_list_of_so_many_tags_is_read_and_a_longer_one_not():
    assert len(read(";".join(f"a{number}=" for number in range(MAX_TAGS + 1)))) == MAX_TAGS + 1
    assert read(";".join(f"a{number}=" for number in range(MAX_TAGS + 2))) is None
    assert read("a=" + "b" * (MAX_OCTETS - 2))
    assert read("a=" + "b" * (MAX_OCTETS - 1)) is None
