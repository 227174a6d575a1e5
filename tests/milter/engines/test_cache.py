"""An answer is remembered for its octets and its database, and for a while."""

import pytest

from pratique.milter.engines.cache import ENTRIES, SECONDS, Cache


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def cache(now):
    return Cache(lambda: now[0], entries=3)


def test_what_was_found_is_known_again_and_nothing_else(cache):
    cache.put("a", "1", "Eicar")
    cache.put("b", "1", "")
    assert [cache.get(each, "1") for each in "abc"] == ["Eicar", "", None]
    assert cache.get("a", "2") is None


def test_the_one_that_was_not_asked_for_longest_goes_first(cache):
    for each in "abc":
        cache.put(each, "1", each)
    cache.get("a", "1")
    cache.put("d", "1", "d")
    assert [cache.get(each, "1") for each in "abcd"] == ["a", None, "c", "d"]


@pytest.mark.parametrize(("age", "known"), [(SECONDS, "a"), (SECONDS + 1, None)])
def test_it_is_forgotten_after_a_while(cache, now, age, known):
    cache.put("a", "1", "a")
    now[0] = age
    assert cache.get("a", "1") == known
    cache.put("a", "1", "b")
    assert cache.get("a", "1") == "b"


def test_it_is_bounded(now):
    cache = Cache(lambda: now[0])
    for number in range(ENTRIES + 1):
        cache.put(str(number), "1", "")
    assert cache.get("0", "1") is None
    assert cache.get("1", "1") == ""
