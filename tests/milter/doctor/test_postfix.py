"""All that docs/postfix.md says to write is right in the eyes of the doctor, and nothing else."""

import re
from pathlib import Path

import pytest

from pratique.milter.doctor.postfix import postfix

PAGE = (Path(__file__).resolve().parents[3] / "docs/postfix.md").read_text("utf-8")
BLOCK = re.compile(
    r"^```\w*\n# /etc/\S*?(\w+)\.\w+(?:, in addition)?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
HEADINGS = (
    "As a milter",
    "Before the queue: smtpd_proxy_filter",
    "After the queue: content_filter",
    "In front, as MX",
)


def blocks(heading):
    (section,) = [part for part in PAGE.split("\n## ") if part.startswith(heading + "\n")]
    found = {"main": "", "master": "", "pratique": ""}
    for file, text in BLOCK.findall(section):
        found[file] += text
    # The state folder is the test's.
    found["pratique"] = re.sub(r"^state = .*$", "", found["pratique"], flags=re.MULTILINE)
    return found


@pytest.mark.real("postfix")
@pytest.mark.parametrize("chroot", ["n", "y"])
@pytest.mark.parametrize("heading", HEADINGS)
async def test_what_the_docs_say_is_right(heading, chroot, postfix_in, case, said):
    written = blocks(heading)
    folder = postfix_in(written["main"], written["master"], chroot)
    ours = written["pratique"].replace("/var/spool/postfix", f"{folder}/spool")
    lines = await said(postfix, case(ours, postfix=folder / "etc"))
    assert len(lines) > 2
    assert [line for line in lines if line.state in ("wrong", "warning")] == []


@pytest.mark.slow
async def test_without_a_postfix_nothing_is_known(case, said, tmp_path):
    (line,) = await said(postfix, case(postfix=tmp_path))
    assert (line.state, line.what) == ("not looked at", "what Postfix is told of us")
    assert "--postfix names another folder" in line.do


@pytest.mark.real("postfix")
async def test_a_listener_that_postfix_does_not_name_may_be_asked_by_others(postfix_in, case, said):
    lines = await said(postfix, case(postfix=postfix_in() / "etc"))
    (line,) = [one for one in lines if one.state != "ok"]
    assert line.what == "how mail comes to the listener smtp, 127.0.0.1:10025"
