"""How old signatures are: rules and lists in files, and what engines tell."""

import hashlib
import os
from datetime import timedelta

import pytest

from pratique.milter.doctor.signatures import in_files, of_engines
from pratique.milter.lists.building import build


@pytest.fixture
def rules(tmp_path):
    """A folder of rules that were written so many days ago."""

    def write(days, case):
        (tmp_path / "rules").mkdir(exist_ok=True)
        file = tmp_path / "rules/a.yar"
        file.write_text("rule A { condition: false }")
        then = (case.now() - timedelta(days=days)).timestamp()
        os.utime(file, (then, then))
        return case

    return write


@pytest.mark.parametrize(
    ("age", "state"), [((7, 6), "ok"), ((7, 8), "wrong"), ((0, 800), "ok"), ((0, -3), "wrong")]
)
def test_a_folder_of_rules_is_as_old_as_its_newest(case, rules, tmp_path, age, state):
    limit, days = age
    here = case(f'[yara]\nfolders = ["{tmp_path}/rules"]\nold_after_days = {limit}\n')
    (line,) = in_files(rules(days, here))
    assert (line.state, str(tmp_path / "rules") in line.what) == (state, True)


def test_an_empty_one_has_no_date(case, tmp_path):
    (tmp_path / "rules").mkdir()
    (line,) = in_files(case(f'[yara]\nfolders = ["{tmp_path}/rules"]\n'))
    assert (line.state, line.do) == ("not looked at", "it has no date")


@pytest.mark.parametrize(("days", "state"), [(6, "ok"), (8, "wrong")])
def test_a_list_is_as_old_as_its_feed(case, tmp_path, days, state):
    feed = tmp_path / "ours.txt"
    feed.write_text(hashlib.sha256(b"worm").hexdigest())
    here = case(
        f'[[hash_list]]\nname = "ours"\nfeed = "{feed}"\nowner = "ann"\n'
        'severity = "malicious"\nold_after_days = 7\n'
    )
    then = (here.now() - timedelta(days=days)).timestamp()
    os.utime(feed, (then, then))
    # Before it is built it has no age.
    assert list(in_files(here)) == []
    here.settings.state.mkdir(mode=0o700)
    build(here.settings.hash_list[0], here.settings.state)
    (line,) = in_files(here)
    assert line.state == state


@pytest.mark.parametrize(("days", "state"), [(2, "ok"), (4, "wrong")])
async def test_clamd_tells_how_old_its_database_is(case, said, fake_clamd, days, state):
    here = case(f'[clamav]\nsocket = "unix:{fake_clamd.path}"\n')
    then = (here.now() - timedelta(days=days)).astimezone()
    fake_clamd.version = f"ClamAV 1.4.6/27500/{then:%a %b %d %H:%M:%S %Y}\0".encode()
    (line,) = await said(of_engines, here)
    assert (line.state, "clamav: 27500" in line.what) == (state, True)
    assert ("docs/signatures.md" in line.do) is (state == "wrong")


@pytest.mark.slow
@pytest.mark.real("clamd")
async def test_a_real_one_with_a_database_of_its_own_has_no_date(case, said, clamd):
    (line,) = await said(of_engines, case(f'[clamav]\nsocket = "unix:{clamd.socket}"\n'))
    assert line.state == "not looked at"


async def test_one_that_is_away_is_not_told_of_here(case, said, tmp_path):
    assert await said(of_engines, case(f'[clamav]\nsocket = "unix:{tmp_path}/none"\n')) == []
    assert await said(of_engines, case()) == []
