"""What a worker says, held against what can be true: silence as much as speech."""

import pytest

from pratique.milter.content import content_of
from pratique.milter.wall import sighting
from pratique.milter.wall.sighting import MAX_CUT, Lie, Names, Sighting
from pratique.scanners.facts_pb2 import (
    Address,
    Ambiguity,
    Auth,
    Bounce,
    Client,
    Envelope,
    Evidence,
    Facts,
    Failure,
    Finding,
    ForeignField,
    Header,
    Limit,
    Link,
    Mail,
    Part,
    PartsLeftOut,
    Returned,
    Score,
    Signature,
    Source,
    SpoofSign,
)
from pratique.scanners.wall_pb2 import Started

MESSAGE = b"A: b\r\nX-Pratique-Note: c\r\n d\r\nx-pratique-release : e\r\n\r\nX-Pratique-Last: f"
NOTE, RELEASE, LAST = (6, 30), (30, 54), (56, 74)


@pytest.fixture
def finish():
    """Have a worker be done with octets, having stated spans to cut."""

    def finish(*spans, octets=MESSAGE, size=None):
        content = content_of([octets])
        fields = [ForeignField(start=start, end=end) for start, end in spans]
        said = Sighting(10)
        mail = Mail(size=len(octets) if size is None else size, foreign_fields=fields)
        said.take(Facts(parts=[Part(id=0)], mail=mail))
        try:
            said.finish(content)
        finally:
            content.close()
        return said.end

    return finish


def test_a_part_replaces_the_part_of_the_same_id():
    said = Sighting(10)
    said.take(Facts(parts=[Part(id=1, kind="other"), Part(id=0)]))
    said.take(Facts(parts=[Part(id=1, kind="archive")]))
    assert [(part.id, part.kind) for part in said.whole().parts] == [(0, ""), (1, "archive")]


def test_lists_are_added_to_and_single_facts_replaced():
    said = Sighting(10)
    said.take(Facts(findings=[Finding(name="a")], mail=Mail(size=1)))
    said.take(Facts(findings=[Finding(name="b")], mail=Mail(size=2)))
    assert [finding.name for finding in said.whole().findings] == ["a", "b"]
    assert said.whole().mail.size == 2


@pytest.mark.parametrize("spans", [(), (NOTE,), (NOTE, RELEASE), (RELEASE, LAST)])
def test_whole_fields_of_ours_may_be_cut(finish, spans):
    assert finish(*spans) == "done"


@pytest.mark.parametrize(
    "spans",
    [
        ((-1, 2),),
        ((30, 30),),
        ((30, 6),),
        ((30, 75),),
        (RELEASE, NOTE),
        (NOTE, (29, 54)),
        ((0, 10**12),),
    ],
)
def test_cuts_that_cannot_be_made_are_a_lie(finish, spans):
    with pytest.raises(Lie, match="cannot be made"):
        finish(*spans)


@pytest.mark.parametrize("span", [(0, 6), (0, 74), (7, 30), (6, 29), (6, 8), (30, 53), (5, 30)])
def test_nothing_but_whole_fields_of_ours_may_be_cut(finish, span):
    with pytest.raises(Lie, match="no field of ours"):
        finish(span)


def test_so_much_as_a_header_holds_may_be_cut_and_no_more(finish):
    field = b"X-Pratique-Note: " + b"x" * (MAX_CUT - 19) + b"\r\n"
    assert finish((0, MAX_CUT), octets=field) == "done"
    with pytest.raises(Lie, match="at most"):
        finish((0, MAX_CUT), (MAX_CUT, MAX_CUT + 19), octets=field + b"X-Pratique-Note: c\n")


def test_facts_about_another_message_are_a_lie(finish):
    with pytest.raises(Lie, match="without the message"):
        finish(size=1)


def test_no_facts_at_all_are_a_lie():
    content = content_of([b"hello"])
    with pytest.raises(Lie, match="without the message"):
        Sighting(10).finish(content)
    content.close()


LISTS = {
    "parts": lambda count: Facts(parts=[Part(id=number) for number in range(count)]),
    "names": lambda count: Facts(parts=[Part(names=["x"] * count)]),
    "findings": lambda count: Facts(findings=[Finding()] * count),
    "ambiguities": lambda count: Facts(ambiguities=[Ambiguity()] * count),
    "limits": lambda count: Facts(limits=[Limit()] * count),
    "failures": lambda count: Facts(failures=[Failure(class_="reader")] * count),
    "evidence": lambda count: Facts(bounce=Bounce(evidence=[Evidence()] * count)),
    "returned": lambda count: Facts(bounce=Bounce(returned=Returned(received_by=["a"] * count))),
    "fields": lambda count: Facts(mail=Mail(foreign_fields=[ForeignField()] * count)),
    "addresses": lambda count: Facts(mail=Mail(header=Header(to=[Address()] * count))),
    "anomalies": lambda count: Facts(mail=Mail(header_anomalies=["nul"] * count)),
}
MOST = {
    "parts": 10,
    "findings": sighting.MOST_FINDINGS,
    "ambiguities": sighting.MOST_AMBIGUITIES,
    "limits": sighting.MOST_FAULTS,
    "failures": sighting.MOST_FAULTS,
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_as_long_as_can_be_true_is_believed_and_one_longer_is_not(name):
    most = MOST.get(name, sighting.MOST_ENTRIES)
    Sighting(10).take(LISTS[name](most))
    with pytest.raises(Lie, match=f"a list of {most + 1}"):
        Sighting(10).take(LISTS[name](most + 1))


@pytest.mark.parametrize(
    "name",
    ["parts", "findings", "ambiguities", "limits", "failures", "fields", "evidence", "returned"],
)
def test_lists_that_grow_frame_by_frame_are_counted_together(name):
    said = Sighting(10)
    most = MOST.get(name, sighting.MOST_ENTRIES)
    said.take(LISTS[name](most))
    more = LISTS[name](1)
    for part in more.parts:
        part.id = most
    with pytest.raises(Lie):
        said.take(more)


@pytest.mark.parametrize(
    "found",
    [
        Facts(parts=[Part(kind="\x1b[2J")]),
        Facts(parts=[Part(unopened="Pgp")]),
        Facts(parts=[Part(disguised=["spaces", "nonsense"])]),
        Facts(parts=[Part(views=["all"])]),
        Facts(findings=[Finding(severity="bad")]),
        Facts(ambiguities=[Ambiguity(class_="bad")]),
        Facts(limits=[Limit(class_="bad")]),
        Facts(failures=[Failure(class_="bad")]),
        Facts(bounce=Bounce(other="bounce")),
        Facts(spoof_signs=[SpoofSign(kind="own_domain"), SpoofSign(kind="bad")]),
        Facts(bounce=Bounce(evidence=[Evidence(kind="html_only"), Evidence(kind="bad")])),
        Facts(bounce=Bounce(evidence=[Evidence(kind="watermark")])),
    ],
)
def test_a_word_of_no_vocabulary_is_a_lie(found):
    with pytest.raises(Lie, match="a word"):
        Sighting(10).take(found)


@pytest.mark.parametrize(
    "word", ["", "none", "worker", "deadline", "policy", "engine", "engine_away", "engine_late",
             "engine_unproven"]
)  # fmt: skip
def test_a_failure_of_others_is_a_lie(word):
    with pytest.raises(Lie, match="a word"):
        Sighting(10).take(Facts(failures=[Failure(class_=word)]))


@pytest.mark.parametrize("word", ["scanner", "reader", "unavailable"])
def test_a_failure_of_its_own_is_believed(word):
    Sighting(10).take(Facts(failures=[Failure(class_=word)]))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Facts(lists_away=["dbl"]), "lists_away, which no worker states"),
        (Facts(scores=[Score(engine="rspamd")]), "scores, which"),
        (Facts(envelope=Envelope(client=Client(listed=["dbl"]))), "envelope, which"),
        (Facts(envelope=Envelope()), "envelope, which"),
        (Facts(auth=Auth(authenticated_as="boss@example.org")), "auth, which"),
        (Facts(parts_left_out=PartsLeftOut(total=1)), "parts_left_out, which"),
        (Facts(bounce=Bounce(verified=True)), "verified"),
        (Facts(bounce=Bounce(weight=0.1)), "counted on this side"),
        (Facts(bounce=Bounce(weight=float("nan"))), "counted on this side"),
        (Facts(bounce=Bounce(lately=1)), "counted on this side"),
        (Facts(bounce=Bounce(flood=True)), "counted on this side"),
        (Facts(links=[Link(), Link(listed=["dbl"])]), "cannot have asked"),
    ],
)
def test_what_others_state_is_a_lie(found, words):
    with pytest.raises(Lie, match=words):
        Sighting(10).take(found)


def test_every_field_is_a_workers_or_has_somebody_else_who_states_it():
    others = {"envelope", "auth", "parts_left_out", "scores", "lists_away"}
    assert sighting._CHECKS.keys() | others == set(Facts.DESCRIPTOR.fields_by_name)
    assert not sighting._CHECKS.keys() & others


NAMES = Names(frozenset({"yara", "own"}), frozenset({"feed"}))


@pytest.mark.parametrize(
    ("found", "is_so"),
    [
        (Facts(findings=[Finding(scanner="yara"), Finding(scanner="own")]), True),
        (Facts(findings=[Finding(scanner="yara"), Finding(scanner="clamav")]), False),
        (Facts(findings=[Finding()]), False),
        (Facts(sources=[Source(name="feed")]), True),
        (Facts(sources=[Source(name="feed"), Source(name="clamav")]), False),
    ],
)
def test_it_speaks_for_no_more_than_its_nursery_has(found, is_so):
    if is_so:
        Sighting(10, NAMES).take(found)
        return
    with pytest.raises(Lie, match="its nursery does not have"):
        Sighting(10, NAMES).take(found)


def test_links_that_are_on_no_list_are_believed():
    Sighting(10, NAMES).take(Facts(links=[Link(host="a.example", tricks=["userinfo"])]))


@pytest.mark.parametrize("seconds", [-1, 253_402_300_800, 10**18])
def test_a_date_that_there_is_not_is_a_lie(seconds):
    found = Facts(findings=[Finding()])
    found.findings[0].database_date.seconds = seconds
    with pytest.raises(Lie, match="a date"):
        Sighting(10).take(found)


@pytest.mark.parametrize("nanos", [-1, 1_000_000_000])
def test_a_part_of_a_second_that_there_is_not_is_a_lie(nanos):
    found = Facts(bounce=Bounce(returned=Returned(date={"seconds": 1, "nanos": 999_999_999})))
    Sighting(10).take(found)
    found.bounce.returned.date.nanos = nanos
    with pytest.raises(Lie, match="a date"):
        Sighting(10).take(found)


@pytest.mark.parametrize("seconds", [-1, 253_402_300_800])
def test_a_date_of_a_source_that_there_is_not_is_a_lie(seconds):
    found = Facts()
    found.sources.add(name="ours").date.seconds = seconds
    with pytest.raises(Lie, match="a date"):
        Sighting(10).take(found)


@pytest.mark.parametrize("seconds", [-1, 253_402_300_800])
@pytest.mark.parametrize("place", ["date", "signed_at", "expires_at"])
def test_a_date_of_a_returned_message_that_there_is_not_is_a_lie(seconds, place):
    returned = Returned(signatures=[Signature(problem="syntax")])
    stated = returned if place == "date" else returned.signatures[0]
    getattr(stated, place).seconds = seconds
    with pytest.raises(Lie, match="a date"):
        Sighting(10).take(Facts(bounce=Bounce(returned=returned)))


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -float("inf")])
def test_a_weight_that_is_no_number_is_a_lie(weight):
    with pytest.raises(Lie, match="a weight"):
        Sighting(10).take(Facts(bounce=Bounce(evidence=[Evidence(weight=weight)])))


def test_words_of_the_vocabularies_of_bounces_are_believed():
    said = Bounce(other="tls_report", evidence=[Evidence(kind="html_only", weight=-5.1)])
    Sighting(10).take(Facts(bounce=said))


@pytest.mark.parametrize("name", ["zip", "mime", "my-scanner_2.v1", "x" * 64])
def test_a_scanner_is_remembered_by_its_name(name):
    said = Sighting(10)
    said.start(Started(name=name, part=3))
    assert (said.last.name, said.last.part) == (name, 3)


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "\x1b[2J", "\n"])
def test_a_name_that_is_none_is_a_lie(name):
    with pytest.raises(Lie, match="name"):
        Sighting(10).start(Started(name=name))


HASH = bytes(32)


@pytest.mark.parametrize("count", [sighting.MOST_SIGNATURES, sighting.MOST_SIGNATURES + 1])
@pytest.mark.parametrize("value", [b"", bytes(256)])
def test_so_many_signatures_are_believed_as_a_scanner_states_and_no_more(count, value):
    content = content_of([MESSAGE])
    said = Sighting(10)
    said.take(Facts(parts=[Part(id=0)], mail=Mail(size=len(MESSAGE))))
    for _ in range(count - 1):
        said.take(Facts(signatures=[Signature(signed_sha256=HASH, value=value)]))
    try:
        said.take(Facts(signatures=[Signature(signed_sha256=HASH, value=value)]))
        said.finish(content)
    except Lie:
        assert count > sighting.MOST_SIGNATURES
    content.close()
    assert (said.end == "done") == (count == sighting.MOST_SIGNATURES)


@pytest.mark.parametrize(
    "bad",
    [
        Signature(),
        Signature(signed_sha256=HASH[1:]),
        Signature(signed_sha256=HASH + b"0"),
        Signature(problem="syntax", signed_sha256=HASH),
        Signature(problem="bad"),
        Signature(signed_sha256=HASH, signed_at={"seconds": -1}),
        Signature(signed_sha256=HASH, expires_at={"seconds": 253_402_300_800}),
    ],
)
def test_a_signature_has_a_hash_or_a_problem_and_times_that_there_are(bad):
    good = Signature(signed_sha256=HASH), Signature(problem="header")
    Sighting(10).take(Facts(signatures=good))
    with pytest.raises(Lie):
        Sighting(10).take(Facts(signatures=[*good, bad]))


def test_results_for_other_programs_may_be_cut_like_fields_of_ours(finish):
    octets = b"A: b\r\nMIME-Ambiguity-Results: mx.example; result=none\r\n\r\n"
    end = octets.index(b"\r\n\r\n") + 2

    assert finish((6, end), octets=octets) == finish(NOTE)
