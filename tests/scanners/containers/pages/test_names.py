"""Under which names a script saves what it builds."""

import pytest

from pratique.scanners.containers.pages.names import NAMES, script_names


@pytest.mark.parametrize(
    "script",
    [
        "a.download = 'b.zip'",
        'a["download"]="b.zip"',
        'a.setAttribute("download", "b.zip")',
        "new File([bytes], 'b.zip')",
        "saveAs(blob, 'b.zip')",
        "saveAs(new Blob([x]), `b.zip`)",
        "navigator.msSaveOrOpenBlob(blob, 'b.zip')",
        "var name = 'b.zip'; a.download = name;",
        "f('b.zip')",
    ],
)
def test_the_name_is_found(script):
    assert script_names(script) == ("b.zip",)


@pytest.mark.parametrize("script", ["", "x = 'hello'", "a.download = name", "f('hello world')"])
def test_where_no_name_is_none_is_found(script):
    assert script_names(script) == ()


def test_what_is_said_counts_and_not_what_looks_like_a_name():
    assert script_names("x('a.js'); a.download='b.zip'") == ("b.zip",)


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_names_are_kept_and_no_more(more):
    script = ";".join(f"a.download='{number}'" for number in range(NAMES + more))
    assert len(script_names(script)) == NAMES


@pytest.mark.parametrize("page", ["path = 'search.js' // at /blob/", "<script src='b.zip'>"])
def test_what_a_page_is_made_of_is_no_name(page):
    assert script_names(page) == ()


def test_a_page_that_saves_may_save_a_script():
    assert script_names("f(new Blob([d]), 'run.js')") == ("run.js",)
