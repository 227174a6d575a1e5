"""Ordinary mail of many programs: nothing in it is suspicious to who looks at pages and links."""

from collections import Counter
from pathlib import Path

import pytest

from pratique.scanners.names import extension

CORPORA = Path(__file__).resolve().parents[3] / "shared/corpora"
MAIL = {"eml", "msg", "raw"}
LOOK = {"pages", "links"}

pytestmark = [pytest.mark.slow, pytest.mark.real("shared mail")]


@pytest.fixture(scope="module")
def seen(see):
    paths = sorted(path for path in CORPORA.rglob("*") if extension(path.name) in MAIL)
    return {str(path.relative_to(CORPORA)): see(path.read_bytes()) for path in paths}


def test_there_is_mail_with_links(seen):
    assert len(seen) > 700
    assert sum(bool(one.links) for one in seen.values()) > 100


def test_nothing_in_it_is_suspicious(seen):
    found = Counter(
        (name, one.name)
        for name, known in seen.items()
        for one in known.findings
        if one.scanner in LOOK and one.severity != "information"
    )
    assert found == Counter()


def test_no_limit_is_reached(seen):
    assert [
        name for name, one in seen.items() if any(x.class_ == "links" for x in one.limits)
    ] == []
