"""What pages do when they are opened, told by the words that they need for it."""

import time

import pytest

from pratique.scanners.containers.pages.behaviour import OCTETS, PLACES, behaviour, squeezed


def script(code):
    return behaviour(f"<html><script>{code}</script>")


@pytest.mark.parametrize(
    "code",
    [
        "x = new Blob([a])",
        "URL.createObjectURL(b)",
        "navigator.msSaveOrOpenBlob(b, 'x')",
        "navigator.msSaveBlob(b)",
        "saveAs(b, 'x.zip')",
        "new File([a], 'x')",
    ],
)
def test_a_script_that_makes_a_file_is_told(code):
    assert script(code).saves


def test_a_link_that_saves_what_it_holds_is_told():
    assert behaviour('<a download="a.zip" href="data:application/zip;base64,UEsD">x</a>').saves


@pytest.mark.parametrize("code", ["/* blob storage */ x.blob", "fetch('/blob/main/a')", "file = 1"])
def test_a_word_that_only_looks_like_it_is_left_alone(code):
    assert not script(code).saves


@pytest.mark.parametrize(
    "code",
    [
        "window.location = 'https://x.example/'",
        'location.href="//x.example/a"',
        "top.location['href'] = `https://x.example`",
        "document.location.replace('http://x.example')",
        "location.assign(atob('aHR0cDovLw=='))",
        "window.open('https://x.example')",
        "location.href = decodeURIComponent('%68ttp')",
    ],
)
def test_a_script_that_leads_to_elsewhere_is_told(code):
    assert script(code).leads


@pytest.mark.parametrize(
    "code",
    [
        "if (location == 'https://x.example/') f()",
        "location.hash = '#top'",
        "location.href = '/local'",
        "var a = location.search; b = 'https://x.example'",
        "allocation = 'https://x.example/'",
    ],
)
def test_a_script_that_stays_is_left_alone(code):
    assert not script(code).leads


@pytest.mark.parametrize(
    "code",
    [
        "eval(unescape('%61'))",
        "document.write(atob('PGh0bWw+'))",
        "document . write ( unescape ( x ))",
        "eval(String.fromCharCode(97))",
        "Function(atob(x))()",
        "document.body.innerHTML = atob(x)",
        "eval(function(p,a,c,k,e,d){})",
        "[]" * 200,
        "'" + "\\x61" * 40 + "'",
        "String.fromCharCode(" + "97," * 20 + "1)",
        "unescape('" + "%3c" * 20 + "')",
        ";".join(f"var _0x{number:04x}=1" for number in range(12)),
    ],
)
def test_a_script_that_hides_what_it_is_is_told(code):
    assert script(code).hides


@pytest.mark.parametrize(
    "code",
    [
        "eval('1+1')",
        "unescape(encodeURIComponent(text))",
        "String.fromCharCode(65)",
        "[]" * 199,
        "'" + "\\x61" * 39 + "'",
        "String.fromCharCode(" + "97," * 19 + "1)",
        ";".join(f"var _0x{number:04x}=1" for number in range(11)),
        "document.write('<p>hello</p>')",
    ],
)
def test_what_honest_scripts_do_too_hides_nothing(code):
    assert not script(code).hides


def test_handlers_of_events_and_links_that_run_are_scripts():
    page = behaviour(
        """<p onclick="location='https://x.example'"><a href="javascript:eval(atob('a'))">"""
    )
    assert page.has_script
    assert page.leads
    assert page.hides


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_places_are_looked_at_and_more_are_told(more):
    assert bool(script("location.href='/near';" * (PLACES + more)).leads) is bool(more)


def test_what_describes_a_mail_is_no_script():
    assert not behaviour(
        '<script type="application/ld+json">{"@type": "Order"}</script>'
    ).has_script


@pytest.mark.parametrize(
    ("written", "hosts"),
    [
        ('<meta http-equiv="refresh" content="0; url=https://x.example/">', ["x.example"]),
        ("<META HTTP-EQUIV=Refresh CONTENT=\"0;URL='https://x.example/'\">", ["x.example"]),
        ('<meta http-equiv=refresh content="300">', []),
        ('<meta http-equiv=refresh content="0; url=/next">', []),
        (
            '<base href="https://b.example/"><meta http-equiv=refresh content="0; url=/n">',
            ["b.example"],
        ),
        ('<noscript><meta http-equiv=refresh content="0; url=https://x.example/"></noscript>', []),
    ],
)
def test_a_page_that_refreshes_to_elsewhere_is_told(written, hosts):
    assert [one.host for one in behaviour(written).refreshes] == hosts


@pytest.mark.parametrize("tag", ["iframe src", "frame src", "embed src", "object data"])
def test_a_frame_of_another_host_is_told(tag):
    assert [one.host for one in behaviour(f'<{tag}="https://x.example/">').frames] == ["x.example"]
    assert behaviour(f'<{tag}="near.html">').frames == []


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ('<form action="https://x.example/"><input type=password></form>', "x.example"),
        ("<form action=//x.example><INPUT TYPE='PassWord'>", "x.example"),
        ("<form><input type=password></form>", None),
        ('<form action="https://x.example/"></form><input type=password>', None),
    ],
)
def test_where_a_password_goes_is_told(written, host):
    (form,) = behaviour(written).forms
    assert (form.sends_to.host if form.sends_to else None) == host


def test_a_page_in_a_drawing_that_asks_for_something_is_told():
    drawing = "<svg><foreignObject><input name=a></foreignObject></svg>"
    assert behaviour(drawing, xml=True).page_inside
    assert not behaviour("<svg><foreignObject><p>a</p></foreignObject></svg>", xml=True).page_inside


def test_what_a_script_built_may_be_script_as_a_whole():
    assert behaviour("location = 'https://x.example'", built=True).leads
    assert not behaviour("location = 'https://x.example'").leads


@pytest.mark.parametrize(("letters", "bare"), [(399, True), (400, False)])
def test_a_page_with_next_to_nothing_to_show_is_bare(letters, bare):
    hidden = "<style>" + "x" * 900 + "</style><script>" + "y" * 900 + "</script>"
    assert behaviour(hidden + "<p> " + "a" * letters).bare is bare


def test_long_literals_are_not_looked_at_and_what_stands_behind_is():
    page = squeezed("<script>x='" + "QUJD" * (OCTETS // 2) + "'; eval(atob(x))</script>")
    assert len(page) < 100
    assert behaviour(page).hides


@pytest.mark.parametrize("more", [0, 1])
def test_so_much_of_a_page_is_looked_at_and_no_more(more):
    assert len(squeezed("a " * (OCTETS // 2) + "b" * more)) == OCTETS + more


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["window.open(", "location=", "eval(", "[]", "_0xabcd", "\\x41", "1,", "new file (", "=\"'"],
)
def test_a_script_that_is_long_takes_no_longer_than_its_length(piece):
    def seconds(count):
        begun = time.process_time()
        page = script(piece * count)
        _ = page.saves, page.leads, page.hides, page.decodes, page.bare
        return time.process_time() - begun

    few = max(seconds(3_000), 0.005)
    assert seconds(24_000) < 8 * few * 4


GOES = 'location.href="https://a.example/b"'


@pytest.mark.parametrize(
    "text",
    [
        f"<script>'</scripts>';{GOES}</script>",
        f"<script>/*<!--<script></script>*/{GOES}</script>",
        f"<script>'<!-- -->'</script><script>{GOES}</script>",
        f"<noscript><!--</noscript><script>{GOES}</script>",
        f"<noscript><p title='</noscript><script>{GOES}</script>'>",
        f"<iframe><!--</iframe><script>{GOES}</script>",
        f"<svg><style><script>{GOES}</script></style></svg>",
        f"<svg><p><style><!--</style><script>{GOES}</script>",
        f"<svg><script>l&#111;{GOES[2:]}</script></svg>",
        f"<a href='java&Tab;script:{GOES}'>",
        "<script>" + "a" * 1500 + "=location=atob('aHR0')</script>",
    ],
)
def test_a_script_is_found_where_a_browser_finds_it(text):
    assert behaviour(squeezed(text)).leads


@pytest.mark.parametrize(
    "text",
    [
        f"<script>'<!--<script>'</script>{GOES}",
        f"<noscript><script></noscript>{GOES}</script>",
        f"<textarea><script>{GOES}</script></textarea>",
    ],
)
def test_what_is_no_script_to_a_browser_is_none_here(text):
    page = behaviour(text.replace(GOES, ""))
    assert not page.leads
    assert not behaviour(f"<p>{GOES}</p>").leads


@pytest.mark.parametrize("blanks", [1, 99])
def test_a_refresh_may_have_many_blanks_and_digits(blanks):
    text = f'<meta http-equiv=refresh content="{"0" * 20};{" " * blanks}url=https://a.example/b">'
    assert [one.host for one in behaviour(text).refreshes] == ["a.example"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["[]()!+" * 66 + "x", "<noscript><!--</noscript>", "<noscript>",
     "<script><!--<script></script>", "<svg><style><!--</style>", "<svg><style>", "</scriptx>",
     "<iframe>", "a" * 300 + "("],
)  # fmt: skip
def test_no_page_takes_more_than_its_length(piece):
    text = "<script>" * (piece[0] != "<") + piece * (1_000_000 // len(piece))
    begun = time.process_time()
    page = behaviour(squeezed(text))
    assert (page.leads, page.hides) == ("", "")
    assert time.process_time() - begun < 4
