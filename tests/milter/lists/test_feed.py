"""Feeds are read line by line, in the forms in which they come."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.milter.lists.feed import (
    OWNER,
    REASON,
    Entry,
    Feed,
    LeftOut,
    WrongLine,
    day_of,
    of_misp,
)
from pratique.scanners.near.digest import laid_out

SHA256, MD5 = hashlib.sha256(b"worm").hexdigest(), hashlib.md5(b"worm").hexdigest()
SHA1 = hashlib.sha1(b"worm").hexdigest()
LONG, SHORT = bytes.fromhex(SHA256), bytes.fromhex(MD5)
DAY = 20_779
TLSH = "T118F09524E6514D7D1F175ADC904E44DF554FCDE302C5002517F186D1C510294440ED1D"
NEAR = laid_out(TLSH)

# As abuse.ch writes it: a comment has the names of its columns.
BAZAAR = f"""################################################################
# MalwareBazaar recent malware samples (CSV)                   #
# Last updated: 2026-11-22 15:00:00 UTC                        #
#                                                              #
# Terms Of Use: https://bazaar.abuse.ch/faq/#tos               #
################################################################
#
# "first_seen_utc","sha256_hash","md5_hash","sha1_hash","reporter","file_name",\
"file_type_guess","mime_type","signature","clamav","vtpercent","imphash","ssdeep","tlsh"
"2026-11-22 14:58:01", "{SHA256}", "{MD5}", "{SHA1}", "ann", "invoice, new.exe", "exe", \
"application/x-dosexec", "Heodo", "n/a", "n/a", "n/a", "n/a", "n/a"
"2026-11-21 14:58:01", "{"ab" * 32}", "{MD5}", "{SHA1}", "ann", "x.exe", "exe", \
"application/x-dosexec", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"
# Number of entries: 2
"""
MISP = f"""uuid,event_id,category,type,value,comment,to_ids,date
1,5,Payload delivery,sha256,{SHA256},"a worm, really",1,1700000000
2,5,Payload delivery,filename|md5,x.exe|{MD5},,1,1700000000
"""


def read(text):
    feed = Feed()
    return [one for line in text.splitlines() if (one := feed.entry(line)) is not None]


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        (SHA256, Entry(LONG)),
        (SHA256.upper(), Entry(LONG)),
        (f"  {MD5}\t", Entry(SHORT)),
        (f'"{SHA256}"', Entry(LONG)),
        (f"\ufeff{SHA256}", Entry(LONG)),
        (f"{SHA256} came on Monday", Entry(LONG, "came on Monday")),
        (f"{SHA256},came on Monday", Entry(LONG, "came on Monday")),
        (f"{SHA256} expires=2026-11-22 owner=ann bad", Entry(LONG, "bad", "ann", DAY)),
        (f"{SHA256} owner=ann", Entry(LONG, "", "ann")),
        (f"{SHA256}  invoice new.exe", Entry(LONG, "invoice new.exe")),
        (f"{SHA256} *invoice.exe", Entry(LONG, "invoice.exe")),
        (f"\\{SHA256}  a\\nname", Entry(LONG, "a\\nname")),
        (f"SHA256 (in voice.exe) = {SHA256}", Entry(LONG, "in voice.exe")),
        (f"MD5 (x) = {MD5}", Entry(SHORT, "x")),
        (f"{MD5}:22528:Win.Worm.Mydoom-5", Entry(SHORT, "Win.Worm.Mydoom-5")),
        (f"{SHA256}:*:Win.Worm.Mydoom-5:73", Entry(LONG, "Win.Worm.Mydoom-5")),
        (f"{SHA256}:22528:Win.Worm.Mydoom-5:73:99", Entry(LONG, "Win.Worm.Mydoom-5")),
        (f"{SHA256} {'x' * 300}", Entry(LONG, "x" * REASON)),
        (f"{SHA256} owner={'x' * 300}", Entry(LONG, "", "x" * OWNER)),
        (TLSH, Entry(NEAR)),
        (TLSH[2:].lower(), Entry(NEAR)),
        (f"{TLSH} expires=2026-11-22 a kit", Entry(NEAR, "a kit", "", DAY)),
        (f"{TLSH}\tinvoice.exe", Entry(NEAR, "invoice.exe")),
    ],
)
def test_a_line_is_understood_in_each_form(line, entry):
    assert Feed().entry(line) == entry


@pytest.mark.parametrize("line", ["", "   ", "# a comment", "; one", "// one, two", "# md5: which"])
def test_a_comment_lists_nothing(line):
    assert Feed().entry(line) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("<html><body>Come again later", "is no hash"),
        ("deadbeef", "a hash of 8 digits"),
        (SHA256[:-1], "a hash of 63 digits"),
        (SHA256[:-1] + "g", "is no hash"),
        (hashlib.sha256().hexdigest(), "of an empty file"),
        (hashlib.md5().hexdigest() + " x", "of an empty file"),
        (f"{SHA256} expires=tomorrow", "is no date"),
        (f"{SHA256} expires=1960-01-01", "is no date"),
        ('"', "no hash"),
        (TLSH[:-1], "is no hash"),
        (TLSH[2:-1], "a hash of 69 digits"),
        ("TNULL", "is no hash"),
        # Else the second would be the reason of the first.
        (f"{SHA256}\r{MD5}", "carriage return"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line, why):
    with pytest.raises(WrongLine, match=why):
        Feed().entry(line)


@pytest.mark.parametrize("line", [SHA1, f"{SHA1}:5:Name", hashlib.sha512().hexdigest()])
def test_hashes_that_nobody_looks_up_are_left_out(line):
    with pytest.raises(LeftOut, match="digits"):
        Feed().entry(line)


def test_malware_bazaar_is_read_by_its_columns():
    assert read(BAZAAR) == [
        Entry(LONG, "Heodo", seen=DAY),
        Entry(b"\xab" * 32, "x.exe", seen=DAY - 1),
    ]


def test_malware_bazaar_has_tlsh_beside_the_other_hashes():
    rows = BAZAAR.replace('"Heodo", "n/a", "n/a", "n/a", "n/a", "n/a"', f'"Heodo", "{TLSH}"')
    rows = rows.replace('"clamav","vtpercent","imphash","ssdeep","tlsh"', '"tlsh"')
    assert [one.near for one in read(rows)] == [TLSH, ""]


@pytest.mark.parametrize("nothing", ["", "n/a", "TNULL", "null"])
def test_a_row_may_have_nothing_but_tlsh_and_then_that_is_its_hash(nothing):
    rows = f"tlsh,sha256,reason\n{TLSH},{nothing},a kit\n{nothing},{SHA256},a worm\n"
    assert read(rows) == [Entry(NEAR, "a kit"), Entry(LONG, "a worm")]


def attribute(type_, value, **more):
    return {"type": type_, "value": value, **more}


@pytest.mark.parametrize(
    ("attributes", "entries"),
    [
        ([attribute("tlsh", TLSH)], [(NEAR, "")]),
        ([attribute("filename|tlsh", f"x.exe|{TLSH[2:]}")], [(NEAR, "")]),
        ([attribute("tlsh", TLSH), attribute("sha256", SHA256)], [(LONG, TLSH)]),
        # What is context only stands beside nothing, and with nothing beside it.
        ([attribute("tlsh", TLSH, to_ids=False), attribute("sha256", SHA256)], [(LONG, "")]),
        ([attribute("tlsh", TLSH), attribute("sha256", SHA256, to_ids=False)], [(NEAR, "")]),
    ],
)
def test_of_an_object_of_misp_tlsh_stands_beside_its_hashes(attributes, entries):
    event = {"Event": {"Object": [{"Attribute": attributes}]}}
    read = list(of_misp(json.dumps(event)))
    assert [(one.digest, one.near) for one in read] == entries


def test_two_attributes_of_an_event_have_nothing_to_do_with_each_other():
    attributes = [attribute("tlsh", TLSH), attribute("sha256", SHA256)]
    read = list(of_misp(json.dumps({"Event": {"Attribute": attributes}})))
    assert read == [Entry(NEAR), Entry(LONG)]


def test_misp_is_read_by_its_columns():
    assert read(MISP) == [Entry(LONG, "a worm, really"), Entry(SHORT)]


def test_of_misp_other_kinds_are_left_out():
    feed = Feed()
    assert feed.entry("type,value") is None
    with pytest.raises(LeftOut, match="ip-dst"):
        feed.entry("ip-dst,192.0.2.1")


def test_what_misp_names_as_context_is_left_out():
    feed = Feed()
    assert feed.entry("type,value,to_ids") is None
    assert feed.entry(f"sha256,{SHA256},1") == Entry(LONG)
    with pytest.raises(LeftOut, match="not to be looked for"):
        feed.entry(f"sha256,{SHA256},0")


def test_any_csv_with_names_of_columns_is_read():
    rows = f"owner,expires,md5,reason\nann,2026-11-22,{MD5},bad\n,,{MD5},\n"
    assert read(rows) == [Entry(SHORT, "bad", "ann", DAY), Entry(SHORT)]


@pytest.mark.parametrize(
    ("row", "why"), [("ann,x", "no hash"), (f'ann,"{SHA256}', "CSV"), ("only", "no hash")]
)
def test_a_row_that_cannot_be_read_says_why(row, why):
    feed = Feed()
    assert feed.entry("owner,sha256") is None
    with pytest.raises(WrongLine, match=why):
        feed.entry(row)


def test_an_event_of_misp_may_begin_with_the_mark_of_utf_8():
    event = {"Event": {"Attribute": [attribute("sha256", SHA256)]}}
    assert list(of_misp("\ufeff" + json.dumps(event))) == [Entry(LONG)]


def test_an_event_of_misp_is_read():
    event = {
        "info": "a wave of Mydoom",
        "Attribute": [
            {"type": "sha256", "value": SHA256, "comment": "the worm"},
            {"type": "ip-dst", "value": "192.0.2.1"},
            {"type": "sha256", "value": "0" * 64, "to_ids": False},
            {"type": "sha256", "value": "1" * 64, "to_ids": True, "deleted": True},
            {"type": "md5", "value": "none"},
        ],
        "Object": [{"Attribute": [{"type": "malware-sample", "value": f"x.exe|{MD5}"}]}],
    }
    first, wrong, second = of_misp(json.dumps({"Event": event}))
    assert (first, second) == (Entry(LONG, "the worm"), Entry(SHORT, "a wave of Mydoom"))
    assert isinstance(wrong, WrongLine)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"Event": 3}', '{"Event": {"Attribute": [3]}}', "[" * 100_000]
)
def test_what_is_no_event_is_told(text):
    with pytest.raises(WrongLine, match="no event"):
        list(of_misp(text))


def test_a_date_is_counted_in_days():
    assert day_of("2026-11-22") == DAY


@pytest.mark.slow
@given(st.lists(st.text(max_size=100) | st.just(SHA256) | st.just("md5,type,value"), max_size=5))
def test_any_line_is_an_entry_or_nothing_or_told(lines):
    feed = Feed()
    for line in lines:
        try:
            entry = feed.entry(line)
        except (WrongLine, LeftOut):
            continue
        assert entry is None or len(entry.digest) in {16, 32}
