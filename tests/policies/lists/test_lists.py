"""Lists and groups are read out of a policy, and each mistake is told at its place."""

from datetime import date

import pytest

from pratique.policies.lists.list_text import MOST_TOLD
from pratique.policies.lists.lists import MOST_GROUPS, MOST_LISTS, read_lists
from pratique.policies.written.beside import Beside
from pratique.policies.written.reading import Reading

GOOD = """
[[list]]
name    = "partners"
kind    = "addresses"
entries = ["Ann@Partner.example", { entry = "@b.example", owner = "bob", reason = "4711", \
expires = 2027-01-15 }]
owner   = "ann@our.example"
reason  = "firmware"
expires = 2027-06-30

[[list]]
name   = "mine"
kind   = "domains"
file   = "mine.txt"
owner  = "ann"
reason = "ours"

[[group]]
name    = "board"
members = ["ceo@our.example", "@board.our.example"]

[[group]]
name = "ours"
list = "mine"

[[group]]
name = "all"
file = "all.txt"
"""
FILES = {"mine.txt": "# ours\n.our.example\n", "all.txt": "a@b.example\n"}


def read(text, files=FILES, missing=None):
    reading = Reading("p.toml", text, beside=Beside(lists=files, missing=missing or {}))
    lists = read_lists(reading)
    return lists, reading.problems


def test_lists_and_groups_are_read():
    lists, problems = read(GOOD)
    assert problems == []
    assert list(lists.named) == ["partners", "mine"]
    assert list(lists.groups) == ["board", "ours", "all"]
    partners = lists.named["partners"]
    assert (partners.file, partners.line, len(partners)) == ("p.toml", 2, 2)
    ann = partners.entry("ann@partner.example")
    assert (ann.text, ann.owner, ann.reason) == (
        "Ann@Partner.example",
        "ann@our.example",
        "firmware",
    )
    assert (ann.expires, ann.file, ann.line) == (date(2027, 6, 30), "p.toml", 5)
    bob = partners.entry("x@b.example")
    assert (bob.owner, bob.reason, bob.expires) == ("bob", "4711", date(2027, 1, 15))
    ours = lists.named["mine"].entry("a.our.example")
    assert (ours.text, ours.file, ours.line) == (".our.example", "mine.txt", 2)
    assert lists.groups["ours"] is lists.named["mine"]
    assert lists.groups["all"].holds("a@b.example")


def test_an_entry_of_several_lines_is_found_on_its_own():
    text = GOOD.replace('entries = ["Ann', 'entries = [\n  # one\n  "c@d.example",\n  "Ann')
    lists, problems = read(text)
    assert problems == []
    assert lists.named["partners"].entry("c@d.example").line == 7
    assert lists.named["partners"].entry("ann@partner.example").line == 8


LIST = 'name = "l"\nkind = "addresses"\nowner = "a"\nreason = "r"\nentries = ["a@b.example"]\n'


def a_list(**changed):
    """The text of a list in which keys have other values; None: the key is left out."""
    lines = dict(line.split(" = ", 1) for line in LIST.splitlines()) | changed
    return "[[list]]\n" + "".join(f"{k} = {v}\n" for k, v in lines.items() if v is not None)


@pytest.mark.parametrize(
    ("changed", "line", "message", "hint"),
    [
        ({"name": None}, 1, "the list has no name", "in_list"),
        ({"name": '" "'}, 2, "the list has no name", "in_list"),
        ({"name": "4"}, 2, "`name` is a number", "write"),
        ({"kind": None}, 1, "the list has no kind", "one of addresses"),
        ({"kind": '"adresses"'}, 3, "no kind of a list", "did you mean `addresses`?"),
        ({"kind": '"ips"'}, 3, "no kind of a list", "did you mean `networks`?"),
        ({"kind": '"zebra"'}, 3, "no kind of a list", "one of addresses, domains"),
        ({"kind": "4"}, 3, "`kind` is a number", ""),
        ({"owner": None}, 1, "the list `l` has no owner", 'owner = "..."'),
        ({"reason": '""'}, 5, "the list `l` has no reason", 'reason = "..."'),
        ({"reason": "4"}, 5, "`reason` is a number", ""),
        ({"entries": None}, 1, "the list holds nothing", "`entries` or `file`"),
        ({"entries": '"a@b.example"'}, 6, "`entries` is a text", 'entries = ["..."]'),
        ({"file": '"a.txt"'}, 7, "`file` stands beside `entries`", "keep one"),
        ({"entries": None, "file": "4"}, 6, "`file` is a number", "file ="),
        ({"entries": "[4]"}, 6, "an entry is a number", "ann@x.example"),
        ({"entries": "[{ owner = 'a' }]"}, 6, "it has no `entry`", "entry ="),
        ({"entries": "[{ entry = 'a@b.example', who = 'a' }]"}, 6, "unknown key `who`", "owner"),
        ({"entries": "[{ entry = 'a@b.example', owner = 4 }]"}, 6, "`owner` is a number", ""),
        ({"entries": "['a@b.example', 'A@b.example']"}, 6, "stands on line 6 too", "leave one"),
        ({"entries": "['*@x.example']"}, 6, "`*@x.example` is no address", '"@x.example"'),
        ({"entries": "['<a@b>']"}, 6, "`<a@b>` is no address", '"a@b"'),
        ({"entries": "['x.example']"}, 6, "`x.example` is no address", '"@x.example"'),
        ({"kind": '"networks"', "entries": "['192.0.2.1/24']"}, 6, "no network", "192.0.2.0/24"),
        ({"kind": '"hashes"', "entries": "['00']"}, 6, "`00` is no SHA-256", "2 characters"),
        ({"expires": "'2027-01-15'"}, 7, "`2027-01-15` is a text", "without quotation marks"),
        ({"expires": "2027-01-15T00:00:00Z"}, 7, "no day", "expires = 2027-01-15"),
        ({"expiry": "2027-01-15"}, 7, "unknown key `expiry`", "did you mean `expires`?"),
        ({"items": "[]"}, 7, "unknown key `items`", "did you mean `entries`?"),
        ({"reson": "'a'"}, 7, "unknown key `reson`", "did you mean `reason`?"),
        ({"zebra": "'a'"}, 7, "unknown key `zebra`", "one of name, kind"),
    ],
)
def test_a_mistake_in_a_list_is_told_at_its_place(changed, line, message, hint):
    lists, problems = read(a_list(**changed))
    (problem,) = problems
    assert (problem.file, problem.line) == ("p.toml", line)
    assert message in problem.message
    assert hint in problem.hint
    assert not any(map(len, lists.named.values()))


def test_a_broken_list_stays_there_by_its_name():
    lists, _ = read(a_list(kind='"zebra"'))
    assert lists.named["l"].kind == ""


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[list]\nname = 'a'\n", 1, "`list` is one table"),
        ("list = ['a']\n", 1, "`list` is no list of tables"),
        ("group = 'a'\n", 1, "`group` is no list of tables"),
        (a_list() + a_list(), 8, "`l` is the list on line 1 too"),
        ("[[group]]\nname = 'a'\nmembers = []\n" * 2, 5, "`a` is the group on line 1 too"),
        ("[[group]]\nmembers = []\n", 1, "the group has no name"),
        ("[[group]]\nname = 'a'\n", 1, "the group holds nothing"),
        ("[[group]]\nname = 'a'\nmembers = ['x.example']\n", 3, "`x.example` is no address"),
        ("[[group]]\nname = 'a'\nlist = 'l'\nmembers = []\n", 3, "stands beside"),
        ("[[group]]\nname = 'a'\nlist = 'l'\n", 3, "there is no list `l`"),
        ("[[group]]\nname = 'a'\nentries = []\n", 3, "unknown key `entries`"),
        (
            a_list(kind='"texts"') + "[[group]]\nname = 'a'\nlist = 'l'\n",
            9,
            "the list `l` is one of texts",
        ),
    ],
)
def test_a_mistake_in_the_tables_is_told_at_its_place(text, line, message):
    _, problems = read(text)
    assert any(message in each.message and each.line == line for each in problems), problems


def test_a_list_that_is_not_there_is_told_with_a_near_name():
    _, problems = read(a_list(name='"partners"') + "[[group]]\nname='a'\nlist='partnrs'\n")
    (problem,) = problems
    assert problem.hint == "did you mean `partners`?"


def test_a_file_that_is_missing_is_told_with_why_where_it_is_named():
    text = a_list(entries=None, file='"a.txt"')
    _, (problem,) = read(text, {}, {"a.txt": "/etc/a.txt: No such file or directory"})
    assert (problem.line, "/etc/a.txt: No such file or directory" in problem.message) == (6, True)
    _, (problem,) = read(text, {})
    assert "nobody has read it" in problem.message


def test_a_mistake_in_a_file_is_told_with_its_name_and_line():
    text = a_list(entries=None, file='"a.txt"')
    _, (problem,) = read(text, {"a.txt": "a@b.example\n\n x.example\n"})
    assert (problem.file, problem.line, problem.column) == ("a.txt", 3, 2)
    assert "no address" in problem.message


def test_of_a_long_list_the_first_mistakes_are_told():
    entries = str(["nobody"] * (MOST_TOLD + 5))
    assert len(read(a_list(entries=entries))[1]) == MOST_TOLD


@pytest.mark.parametrize(("key", "most"), [("list", MOST_LISTS), ("group", MOST_GROUPS)])
def test_there_are_most_lists_and_groups(key, most):
    one = a_list(name='"l{}"') if key == "list" else '[[group]]\nname = "g{}"\nmembers = []\n'
    text = "".join(one.format(number) for number in range(most))
    assert read(text)[1] == []
    (problem,) = read(text + one.format(most))[1]
    assert f"more than {most}" in problem.message


def included(text, included_text):
    inner = Reading("inner.toml", included_text)
    reading = Reading("p.toml", text, included=(inner,))
    inner.problems = reading.problems
    return read_lists(reading), reading.problems


def test_lists_of_included_policies_count_and_ones_own_take_their_place():
    other = a_list(name='"other"', entries='["c@d.example"]')
    of_list = '[[group]]\nname = "g"\nlist = "l"\n'
    own = a_list(entries='["own@b.example"]')
    lists, problems = included(own, a_list() + other + of_list)
    assert problems == []
    assert lists.named["other"].entry("c@d.example").file == "inner.toml"
    assert lists.named["l"].holds("own@b.example")
    assert not lists.named["l"].holds("a@b.example")
    assert lists.groups["g"] is lists.named["l"]


def test_a_list_takes_the_place_of_one_of_its_kind_only():
    _, problems = included(a_list(), a_list(kind='"texts"'))
    (problem,) = problems
    assert (problem.file, problem.line) == ("p.toml", 3)
    assert "is one of texts" in problem.message
    assert problem.hint == 'write `kind = "texts"`, or give yours another name'
