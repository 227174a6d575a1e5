"""Whose mailing list brought a message."""

import pytest

from pratique.scanners.mime.header import Header
from pratique.scanners.senders import by_list


def listed(header):
    return by_list.read(Header(0, len(header), header).fields)


@pytest.mark.parametrize(
    "header",
    [
        b"List-Id: Board <board.lists.example.org>\n",
        b"List-Id: <board.lists.example.org>\n",
        b"List-Id: Board\n <board.lists.example.org>\n",
        b"List-Post: <mailto:board@example.org>\n",
        b"List-Post: <mailto:board@EXAMPLE.org?subject=x> (moderated)\n",
    ],
)
def test_a_list_names_its_domain(header):
    found = listed(header)
    assert found.is_its("lists.example.org")
    assert found.is_its("example.org")
    assert not found.is_its("example.net")


@pytest.mark.parametrize(
    "header",
    [b"", b"List-Id: board\n", b"List-Post: NO\n", b"Subject: <a.example.org>\n", b"List-Id: <>\n"],
)
def test_what_names_none_has_none(header):
    assert not listed(header).is_its("example.org")


def test_only_the_first_field_of_a_name_tells():
    found = listed(b"List-Id: <a.one.example>\nList-Id: <a.two.example>\n")
    assert found.is_its("one.example")
    assert not found.is_its("two.example")
