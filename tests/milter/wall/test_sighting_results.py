"""Where a worker says that results of others stand: octets that may be cut out later."""

import pytest

from pratique.milter.content import content_of
from pratique.milter.wall.sighting import MAX_CUT, Lie, Sighting
from pratique.scanners.facts_pb2 import Facts, Mail, Part, StatedResults

RESULTS = (
    b"A: b\r\nAuthentication-Results: mx; spf=pass\r\n d\r\nauthentication-RESULTS\t:\0x\r\n\r\n"
)
MIDST, LAST_END = RESULTS.index(b"authentication"), len(RESULTS) - 2
FIRST, SECOND = (6, MIDST), (MIDST, LAST_END)


@pytest.fixture
def finish_results():
    """Have a worker be done with octets, having stated where fields of results stand."""

    def finish(octets, *spans):
        content = content_of([octets])
        said = Sighting(10)
        said.take(Facts(parts=[Part(id=0)], mail=Mail(size=len(octets))))
        for start, end in spans:
            said.take(Facts(stated_results=[StatedResults(start=start, end=end)]))
        try:
            said.finish(content)
        finally:
            content.close()
        return said.end

    return finish


@pytest.mark.parametrize("spans", [(), (FIRST,), (SECOND, FIRST), ((0, 0), FIRST), (FIRST, FIRST)])
def test_results_may_stand_in_whole_fields_or_nowhere(finish_results, spans):
    assert finish_results(RESULTS, *spans) == "done"


@pytest.mark.parametrize("blanks", [0, 10_000])
def test_blanks_before_the_colon_make_no_other_field(finish_results, blanks):
    octets = b"Authentication-Results" + b" " * blanks + b": mx; none"
    assert finish_results(octets, (0, len(octets))) == "done"


@pytest.mark.parametrize(
    "span", [(-1, 6), (6, 6), (MIDST, 6), (6, 0), (6, len(RESULTS) + 1), (0, 10**12), (0, -1)]
)
def test_results_are_where_octets_are(finish_results, span):
    with pytest.raises(Lie, match="cannot be there"):
        finish_results(RESULTS, FIRST, span)


@pytest.mark.parametrize(
    "span",
    [(0, 6), (0, MIDST), (5, MIDST), (7, MIDST), (6, MIDST - 1), (6, 28), (LAST_END, len(RESULTS))],
)
def test_nothing_but_fields_of_results_may_be_cut_as_such(finish_results, span):
    with pytest.raises(Lie, match="no such field"):
        finish_results(RESULTS, span)


@pytest.mark.parametrize(
    "octets", [b"Authentication-Results-Old: mx\n", b"X-Pratique-Note: x\n", b"Authentication-Re"]
)
def test_other_fields_are_none_of_results(finish_results, octets):
    with pytest.raises(Lie, match="no such field"):
        finish_results(octets, (0, len(octets)))


def test_results_take_no_more_than_a_header_holds(finish_results):
    field = b"Authentication-Results: " + b"x" * (MAX_CUT - 25) + b"\n"
    assert finish_results(field, (0, MAX_CUT)) == "done"
    with pytest.raises(Lie, match="at most"):
        finish_results(field + field[:24] + b"\n", (0, MAX_CUT), (MAX_CUT, MAX_CUT + 25))
