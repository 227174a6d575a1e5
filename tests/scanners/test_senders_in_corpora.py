"""Ordinary mail and genuine bounces say who wrote them: how many have a sign of the contrary."""

from collections import Counter
from pathlib import Path

import pytest

from pratique.scanners.names import extension

CORPORA = Path(__file__).resolve().parents[3] / "shared/corpora"
MAIL = {"eml", "msg", "raw", "txt"}

pytestmark = [pytest.mark.slow, pytest.mark.real("shared mail")]


def signs(see, folder):
    """How many mails there are, and how many have each sign."""
    paths = sorted(path for path in folder.rglob("*") if extension(path.name) in MAIL)
    seen = [see(path.read_bytes()) for path in paths]
    return len(seen), Counter(kind for one in seen for kind in {s.kind for s in one.spoof_signs})


@pytest.mark.parametrize(("folder", "least"), [("mime", 400), ("bounces", 490)])
def test_real_mail_has_few_signs(see, folder, least):
    count, found = signs(see, CORPORA / folder)

    print(f"{folder}: {count} mails, {dict(found)}")
    assert count > least
    assert set(found) <= {"reply_elsewhere"}
    assert found["reply_elsewhere"] / count < 0.01
