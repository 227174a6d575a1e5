"""Release tokens: ours, once, in time; nothing that a stranger makes up."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pratique.milter.durable import Disk
from pratique.milter.quarantine.bound import Bound
from pratique.milter.quarantine.tokens import LIFETIME, Redemption, Tokens

ID = "20251122T120000-00000001"
BOUND = Bound("ann@example.org", frozenset({"bob@example.org"}), "ab" * 32)


def redeem(tokens: Tokens, token: str) -> Redemption | None:
    return tokens.redeem(token, lambda: BOUND)


@pytest.fixture
def tokens(tmp_path: Path, clock: Callable[[], Any]) -> Tokens:
    made = Tokens(tmp_path / "tokens", Disk(), clock)
    made.make()
    return made


async def test_a_token_that_is_reserved_is_nobody_elses(tokens: Tokens) -> None:
    token = tokens.issue(ID, BOUND)
    first = redeem(tokens, token)
    assert first
    assert redeem(tokens, token) is None
    first.back()
    second = redeem(tokens, token)
    assert second
    await second.spent()
    second.back()
    assert redeem(tokens, token) is None
    assert list(tokens.folder.iterdir()) == []


async def test_of_many_doors_at_once_one_gets_it(tokens: Tokens) -> None:
    token = tokens.issue(ID, BOUND)
    tries = (asyncio.to_thread(redeem, tokens, token) for _ in range(20))
    found = [one for one in await asyncio.gather(*tries) if one]
    assert len(found) == 1
    found[0].back()


def test_a_door_that_dies_gives_its_token_back(tokens: Tokens) -> None:
    token = tokens.issue(ID, BOUND)
    redemption = redeem(tokens, token)
    assert redemption
    # What the kernel does with a process that ends.
    os.close(redemption._descriptor)
    again = redeem(tokens, token)
    assert again
    again.back()


def test_the_store_does_not_hold_the_token_itself(tokens: Tokens) -> None:
    token = tokens.issue(ID, BOUND)
    (file,) = tokens.folder.iterdir()
    assert token not in file.name + file.read_text()
    assert redeem(tokens, file.name) is None


def test_a_token_is_worthless_after_its_time(tokens: Tokens, clock: Any) -> None:
    token = tokens.issue(ID, BOUND)
    clock.now += LIFETIME
    assert redeem(tokens, token) is None


def test_a_withdrawn_token_is_worthless(tokens: Tokens) -> None:
    token = tokens.issue(ID, BOUND)
    tokens.withdraw(token)
    assert redeem(tokens, token) is None


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
def test_a_token_that_a_stranger_made_up_is_none(tokens: Tokens, token: str) -> None:
    tokens.issue(ID, BOUND)
    assert redeem(tokens, token) is None


@pytest.mark.parametrize("octets", [b"", b"{", b"{}", b"[]", b"\xff", b'{"token_sha256": 7}'])
def test_a_damaged_token_is_none_and_the_log_says_so(
    tokens: Tokens, octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    token = tokens.issue(ID, BOUND)
    (file,) = tokens.folder.iterdir()
    file.write_bytes(octets)
    assert redeem(tokens, token) is None
    assert "cannot be read" in caplog.text


def test_a_token_under_the_name_of_another_is_none(tokens: Tokens) -> None:
    one, other = tokens.issue(ID, BOUND), None
    (first,) = tokens.folder.iterdir()
    other = tokens.issue(ID, BOUND)
    (second,) = set(tokens.folder.iterdir()) - {first}
    second.write_bytes(first.read_bytes())
    assert redeem(tokens, other) is None
    redemption = redeem(tokens, one)
    assert redemption
    redemption.back()


def test_expire_removes_old_tokens_and_leaves_young_and_foreign_files(
    tokens: Tokens, clock: Any
) -> None:
    tokens.issue(ID, BOUND)
    (old,) = tokens.folder.iterdir()
    tokens.issue(ID, BOUND)
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


@pytest.mark.parametrize(
    "came",
    [
        replace(BOUND, sha256="ba" * 32),
        replace(BOUND, reverse_path=""),
        replace(BOUND, recipients=frozenset({"eve@example.org"})),
    ],
)
def test_a_token_opens_for_the_message_that_it_was_issued_for_and_no_other(
    tokens: Tokens, came: Bound, caplog: pytest.LogCaptureFixture
) -> None:
    token = tokens.issue(ID, BOUND)
    assert tokens.redeem(token, lambda: came) is None
    assert f"release token of '{ID}' came with another message" in caplog.text
    found = redeem(tokens, token)
    assert found
    found.back()


@pytest.mark.parametrize("token", ["A" * 32, "nonsense"])
def test_what_came_is_looked_at_only_where_there_is_such_a_token(
    tokens: Tokens, token: str
) -> None:
    def never() -> Bound:
        raise AssertionError

    assert tokens.redeem(token, never) is None


def test_a_token_that_the_disk_does_not_give_is_none_and_the_log_says_so(
    tokens: Tokens, caplog: pytest.LogCaptureFixture
) -> None:
    token = tokens.issue(ID, BOUND)
    (file,) = tokens.folder.iterdir()
    file.unlink()
    file.mkdir()
    assert redeem(tokens, token) is None
    assert "cannot be redeemed" in caplog.text


def test_a_token_that_is_bound_to_nothing_is_none(
    tokens: Tokens, caplog: pytest.LogCaptureFixture
) -> None:
    token = tokens.issue(ID, BOUND)
    (file,) = tokens.folder.iterdir()
    file.write_text(file.read_text().replace("bound", "found"))
    assert redeem(tokens, token) is None
    assert "cannot be read" in caplog.text
