"""Pages that say that mail for their reader waits elsewhere, and honest ones that speak of mail."""

import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin.yara import Yara

RULE = "Notice_of_mail_that_waits"
LURE = "<html>You have 6 incoming messages that could not be delivered to your inbox"
LINK = '<a href="https://x.example/">RELEASE ALL</a>'


@pytest.fixture(scope="module")
def yara():
    return Yara(wall.Setup())


@pytest.mark.parametrize(
    "page",
    [
        LURE + LINK,
        "<p>pending emails, to your mailbox, have not been delivered to your account" + LINK,
        "<p>5 blocked e-mail that were not delivered to your mailbox" + LINK,
    ],
)
def test_the_lure_is_known(yara, show, page):
    (finding,) = show(yara, page.encode(), kind="html").findings
    assert (finding.name, finding.severity) == (RULE, "suspicious")


@pytest.mark.parametrize(
    "page",
    [
        LURE,
        LURE.removeprefix("<html>") + LINK,
        "<p>Your message could not be delivered to your colleague's inbox" + LINK,
        "<p>Held messages can be released in your account" + LINK,
    ],
)
def test_who_quotes_it_or_speaks_of_mail_is_left_alone(yara, show, page):
    assert not show(yara, page.encode(), kind="html").findings
