"""Letters that look like others, and labels that mix scripts."""

import pytest

from pratique.scanners.links.scripts import is_mixed, looks_latin, scripts, skeleton


@pytest.mark.parametrize(
    ("label", "looks"),
    [
        ("example", "example"),
        ("ехаmple", "example"),
        ("exampIe".lower(), "exampie"),
        ("paypa1", "paypal"),
        ("g00gle", "google"),
        ("rnicrosoft", "microsoft"),
        ("vvikipedia", "wikipedia"),
        ("exämple", "example"),
        ("аррӏе", "apple"),
        ("gοοgle", "google"),
    ],
)
def test_a_label_has_a_skeleton(label, looks):
    assert skeleton(label) == looks


@pytest.mark.parametrize("label", ["pаypal", "gοοgle", "раypal-1", "exаmple"])
def test_a_label_of_several_scripts_is_told(label):
    assert is_mixed(label)


@pytest.mark.parametrize(
    "label",
    [
        "example",
        "пример",
        "東京タワー",
        "東京tower",
        "한국kr",
        "ひらがなカタカナ漢字",
        "bücher",
        "ελλάδα",
        "a1-b",
    ],
)
def test_what_a_language_writes_so_is_not(label):
    assert not is_mixed(label)


def test_a_whole_label_in_letters_that_look_latin_is_told():
    assert looks_latin("аррӏе")
    assert not looks_latin("пример")
    assert not looks_latin("apple")
    assert not looks_latin("bücher")


def test_digits_have_no_script():
    assert scripts("123-4") == frozenset()
    assert scripts("aж") == {"LATIN", "CYRILLIC"}
