"""What is redirected arrives at one address only, in each place at a real Postfix; and notices do.

The rules are those of docs/notices.md.  The sink gets all that goes out in the end.
"""

import re
import runpy
import shutil
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

SIBLING = runpy.run_path(str(Path(__file__).with_name("test_recipients.py")))
HEAD, PLAIN, PROGRAM, REST = (SIBLING[name] for name in ("HEAD", "PLAIN", "PROGRAM", "REST"))
PAGE = (Path(__file__).parents[2] / "docs/notices.md").read_text("utf-8")
RULES, SETTINGS = (
    next(
        block
        for block in re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        if word in block
    )
    for word in ("[[rule]]", "[notices]")
)
MARKED = """
[[rule]]
name = "marked"
when = 'rcpt.address.startsWith("marked@")'
actions = ["accept", { add_header = "X-Pratique-Note: marked" }]
"""
PLACES = ["milter", "milter_without_release", "proxy", "filter"]


class Place(SIBLING["Place"]):
    """The same places, with a policy that redirects."""

    def start(self, ours):
        self.policy.write_text(RULES + MARKED + REST)
        notices = re.sub(r'next_hop *= *".*"', f'next_hop = "127.0.0.1:{self.sink.port}"', SETTINGS)
        return super().start(f"{ours}\n{notices}")

    def sent_to(self, name):
        """What this address was sent."""
        return [one for one in self.sink.messages if f"<{name}@" in " ".join(one.rcpt)]


@pytest.fixture
def place(service, postfix, sink, free_port, until):
    made = Place(service, postfix, sink, free_port, until)
    made.relay.main["relay_domains"] = "corp.example our.example"
    yield made
    shutil.rmtree(made.folder)


def outcomes(here):
    (line,) = here.service.messages()
    return line["action"], line["outcome"]


@pytest.mark.parametrize("where", PLACES)
def test_what_is_redirected_comes_to_one_address_once(place, where):
    here = getattr(place, where)()
    assert here.send(PROGRAM, "bob", "eve").startswith("250")
    # The analyst has it, and security@ is told.
    assert here.delivered(2) == [("analyst", True), ("security", False)]
    assert outcomes(here) == ("redirect", "redirected")
    assert here.held() == []
    (copy,) = here.sent_to("analyst")
    assert "a@sender.example" in copy.mail
    (notice,) = here.sent_to("security")
    assert "<>" in notice.mail
    assert b"redirect: redirected" in notice.content
    assert b"bob@corp.example, eve@corp.example" in notice.content
    assert b"a[.]exe" in notice.content
    assert b"\nMZ" not in notice.content


@pytest.mark.parametrize("where", PLACES)
def test_some_get_it_and_for_others_it_is_redirected(place, where):
    here = getattr(place, where)()
    assert here.send(PROGRAM, "bob", "lab", "eve", "laboratory").startswith("250")
    # Postfix has one message, and says all of its recipients in one transaction.
    found = here.delivered(2 if where.startswith("milter") else 3)
    whole = [("lab laboratory", True), ("analyst", True)]
    if where.startswith("milter"):
        names = sorted(" ".join(one for one, _ in found if one != "security").split())
        assert names == ["analyst", "lab", "laboratory"]
    else:
        assert found == sorted([*whole, ("security", False)])
    assert len(here.sent_to("analyst")) == 1
    assert outcomes(here) == ("redirect", "split")
    assert here.held() == []


def test_a_milter_without_release_holds_what_is_not_the_content_of_most(place):
    here = place.milter_without_release()
    assert here.send(PROGRAM, "bob", "marked", "eve").startswith("250")
    assert ("analyst", True) in here.delivered(2)
    assert here.held() == [("marked", "held")]


@pytest.mark.parametrize("where", ["proxy", "milter"])
def test_the_stranger_hears_what_a_rule_says(place, where):
    here = getattr(place, where)()
    content = PLAIN.replace(b"Subject: hello", b"Subject: 100% unwanted")
    assert here.send(content, "bob") == "550 5.7.1 100% unwanted mail is not taken, see our page"
    assert here.delivered(0) == []
