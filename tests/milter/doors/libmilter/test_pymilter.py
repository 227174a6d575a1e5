"""What is agreed on with a mail server, and which module libmilter is found in."""

import subprocess
import sys
from pathlib import Path

import pytest

pymilter = pytest.importorskip("pratique.milter.doors.libmilter.pymilter", exc_type=ImportError)

ROOT = Path(__file__).resolve().parents[4]


def test_the_module_is_the_c_module_and_not_our_folder():
    assert pymilter.libmilter.__file__.endswith(".so")


def test_what_a_verdict_may_need_is_asked_for():
    wanted = ("ADDHDRS", "CHGHDRS", "CHGBODY", "DELRCPT", "QUARANTINE", "SETSYMLIST")
    wanted += ("CHGFROM", "ADDRCPT", "ADDRCPT_PAR")
    assert all(pymilter.ACTIONS & getattr(pymilter.libmilter, name) for name in wanted)


def test_chunks_of_the_body_are_answered():
    assert not pymilter.AGREED & pymilter.libmilter.P_NR_BODY


@pytest.mark.slow
def test_without_pymilter_an_admin_is_told_what_to_install():
    # In the repository's root our folder `milter` is found where pymilter is not.
    code = (
        "import sys; sys.path = ['', 'src', *(p for p in sys.path if 'site-packages' not in p)];"
        "import pratique.milter.doors.libmilter.pymilter"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "pip install 'pratique[milter]'" in done.stderr
