"""Pages that ask for a password: what the shipped rule speaks of, and what it leaves alone."""

import pytest

FORM = b'<form method=post action="https://login.example/a"><input name=p type="password">'


def findings(known):
    return [(found.scanner, found.severity) for found in known.findings]


@pytest.mark.parametrize(
    "page",
    [
        b"<html>" + FORM + b"</html>",
        b"\r\n<!doctype html><html>" + FORM,
        b"<html>" + FORM.replace(b'"', b"").upper(),
        b"<html>" + FORM.replace(b"https:", b""),
    ],
)
def test_a_page_that_sends_a_password_elsewhere_is_held(page, bounces, see, decide):
    known = see(bounces.multipart(bounces.text, bounces.file("report.html", page)))

    assert findings(known) == [("yara", "suspicious")]
    assert decide(known).rule == "suspicious"


@pytest.mark.parametrize(
    "page",
    [
        b"<html><p>Your password is safe.</p></html>",
        b'<html><form action="https://search.example/"><input name=q></form>',
        b"<html>" + FORM.replace(b"https://login.example/a", b"/login"),
        b"To log in, write:\n" + FORM,
        b"",
    ],
)
def test_other_pages_are_left_alone(page, bounces, see):
    assert findings(see(bounces.multipart(bounces.text, bounces.file("report.html", page)))) == []
