"""Try how a policy is found: by name, by path, and what is said of one that is not there."""

import os

import pytest

from pratique.milter.policy_file import LARGEST, LARGEST_LIST, NoPolicy, find, shipped
from pratique.policies.written.beside import hash_of


def test_the_default_policy_is_found_by_its_name():
    found = find("default")
    assert found.name == "default.toml"
    assert "[[rule]]" in found.text
    assert (found.folder / "mail/plain-text.eml").is_file()
    assert "default" in shipped()


def test_a_file_is_found_by_its_path(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("# grüß dich\n", "utf-8")
    found = find(str(path))
    assert (found.name, found.text, found.folder) == (str(path), "# grüß dich\n", tmp_path)


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbf# x\n")
    assert find(str(tmp_path / "mine.toml")).text == "# x\n"


def test_a_policy_that_is_not_there_is_told_with_what_is(tmp_path):
    with pytest.raises(NoPolicy, match=r"shipped are: .*default"):
        find(str(tmp_path / "nope.toml"))


def test_a_folder_is_no_policy(tmp_path):
    with pytest.raises(NoPolicy, match="cannot read"):
        find(str(tmp_path))


def test_a_policy_in_another_charset_is_told(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"# gr\xfc\xdf\n")
    with pytest.raises(NoPolicy, match="not UTF-8: line 1 has the octet 0xfc"):
        find(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize("octets", [LARGEST, LARGEST + 1])
def test_a_policy_has_a_largest_size(tmp_path, octets):
    (tmp_path / "mine.toml").write_bytes(b"#" * octets)
    if octets > LARGEST:
        with pytest.raises(NoPolicy, match="larger than"):
            find(str(tmp_path / "mine.toml"))
    else:
        assert len(find(str(tmp_path / "mine.toml")).text) == octets


LIST = """
[[list]]
name = "partners"
kind = "addresses"
file = "{}"
owner = "ann"
reason = "r"
"""


def hash_at(path):
    found = find(str(path))
    return hash_of(found.text, found.beside)


def test_the_file_of_a_list_is_read_from_the_policys_folder(tmp_path):
    (tmp_path / "mine.toml").write_text(LIST.format("a/b.txt"), "utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.txt").write_text("ann@x.example\n", "utf-8")
    assert find(str(tmp_path / "mine.toml")).beside.lists == {"a/b.txt": "ann@x.example\n"}


def test_another_file_of_a_list_is_another_policy(tmp_path):
    policy, file = tmp_path / "mine.toml", tmp_path / "a.txt"
    policy.write_text(LIST.format("a.txt"), "utf-8")
    file.write_text("ann@x.example\n", "utf-8")
    before = hash_at(policy)
    assert hash_at(policy) == before
    file.write_text("bob@x.example\n", "utf-8")
    assert hash_at(policy) != before
    file.write_text("ann@x.example\n", "utf-8")
    assert hash_at(policy) == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "Is a directory"),
        (os.mkfifo, "no file, but something else"),
        (lambda path: path.write_bytes(b"a\n\xff"), "not UTF-8: line 2 has the octet 0xff"),
    ],
)
def test_a_file_of_a_list_that_cannot_be_read_is_told_and_nobody_waits(tmp_path, make, said):
    (tmp_path / "mine.toml").write_text(LIST.format("a.txt"), "utf-8")
    make(tmp_path / "a.txt")
    found = find(str(tmp_path / "mine.toml"))
    assert found.beside.lists == {}
    assert said in found.beside.missing["a.txt"]
    assert str(tmp_path / "a.txt") in found.beside.missing["a.txt"]


@pytest.mark.parametrize("more", [0, 1])
def test_all_lists_together_have_a_largest_size(tmp_path, more):
    text = LIST.format("a.txt") + LIST.format("b.txt").replace("partners", "others")
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    (tmp_path / "a.txt").write_bytes(b"#" * 1000)
    with (tmp_path / "b.txt").open("wb") as file:
        file.truncate(LARGEST_LIST - 1000 + more)
    beside = find(str(tmp_path / "mine.toml")).beside
    assert ("b.txt" in beside.lists) == (not more)
    if more:
        assert f"(all lists together: {LARGEST_LIST})" in beside.missing["b.txt"]
