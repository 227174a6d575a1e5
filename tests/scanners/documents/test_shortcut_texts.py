"""What shortcuts say that are texts, whatever their charset is."""

import pytest

from pratique.scanners.documents.shortcut_texts import LONGEST, VALUES, Told, told

URLS, NONE = frozenset({"url"}), frozenset[str]()
URL = "[InternetShortcut]\r\nURL=https://example.org/\r\nIconFile=C:\\i.ico\r\n"


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_charset_hides_nothing(charset):
    assert told(memoryview(URL.encode(charset)), URLS) == [
        Told("URL", "opens", "https://example.org/"), Told("IconFile", "icon", "C:\\i.ico")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<DeepLink>cmd</DeepLink>", Told("DeepLink", "runs", "cmd")),
        ("<a:deeplink x='1'> cmd </a:deeplink>", Told("deeplink", "runs", "cmd")),
        ("<DeepLink><![CDATA[cmd]]></DeepLink>", Told("DeepLink", "runs", "cmd")),
        ("<url>&#x5c;\\a.example\\s\\b</url>", Told("url", "opens", "\\\\a.example\\s\\b")),
        ("<p codebase = 'http://a.example'/>", Told("codebase", "installs", "http://a.example")),
        ("  Exec = a b\n", Told("Exec", "runs", "a b")),
        ("Icon[de]=a\n", Told("Icon", "icon", "a")),
        ("full address:s:a:3389\n", Told("full address", "opens", "a:3389")),
        ("Anything=\\\\a.example\\s\\b", Told("a path", "opens", "\\\\a.example\\s\\b")),
        ("<x>&#92;&#92;a.example&#92;s</x>", Told("a path", "opens", "\\\\a.example\\s")),
        ("<!ENTITY a 'b'>", Told("ENTITY", "hides", "a 'b'")),
    ],
)
def test_a_command_is_found_in_each_form_of_text(text, said):
    assert told(memoryview(text.encode()), NONE) == [said]


@pytest.mark.parametrize(
    "text", ["", "hello", "Path=/bin/sh", "Comment=Exec", "<string>en</string>", "URL=page"]
)
def test_what_names_nothing(text):
    assert told(memoryview(text.encode()), NONE) == []


@pytest.mark.parametrize(("extension", "count"), [("appref-ms", 1), ("url", 0)])
def test_an_address_counts_where_it_is_all_there_is(extension, count):
    assert (
        len(told(memoryview(b"http://a.example/x.application#x"), frozenset({extension}))) == count
    )


@pytest.mark.parametrize(("count", "most"), [(VALUES, VALUES), (VALUES + 1, VALUES)])
def test_so_many_values_and_no_more(count, most):
    text = "".join(f"URL=https://{n}.example\n" for n in range(count))

    assert len(told(memoryview(text.encode()), URLS)) == most


@pytest.mark.parametrize(("before", "found"), [(LONGEST - 20, True), (LONGEST, False)])
def test_only_so_much_is_read(before, found):
    text = "\n" * before + "URL=https://a.example"

    assert bool(told(memoryview(text.encode()), URLS)) is found
