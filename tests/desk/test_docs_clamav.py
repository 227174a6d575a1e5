"""What docs/clamav.md says, done as it says: its blocks, a real clamd, and mail."""

import re
import runpy
from pathlib import Path

import pytest

from pratique.milter.config import parse
from pratique.milter.engines import asking, cache, clamav, measured, version
from pratique.milter.sections.engines import ClamavSection, DeadlineSection
from pratique.scanners import frames

PAGE = (Path(__file__).resolve().parents[2] / "docs/clamav.md").read_text("utf-8")
BLOCK = re.compile(r"^```\w*\n# (/etc/\S+), in addition\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = dict(BLOCK.findall(PAGE))
FAKE = runpy.run_path(str(Path(__file__).parent.parent / "clamd_process.py"))


@pytest.fixture
def clamd(until):
    made = FAKE["ClamdProcess"](until)
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.real("clamd", "kernel confinement")
def test_set_up_as_it_stands_there_clamd_judges_mail(clamd, service, tmp_path):
    lines = BLOCKS["/etc/clamav/clamd.conf"].splitlines()
    clamd.start(**dict(line.split(None, 1) for line in lines))
    text = BLOCKS["/etc/pratique/pratique.toml"]
    service.configure(rest=text.replace("/run/clamav/clamd.ctl", str(clamd.socket)))
    bad, good = tmp_path / "bad.eml", tmp_path / "good.eml"
    bad.write_bytes(b"Subject: x\r\n\r\n" + FAKE["EICAR"] + b"\r\n")
    good.write_bytes(b"Subject: x\r\n\r\nhello\r\n")
    assert "clamav" in service.run("inspect", "--json", str(bad), status=1)
    service.run("inspect", "--json", str(good))
    clamd.stop()
    said = service.run("inspect", "--json", str(good), status=1)
    assert '"action": "defer"' in said
    assert "engine_away" in said


def test_the_toml_is_a_configuration():
    section = parse(BLOCKS["/etc/pratique/pratique.toml"], "x").clamav
    assert section.socket
    # As the page says of both.
    assert (section.limits, section.ask) == ("measured", "undecided")


@pytest.mark.parametrize(
    "said",
    [
        f"more than {asking.WHOLE_OCTETS // 1024} KB",
        f"{frames.SHOWN_PARTS:,} parts and {frames.SHOWN_OCTETS // 1024**2} MiB",
        f"for {cache.SECONDS / 60:.0f} minutes".replace("10", "ten"),
        f"`deadline.seconds` ({DeadlineSection().seconds:g})",
        f"`seconds` ({ClamavSection().seconds:g}) of them",
        f"`connections` ({ClamavSection().connections})",
        "every minute" if clamav.VERSION_SECONDS == 60 else "no minute",
        f"in itself {version._LAYERS} times",
        f"each part of it | {measured.PART_OCTETS // 1024**2} MiB | MaxFileSize 25M |",
        f"the message counted | {measured.OCTETS // 1024**2} MiB | MaxScanSize 100M |",
        f"parts | {measured.PARTS:,} | MaxFiles 10000 |",
        f"in each other | {measured.DEPTH} | MaxRecursion 16 |",
        f"time | {measured.SECONDS:g} s | MaxScanTime 120 s |",
        "longer than a second" if asking.PATIENCE == 1 else "as long as it takes",
    ],
)
def test_the_numbers_are_those_of_the_code(said):
    assert said in PAGE


def test_each_setting_stands_there():
    assert [name for name in ClamavSection.model_fields if f"{name}" not in PAGE] == []
