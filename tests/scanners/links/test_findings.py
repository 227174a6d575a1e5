"""Links that honest mail does not have, or seldom."""

import pytest

from pratique.scanners.links.findings import NAMES, findings
from pratique.scanners.links.gathered import Gathered
from pratique.scanners.links.own import Own
from pratique.scanners.links.url import read_url


@pytest.fixture
def found():
    def of(written, shown="", tag="a"):
        gathered = Gathered(Own(["contoso.example"]), frozenset())
        gathered.add(read_url(written), 3, shown, tag)
        return {one.name: one.severity for one in findings(gathered.known.values())}

    return of


@pytest.mark.parametrize(
    ("written", "shown", "name", "severity"),
    [
        ("https://c0ntoso.example/", "", "Link.Lookalike", "suspicious"),
        ("https://contoso.net/", "", "Link.Lookalike", "information"),
        ("https://xn--pypal-4ve.com/", "", "Link.MixedScript", "suspicious"),
        ("https://www.bank.example@evil.example/", "", "Link.Userinfo", "suspicious"),
        ("http://3221225985/", "", "Link.OddHost", "suspicious"),
        ("http://ex%61mple.com/", "", "Link.OddHost", "suspicious"),
        ("http://203.0.113.7/a.pif", "", "Link.Program", "suspicious"),
        ("http://203.0.113.7/a.zip", "", "Link.Program", "suspicious"),
        ("https://a.example/setup.exe", "www.b.example", "Link.Program", "suspicious"),
        ("https://a.example/setup.exe", "", "Link.Program", "information"),
        ("http://203.0.113.7/", "www.contoso.example", "Link.OwnName", "suspicious"),
        ("data:text/html,<form>", "", "Link.Content", "suspicious"),
        ("ms-msdt:/id x", "", "Link.Opens", "suspicious"),
        ("search-ms:query=x", "", "Link.Opens", "suspicious"),
        # As SharePoint writes them, and what only looks like it.
        ("ms-word:ofe|u|https://a.sharepoint.com/b.docx", "", "Link.Opens", "information"),
        ("ms-excel:ofv%7Cu%7Chttps://a.example/b.xlsx", "", "Link.Opens", "information"),
        ("ms-word:nft|u|https://a.example/b.dotx", "", "Link.Opens", "suspicious"),
        ("ms-word:ofe|u|http://a.example/b.docx", "", "Link.Opens", "suspicious"),
        ("ms-word:ofe|u|https://203.0.113.7/b.docx", "", "Link.Opens", "suspicious"),
        ("ms-word:ofe|u|https://a.example@b/c.docx", "", "Link.Opens", "suspicious"),
        ("file:///\\\\203.0.113.7\\a\\b.rtf!c", "", "Link.Opens", "suspicious"),
    ],
)
def test_what_no_honest_mail_has_is_found(found, written, shown, name, severity):
    assert found(written, shown)[name] == severity
    assert name in NAMES


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("https://click.example/track?u=1", "www.shop.example"),
        (
            "https://eur.safelinks.example/?url=https%3A%2F%2Fwww.contoso.example",
            "www.contoso.example",
        ),
        ("https://www.contoso.example/", "www.contoso.example"),
        ("http://192.168.0.10/backup.zip", ""),
        ("http://203.0.113.7/", ""),
        ("https://example.com/a.zip", ""),
        ("https://user@example.com/", ""),
        ("ftp://ann@example.org@ftp.example/", ""),
        ("https://xn--bcher-kva.example/", ""),
        ("http:///example.com/", ""),
        ("file://server/share/plan.docx", ""),
        ("javascript:void(0)", ""),
        ("data:image/png;base64,xx", ""),
    ],
)
def test_what_honest_mail_has_is_left_alone(found, written, shown):
    assert found(written, shown) == {}


def test_what_a_page_loads_is_no_link(found):
    assert found("data:text/html,x", tag="iframe") == {}


def test_of_each_part_each_name_is_stated_once_and_says_how_many(found):
    gathered = Gathered(Own([]), frozenset())
    for number in range(5):
        gathered.add(read_url(f"http://203.0.113.7/{number}.exe"), 3)
    (finding,) = findings(gathered.known.values())
    assert finding.note.endswith("(and 4 more)")
    assert (finding.scanner, finding.part) == ("links", 3)
