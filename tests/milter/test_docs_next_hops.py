"""The page docs/next_hops.md says of next hops what is true."""

import re
from pathlib import Path

import pytest

from pratique.milter import config
from pratique.milter.next_hop import smtp, transaction, wire
from pratique.milter.next_hop.pause import FIRST_SECONDS, LONGEST_SECONDS
from pratique.milter.next_hop.pool import Limits
from pratique.milter.next_hop.routes import OTHER_ROUTE
from pratique.milter.next_hop.tls import Level
from pratique.milter.sections.next_hop import NextHopSection, RouteSection

PAGE = (Path(__file__).resolve().parents[2] / "docs/next_hops.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LIMITS = Limits()


def test_there_are_blocks_and_each_says_which_file_it_is_for():
    assert len(BLOCKS) >= 6
    assert all(block.startswith("# /etc/") for block in BLOCKS)


@pytest.mark.parametrize("block", BLOCKS)
def test_each_configuration_is_sound(block):
    assert config.parse(block, "docs/next_hops.md").next_hop.kind in {"smtp", "lmtp"}


@pytest.mark.parametrize("name", sorted({*NextHopSection.model_fields, *RouteSection.model_fields}))
def test_each_setting_stands_there(name):
    assert name == "folder" or re.search(rf"\b{name}\b", PAGE)


@pytest.mark.parametrize("level", Level.__args__)
def test_each_level_of_tls_stands_there(level):
    assert f'| `"{level}"` |' in PAGE


@pytest.mark.parametrize(
    "said",
    [
        f"by each process | {LIMITS.connections} |",
        f"{LIMITS.wait_seconds:g} seconds, then 451 4.4.5",
        f"{LIMITS.idle_seconds:g} seconds, {LIMITS.idle} of them",
        f"proves itself by RSET | {smtp.PROVE_AFTER:g} seconds",
        f"after {LIMITS.messages} messages or {LIMITS.age_seconds:g} seconds",
        f"for {FIRST_SECONDS:g} second, and twice as long each time, up to {LONGEST_SECONDS:g}",
    ],
)
def test_the_numbers_are_those_of_the_code(said):
    assert said in PAGE


@pytest.mark.parametrize(
    "reply",
    [
        smtp.AWAY,
        smtp.BUSY,
        smtp.NOT_UTF8,
        transaction.LOST,
        wire.MALFORMED,
        OTHER_ROUTE,
    ],
)
def test_each_reply_of_our_own_stands_there(reply):
    assert f"{reply.code} {reply.lines[0].split()[0]}" in PAGE
