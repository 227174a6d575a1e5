"""Try how a policy is found: by name, by path, and what is said of one that is not there."""

import pytest

from pratique.milter.policy_file import LARGEST, NoPolicy, find, shipped


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
    with pytest.raises(NoPolicy, match="shipped are: default"):
        find(str(tmp_path / "nope.toml"))


def test_a_folder_is_no_policy(tmp_path):
    with pytest.raises(NoPolicy, match="cannot read"):
        find(str(tmp_path))


def test_a_policy_in_another_charset_is_told(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"# gr\xfc\xdf\n")
    with pytest.raises(NoPolicy, match="utf-8"):
        find(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize("octets", [LARGEST, LARGEST + 1])
def test_a_policy_has_a_largest_size(tmp_path, octets):
    (tmp_path / "mine.toml").write_bytes(b"#" * octets)
    if octets > LARGEST:
        with pytest.raises(NoPolicy, match="larger than"):
            find(str(tmp_path / "mine.toml"))
    else:
        assert len(find(str(tmp_path / "mine.toml")).text) == octets
