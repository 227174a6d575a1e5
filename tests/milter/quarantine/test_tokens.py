"""Release tokens: ours, once, in time; nothing that a stranger makes up."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pratique.milter.durable import Disk
from pratique.milter.quarantine.tokens import LIFETIME, Tokens

ID = "20251122T120000-00000001"


@pytest.fixture
def tokens(tmp_path: Path, clock: Callable[[], Any]) -> Tokens:
    made = Tokens(tmp_path / "tokens", Disk(), clock)
    made.make()
    return made


async def test_a_token_that_is_reserved_is_nobody_elses(tokens: Tokens) -> None:
    token = tokens.issue(ID)
    first = await tokens.redeem(token)
    assert first
    assert await tokens.redeem(token) is None
    first.back()
    second = await tokens.redeem(token)
    assert second
    await second.spent()
    second.back()
    assert await tokens.redeem(token) is None
    assert list(tokens.folder.iterdir()) == []


async def test_of_many_doors_at_once_one_gets_it(tokens: Tokens) -> None:
    token = tokens.issue(ID)
    found = [one for one in await asyncio.gather(*map(tokens.redeem, [token] * 20)) if one]
    assert len(found) == 1
    found[0].back()


async def test_a_door_that_dies_gives_its_token_back(tokens: Tokens) -> None:
    token = tokens.issue(ID)
    redemption = await tokens.redeem(token)
    assert redemption
    # What the kernel does with a process that ends.
    os.close(redemption._descriptor)
    again = await tokens.redeem(token)
    assert again
    again.back()


async def test_the_store_does_not_hold_the_token_itself(tokens: Tokens) -> None:
    token = tokens.issue(ID)
    (file,) = tokens.folder.iterdir()
    assert token not in file.name + file.read_text()
    assert await tokens.redeem(file.name) is None


async def test_a_token_is_worthless_after_its_time(tokens: Tokens, clock: Any) -> None:
    token = tokens.issue(ID)
    clock.now += LIFETIME
    assert await tokens.redeem(token) is None


async def test_a_withdrawn_token_is_worthless(tokens: Tokens) -> None:
    token = tokens.issue(ID)
    tokens.withdraw(token)
    assert await tokens.redeem(token) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "../index.sqlite",
        "A" * 31,
        "A" * 32,
        "A" * 33,
        "A" * 31 + "\n",
        "A" * 31 + "é",
        "\udcff" * 32,
        "A" * 1_000_000,
    ],
)
async def test_a_token_that_a_stranger_made_up_is_none(tokens: Tokens, token: str) -> None:
    tokens.issue(ID)
    assert await tokens.redeem(token) is None


@pytest.mark.parametrize("octets", [b"", b"{", b"{}", b"[]", b"\xff", b'{"token_sha256": 7}'])
async def test_a_damaged_token_is_none_and_the_log_says_so(
    tokens: Tokens, octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    token = tokens.issue(ID)
    (file,) = tokens.folder.iterdir()
    file.write_bytes(octets)
    assert await tokens.redeem(token) is None
    assert "cannot be read" in caplog.text


async def test_a_token_under_the_name_of_another_is_none(tokens: Tokens) -> None:
    one, other = tokens.issue(ID), None
    (first,) = tokens.folder.iterdir()
    other = tokens.issue(ID)
    (second,) = set(tokens.folder.iterdir()) - {first}
    second.write_bytes(first.read_bytes())
    assert await tokens.redeem(other) is None
    redemption = await tokens.redeem(one)
    assert redemption
    redemption.back()


def test_expire_removes_old_tokens_and_leaves_young_and_foreign_files(
    tokens: Tokens, clock: Any
) -> None:
    tokens.issue(ID)
    (old,) = tokens.folder.iterdir()
    tokens.issue(ID)
    (young,) = set(tokens.folder.iterdir()) - {old}
    (tokens.folder / "README").write_text("not ours")
    now = clock.now.timestamp()
    for path, age in [(old, 1), (young, -1), (tokens.folder / "README", 1)]:
        when = now - LIFETIME.total_seconds() - age
        os.utime(path, (when, when))
    assert tokens.expire() == 1
    assert not old.exists()
    assert young.exists()
    assert (tokens.folder / "README").exists()
