"""What leaves a look for outside programs, and what comes back and is walked like the rest."""

import hashlib
import io
import tarfile

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import frames
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import RATIO_FROM, Limits
from pratique.scanners.inspector import Inspector
from pratique.scanners.outside import PIECE
from pratique.scanners.part import Member
from pratique.scanners.unpack import Tools

RAR, OTHER = "application/vnd.rar", "application/x-ace"


class Kinds:
    """Takes "!..." for a RAR, "?..." for another, "[...]" for a container of ours."""

    name = "kinds"

    def scan(self, part):
        first = bytes(part.octets[:1])
        type_ = {b"!": RAR, b"?": OTHER, b"[": "application/x-ours"}.get(first, "text/plain")
        kind = "text" if type_ == "text/plain" else "archive"
        yield facts.Facts(parts=[facts.Part(id=part.known.id, type=type_, kind=kind)])


class Ours:
    """Opens "[one,two]"; members "name<class" are closed."""

    name = "ours"

    def recognize(self, part):
        return "whole" if part.known.type == "application/x-ours" else ""

    def members(self, part, budget):
        for each in bytes(part.octets[1:-1]).decode().split(","):
            name, _, class_ = each.partition("<")
            octets = b"" if class_ else each.encode()
            yield Member(f"ours:{name}", memoryview(octets), name=name, unopened=class_)


class Message(Ours):
    """Opens the message: words apart by semicolons."""

    name = "message"

    def recognize(self, part):
        return "whole" if part.known.parent < 0 else ""

    def members(self, part, budget):
        for number, octets in enumerate(bytes(part.octets).split(b";")):
            yield Member(str(number), memoryview(octets), name=f"part {number}")


class Heard:
    """What was told."""

    def __init__(self):
        self.parts = {}
        self.limits = []
        self.failures = []
        self.handed = []
        self.started_names = []

    def started(self, name, part):
        self.started_names.append(name)

    def found(self, found):
        self.parts |= {part.path: part for part in found.parts}
        self.limits += [limit.class_ for limit in found.limits]
        self.failures += [failure.detail for failure in found.failures]

    def handed_out(self, handed):
        kept = wall.HandedOut()
        kept.CopyFrom(handed)
        self.handed.append(kept)


@pytest.fixture
def look():
    """Look at a message; give extras as (octets of the part, extra's fields, archive)."""

    def look(message, *extras, ask=(RAR,), without=(), **limits):
        request = wall.Inspect(hand_out=ask, without=without)
        archives = []
        for octets, fields, archive in extras:
            sha256 = hashlib.sha256(octets).hexdigest()
            request.extras.add(sha256=sha256, **{"program": "unar", **fields})
            archives.append(memoryview(archive))
        readers = [Ours(), Message()]
        tools = Tools([Kinds()], readers, lambda octets, budget: facts.Mail())
        heard = Heard()
        inspector = Inspector(tools, Limits(**limits), lambda: 0.0, passwords=["word"])
        inspector.inspect(memoryview(message), request, heard, archives)
        return heard

    return look


@pytest.fixture
def tar():
    """A tar archive as GNU tar writes a folder."""

    def tar(*files, kind=tarfile.REGTYPE, **more):
        written = io.BytesIO()
        with tarfile.open(fileobj=written, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for name, octets in files:
                each = tarfile.TarInfo(name)
                each.type, each.size = kind, len(octets)
                for key, value in more.items():
                    setattr(each, key, value)
                archive.addfile(each, io.BytesIO(octets))
        return written.getvalue()

    return tar


def closed(heard):
    return {path: part.unopened for path, part in heard.parts.items() if part.unopened}


# Out


def test_a_part_that_needs_a_program_is_handed_out_with_the_words(look):
    heard = look(b"text;!rar")
    assert closed(heard) == {"1": "needs_program"}
    (handed,) = heard.handed
    assert (handed.type, handed.size, handed.octets) == (RAR, 4, b"!rar")
    assert "word" in handed.passwords


def test_what_is_not_asked_for_stays(look):
    assert look(b"?ace;text;[a]").handed == []
    assert look(b"!rar", ask=()).handed == []


def test_what_is_there_twice_is_handed_out_once(look):
    assert len(look(b"!rar;!rar").handed) == 1


def test_a_large_part_comes_in_pieces_and_its_words_with_the_first(look):
    octets = b"!" + b"x" * PIECE
    first, second = look(octets).handed
    assert first.size == second.size == len(octets)
    assert first.octets + second.octets == octets
    assert (bool(first.passwords), bool(second.passwords)) == (True, False)


def test_a_container_with_a_member_that_needs_a_program_is_handed_out(look):
    ours = b"[a,b<needs_program]"
    (handed,) = look(ours, ask=["application/x-ours"]).handed
    assert handed.octets == ours


def test_a_container_with_a_locked_member_too_if_no_reader_of_ours_tries_words(look):
    assert len(look(b"[a<archive_password]", ask=["application/x-ours"]).handed) == 1


@pytest.mark.parametrize("class_", ["unreadable", "over_budget", "document_password"])
def test_no_program_helps_against_anything_else(look, class_):
    assert look(f"[a<{class_}]".encode(), ask=["application/x-ours"]).handed == []


@pytest.mark.parametrize(("count", "left"), [(0, 0), (1, 1)])
def test_so_many_parts_are_handed_out_and_the_others_say_so(look, count, left):
    many = frames.HAND_OUT_PARTS + count
    heard = look(b";".join(b"!%d" % number for number in range(many)))
    assert len(heard.handed) == frames.HAND_OUT_PARTS
    told = [part for part in heard.parts.values() if "not handed out" in part.why]
    assert len(told) == left
    assert all(part.unopened == "needs_program" for part in told)


@pytest.mark.slow
def test_so_many_octets_are_handed_out(look):
    large = frames.HAND_OUT_OCTETS - 1
    heard = look(b"!" * large + b";!;!!", part_octets=1 << 30, octets=1 << 30)
    assert sorted({handed.size for handed in heard.handed}) == [1, large]


# Back


def test_what_a_program_wrote_is_below_the_part_that_it_was_made_of(look, tar):
    heard = look(b"text;!rar", (b"!rar", {}, tar(("./a.txt", b"hello"), ("./d/b", b"!in"))))
    assert closed(heard) == {"1/unar:d/b": "needs_program"}
    a = heard.parts["1/unar:a.txt"]
    assert (a.name, a.raw_name, a.size, a.parent) == ("a.txt", b"a.txt", 5, 2)
    assert list(a.inside) == ["message", "program"]
    # What it held goes out in turn.
    assert [handed.octets for handed in heard.handed] == [b"!in"]


def test_it_is_shown_wherever_those_octets_are(look, tar):
    heard = look(b"!rar;!rar", (b"!rar", {}, tar(("./a", b"hello"))))
    assert {"0/unar:a", "1/unar:a"} <= set(heard.parts)
    assert closed(heard) == {}


def test_an_extra_of_other_octets_is_for_nothing(look, tar):
    heard = look(b"!rar", (b"!other", {}, tar(("./a", b"hello"))))
    assert closed(heard) == {"0": "needs_program"}
    assert len(heard.handed) == 1


def test_the_word_that_opened_it_is_a_fact(look, tar):
    heard = look(b"!rar", (b"!rar", {"password": "secret"}, tar(("./a", b"x"))))
    assert heard.parts["0"].password == "secret"


@pytest.mark.parametrize("class_", ["unreadable", "over_budget", "archive_password"])
def test_what_a_program_could_not_open_says_why_and_shows_what_there_is(look, tar, class_):
    fields = {"unopened": class_, "why": "it could not"}
    heard = look(b"!rar", (b"!rar", fields, tar(("./a", b"hello"))))
    assert closed(heard) == {"0": class_}
    assert heard.parts["0"].why == "it could not"
    assert heard.parts["0/unar:a"].size == 5
    assert heard.handed == []


def test_an_extra_without_octets_opens_nothing(look):
    fields = {"unopened": "unreadable", "why": "it could not"}
    assert closed(look(b"!rar", (b"!rar", fields, b""))) == {"0": "unreadable"}


def test_an_archive_that_is_cut_shows_what_there_is(look, tar):
    cut = tar(("./a", b"hello"), ("./b", b"x" * 2000))[:2048]
    fields = {"unopened": "over_budget", "why": "cut"}
    heard = look(b"!rar", (b"!rar", fields, cut))
    assert closed(heard) == {"0": "over_budget", "0/unar:b": "unreadable"}
    # Nobody said that it is cut: a fault of ours is none of the stranger's.
    assert closed(look(b"!rar", (b"!rar", {}, cut)))["0"] == "unreadable"


def test_noise_instead_of_an_archive_is_unreadable(look):
    heard = look(b"!rar", (b"!rar", {}, b"\xff" * 5000))
    assert closed(heard) == {"0": "unreadable"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/etc/passwd", "0/unar:/etc/passwd"),
        ("../../x", "0/unar:../../x"),
        ("-rf", "0/unar:-rf"),
        ("a\nb", "0/unar:a\nb"),
        ("$(x)", "0/unar:$(x)"),
    ],
)
def test_a_name_is_a_fact_and_nothing_else(look, tar, name, shown):
    assert shown in look(b"!rar", (b"!rar", {}, tar((name, b"x")))).parts


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_have_names_and_no_octets(look, tar, kind):
    archive = tar(("./l", b""), kind=kind, linkname="/etc/passwd")
    heard = look(b"!rar", (b"!rar", {}, archive))
    assert heard.parts["0/unar:l"].size == 0


def test_many_entries_end_at_the_budget(look, tar):
    archive = tar(*((f"./{number}", b"") for number in range(200)))
    heard = look(b"!rar", (b"!rar", {}, archive), parts=50)
    assert len(heard.parts) == 50
    assert closed(heard)["0"] == "over_budget"
    assert heard.limits == ["parts"]


def test_its_octets_are_charged(look, tar):
    heard = look(b"!rar", (b"!rar", {}, tar(("./a", b"x" * 5000))), octets=4999)
    assert "over_budget" in closed(heard)["0"]
    assert not closed(look(b"!rar", (b"!rar", {}, tar(("./a", b"x" * 5000))), octets=5000))


def test_what_it_became_is_held_against_what_it_was(look, tar):
    archive = tar(("./a", b"x" * RATIO_FROM))
    most = -(-len(archive) // len(b"!rar"))
    assert not closed(look(b"!rar", (b"!rar", {}, archive), ratio=most))
    heard = look(b"!rar", (b"!rar", {}, archive), ratio=most - 1)
    assert (closed(heard), heard.limits) == ({"0": "over_budget"}, ["ratio"])


def test_it_counts_as_a_container_within_the_other(look, tar):
    message, extra = b"text;[!in]", (b"!in", {}, tar(("./a", b"x")))
    assert closed(look(message, extra, archive_depth=2)) == {}
    heard = look(message, extra, archive_depth=1)
    assert closed(heard) == {"1/ours:!in": "over_budget"}
    assert heard.limits == ["depth"]


def test_a_reader_that_ended_a_worker_over_it_does_not_read_it_again(look, tar):
    heard = look(b"!rar", (b"!rar", {}, tar(("./a", b"x"))), without=["program"])
    assert closed(heard) == {"0": "failure"}


# Members that a reader of ours left closed


@pytest.mark.parametrize("class_", ["archive_password", "needs_program"])
@pytest.mark.parametrize("name", ["a", "d\\a", "../d/a"])
def test_a_closed_member_is_open_once_the_program_wrote_it(look, tar, class_, name):
    ours = f"[b,{name}<{class_}]".encode()
    wrote = tar(("./b", b"b"), ("./a" if name == "a" else "./d/a", b"hello"))
    heard = look(ours, (ours, {"password": "w"}, wrote), ask=[])
    assert closed(heard) == {}
    member = heard.parts[f"0/ours:{name}"]
    assert (member.why, member.password) == ("opened by unar", "w")


def test_a_damaged_member_of_such_a_container_is_open_too(look, tar):
    ours = b"[a<unreadable,b<needs_program]"
    heard = look(ours, (ours, {}, tar(("./a", b"a"), ("./b", b"b"))), ask=[])
    assert closed(heard) == {}


@pytest.mark.parametrize(
    ("fields", "name"), [({"unopened": "unreadable", "why": "w"}, "./a"), ({}, "./other")]
)
def test_a_closed_member_stays_closed_otherwise(look, tar, fields, name):
    ours = b"[a<archive_password]"
    heard = look(ours, (ours, fields, tar((name, b"x"))), ask=[])
    assert closed(heard)["0/ours:a"] == "archive_password"


@pytest.mark.parametrize("other", ["a", "../a", "a/"])
def test_of_two_members_of_one_name_the_closed_one_stays_closed(look, tar, other):
    # The program shows the one that it takes for the member: nobody saw the other.
    ours = f"[{other},a<needs_program]".encode()
    heard = look(b"text;" + ours, (ours, {}, tar(("./a", b"a"))), ask=[])
    assert closed(heard) == {"1/ours:a": "needs_program"}
