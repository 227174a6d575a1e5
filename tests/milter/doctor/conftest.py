"""A case that a test writes, what is said of it, and servers that say what a test wants."""

import os
import runpy
import shutil
import tempfile
from pathlib import Path

import pytest

from pratique.milter import config
from pratique.milter.doctor.access import user_of
from pratique.milter.doctor.line import Case, Check
from pratique.milter.doctor.rounds import looked

HERE = Path(__file__).parent
_NAMES = runpy.run_path(str(HERE.parent / "lookups/conftest.py"))
_SERVERS = runpy.run_path(str(HERE.parent / "next_hop/conftest.py"))

_ENGINES = runpy.run_path(str(HERE.parent / "engines/conftest.py"))
_CLAMD = runpy.run_path(str(HERE.parents[1] / "clamd_process.py"))

fake_clamd = _ENGINES["fake_clamd"]
name_server = _NAMES["name_server"]
listen = _SERVERS["listen"]
new_script = _SERVERS["new_script"]
script = _SERVERS["script"]
certificate = _SERVERS["certificate"]
other_certificate = _SERVERS["other_certificate"]

# What a Postfix has at least; column 5 says whether smtpd is chrooted.
MASTER = """
smtp inet n - {chroot} - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
"""


@pytest.fixture
def case(tmp_path):
    """Make a case of a configuration; its state folder is tmp_path/state."""

    def make(text="", **besides):
        settings = config.parse(f'state = "{tmp_path}/state"\n{text}', "pratique.toml")
        besides.setdefault("user", user_of(os.geteuid()))
        besides.setdefault("clamd_conf", tmp_path / "clamd.conf")
        return Case(settings, **besides)

    return make


@pytest.fixture
def said():
    """All that a look says, in its order."""

    async def said(look, case, seconds=20.0):
        return await looked(Check("concern", look), case, seconds)

    return said


@pytest.fixture
def doctor(case, said):
    """Both of these."""
    return case, said


@pytest.fixture
def states():
    """How often lines say which state."""

    def states(lines):
        return sorted({line.state for line in lines})

    return states


@pytest.fixture
def postfix_in():
    """Write a configuration folder of Postfix, with a queue folder beside it; gives both."""
    made = []

    def write(main="", master="", chroot="n"):
        folder = Path(tempfile.mkdtemp(prefix="pratique-postconf-"))
        made.append(folder)
        # The user postfix must come in.
        folder.chmod(0o755)
        (folder / "etc").mkdir()
        (folder / "spool").mkdir(mode=0o755)
        usual = f"compatibility_level = 3.6\nqueue_directory = {folder}/spool\n"
        (folder / "etc/main.cf").write_text(usual + main)
        (folder / "etc/master.cf").write_text(MASTER.format(chroot=chroot) + master)
        # Of a file that was written within this second postconf waits for the next one.
        for file in (folder / "etc").iterdir():
            os.utime(file, (1_000_000_000, 1_000_000_000))
        return folder

    yield write
    for folder in made:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def clamd(until):
    """A real clamd, that finds EICAR."""
    made = _CLAMD["ClamdProcess"](until)
    made.folder.chmod(0o755)
    yield made.start(LocalSocketMode="660")
    made.close()
