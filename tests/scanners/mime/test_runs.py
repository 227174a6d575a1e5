"""Base64 that nobody declared is found, and what only looks like it is left alone."""

import base64
import hashlib

import pytest

from pratique.scanners.mime.runs import RUNS, SEARCHED, find_runs

OCTETS = hashlib.shake_256(b"runs").digest(200)
ENCODED = base64.encodebytes(OCTETS)


@pytest.mark.parametrize(
    "octets",
    [
        ENCODED,
        b"See below.\n\n" + ENCODED + b"\nBye\n",
        (b"See below.\n\n" + ENCODED + b"\nBye\n").replace(b"\n", b"\r\n"),
        b"\n" + ENCODED.replace(b"\n", b" \n"),
        b"\n" + ENCODED + b"--outer\n",
        b"-----BEGIN X-----\nabc\n-----END X-----\n" + ENCODED,
        b"\n" + base64.b64encode(OCTETS * 2) + b"\n",
        base64.b64encode(OCTETS),
        ENCODED.replace(b"\n", b"\r\n\r\n"),
        ENCODED.replace(b"\n", b"\r"),
        b" " + ENCODED.replace(b"\n", b"\n "),
        b"\n".join(base64.b64encode(OCTETS)[at : at + 6] for at in range(0, 268, 6)),
    ],
)
def test_a_run_is_found(octets):
    (run,) = find_runs(octets)

    assert base64.b64decode(run)[: len(OCTETS)] == OCTETS


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"An ordinary letter, with lines that end\nwhere a thought does.\n" * 50,
        b"x.\n" + ENCODED.splitlines()[0] + b"\n",
        ENCODED[:59],
        b"Meet us at 5 in Room 12 and bring 30 friends of Ann and Ben with you",
        b"\n" + hashlib.sha256(b"x").hexdigest().encode() + b"\n" * 9,
        (b"\n" + b"0123456789abcdef" * 4) * 9,
        b"\n" + b"/" * 76 + b"\n" + b"/" * 76 + b"\n",
        b"-----BEGIN PGP SIGNATURE-----\n\n" + ENCODED + b"-----END PGP SIGNATURE-----\n",
        b"-----BEGIN CERTIFICATE-----\n" + ENCODED + b"-----END CERTIFICATE-----\n",
        b"> " + ENCODED.replace(b"\n", b"\n> "),
        b"DKIM-Signature: b=\n " + ENCODED.replace(b"\n", b"\n "),
    ],
)
def test_what_only_looks_like_base64_is_none(octets):
    assert list(find_runs(octets)) == []


def test_a_run_that_begins_within_what_is_searched_is_found_and_no_later_one():
    before = b"\n" * SEARCHED

    assert len(list(find_runs(before[:-1] + b"\n" + ENCODED))) == 1
    assert list(find_runs(before + b"\n\n" + ENCODED)) == []


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_runs_are_decoded_and_one_more_is_a_limit(more, read):
    texts = [base64.encodebytes(hashlib.shake_256(b"%d" % each).digest(90)) for each in range(65)]

    seen = read(b"A: b\n\n" + b"\n---\n".join([b"", *texts[: RUNS + more]]))

    assert len(seen.members) == 1 + RUNS
    assert [each.class_ for each in seen.reached] == ["parts"] * more
    assert seen.odd == []


def test_a_run_is_a_further_view_without_a_name_or_an_ambiguity(read):
    seen = read(b"A: b\n\nSee below.\n\n" + ENCODED)

    run = seen.at("1/base64")
    assert (bytes(run.octets), run.view, run.name, run.declared_type) == (OCTETS, "further", "", "")
    assert seen.odd == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", [b"Aa1" * 20 + b"\n", b"Aa1", b"\n", b"Aa1 \n", b"-----BEGIN \nAa1\n"]
)
def test_the_search_takes_time_in_proportion_to_the_octets(piece, clocked):
    def search(size):
        return lambda: list(find_runs(b"\n" + piece * (size // len(piece))))

    assert clocked(search(400_000)) < 8 * clocked(search(100_000)) + 0.05
