"""Pages that ask for a password: what becomes of such mail, and of mail that looks like it."""

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
        # By its name a browser opens it as a page, and shows the form.
        b"To log in, write:\n" + FORM,
    ],
)
def test_a_page_that_sends_a_password_elsewhere_is_held(page, bounces, see, decide):
    known = see(bounces.multipart(bounces.text, bounces.file("report.html", page)))

    assert findings(known) == [("pages", "suspicious")]
    assert decide(known).rule == "suspicious"


@pytest.mark.parametrize(
    "page",
    [
        b"<html><p>Your password is safe.</p></html>",
        b'<html><form action="https://search.example/"><input name=q></form>',
        b"<html>" + FORM.replace(b"https://login.example/a", b"/login"),
        b"",
    ],
)
def test_other_pages_are_let_through(page, bounces, see, decide):
    known = see(bounces.multipart(bounces.text, bounces.file("report.html", page)))

    assert all(severity == "information" for _, severity in findings(known))
    assert decide(known).rule == "all other mail"
