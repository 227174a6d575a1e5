"""What is fetched by itself: from a stranger, from a company's own server, from a disk."""

import pytest

from pratique.scanners.office.targets import judge

JUDGED = {
    "malicious": [
        "mhtml:http://a.example/x.html!x-usc:http://a.example/x.html",
        "ms-msdt:/id PCWDiagnostic",
        "https://a.example/RDF8421.html!",
        "HTTP://a.example/a.HTA",
        "https://a.example/a.sct?b=c",
        " script:http://a.example/a",
        "javascript:alert(1)",
        "%6dhtml:http://a.example",
    ],
    "suspicious": [
        "http://a.example/template.dotm",
        "https://198.51.100.7/a",
        "ftp://a.example/a",
        "\\\\198.51.100.7\\share\\a.dotm",
        "//files.attacker.example/share/a.dotm",
        "file://attacker.example/a/b",
        "file:////attacker.example/a/b",
        "file:///\\\\a.example@SSL\\DavWWWRoot\\a.dotm",
        "\\\\attacker@80\\a\\b",
        "\\\\3325256824\\a\\b",
    ],
    "information": [
        "\\\\files\\templates\\letter.dotx",
        "file:///\\\\FILES\\templates\\letter.dotx",
        "https://contoso.sharepoint.com/sites/a/letter.dotx",
        "http://intranet/templates/a.dotx",
        "https://omextemplates.content.office.net/support/templates/tf1.dotx",
    ],
    None: [
        "file:///C:\\Users\\ann\\AppData\\Roaming\\Microsoft\\Templates\\Letter.dotx",
        "Normal.dotm",
        "C:\\Templates\\a.dotx",
        "../media/a.png",
        "",
        "#Sheet1!A1",
        "mailto:a@b.example",
        "file:///C:/Templates/a.dotx",
        "Z:\\a.dotm",
    ],
}


@pytest.mark.parametrize(
    ("target", "severity"), [(one, severity) for severity, each in JUDGED.items() for one in each]
)
def test_a_target_is_judged_by_where_it_leads(target, severity):
    assert judge(target) == severity
