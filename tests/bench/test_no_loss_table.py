"""What was done, lost and doubled in a no-loss run, as a table and a verdict."""

import time
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def made(bench) -> ModuleType:
    return bench("no_loss_table")


@pytest.fixture
def events(made):
    """A door killed at 10 and at 30 s, a clamd between."""
    return [
        made.Event("door", 10.0, 5, 0.5),
        made.Event("clamd", 20.0, 7, 2.0),
        made.Event("door", 30.0, 6, 1.5),
    ]


def found(made, events, **more):
    empty = {"lost": [], "doubles": [], "faults": [], "figures": {}, "notes": []}
    return made.Found(events, **(empty | more))


def double(made, **more):
    return made.Double(**({"number": 5, "recipient": "fine", "entrance": "smtp", "more": 1} | more))


def test_a_row_has_how_often_what_was_under_way_and_how_long_mail_stood_still(made, events):
    rows = made.table(found(made, events)).split("\n")[2:]
    assert rows == [
        "| door | 2 | 11 | 0 | 0 | 1.00 / 1.50 |",
        "| clamd | 1 | 7 | 0 | 0 | 2.00 / 2.00 |",
    ]


def test_what_is_lost_or_doubled_counts_for_what_was_done_last_before_it(made, events):
    lost = [(3, "fine", 21.0)]
    told = made.table(found(made, events, lost=lost, doubles=[double(made, at=35.0)]))
    assert "| door | 2 | 11 | 0 | 1 |" in told
    assert "| clamd | 1 | 7 | 1 | 0 |" in told


def test_what_a_next_hop_doubled_counts_for_what_was_done_last_to_a_next_hop(made, events):
    hop = made.Event("next hop", 9.0, 1, 0.1)
    line = "Q1: next hop failed at the reply to the final dot"
    assert made.cause([hop, *events], double(made, at=11.0, line=line)) == "next hop"
    assert made.cause([hop, *events], double(made, at=11.0)) == "door"


def test_a_loss_before_anything_was_done_has_a_row_of_its_own(made, events):
    told = made.table(found(made, events, lost=[(3, "fine", 1.0)]))
    assert told.endswith("\n| nothing | 0 | 0 | 1 | 0 | - |")


def test_a_run_without_a_loss_passes_with_its_doubles_named(made, events):
    run = found(made, events, doubles=[double(made, at=11.0, line="it may have the message")])
    assert not made.failed(run)
    told = made.report(run)
    assert "- 5 for fine (smtp), delivered 2 times, after: door: it may have the message" in told
    assert told.endswith("passed: 0 lost, 1 twice\n")


@pytest.mark.parametrize("amiss", [{"lost": [(3, "fine", 21.0)]}, {"faults": ["smtp: damaged"]}])
def test_a_run_with_a_loss_or_another_fault_fails(made, events, amiss):
    run = found(made, events, **amiss)
    assert made.failed(run)
    assert "FAILED: " in made.report(run)


def test_each_lost_message_is_named(made, events):
    told = made.report(found(made, events, lost=[(3, "fine", 21.0)]))
    assert "- LOST: 3 for fine, answered 250, after: clamd" in told


def ours(at: str, event: str) -> str:
    return f'{{"time": "2026-11-23T06:15:{at}+00:00", "level": "warning", "event": "{event}"}}\n'


MAY_HAVE = "Q1: next hop failed at the reply to the final dot: it may have the message"
ENDED = "smtp: ended (killed by signal 9); starting it again"


def test_only_lines_of_our_log_that_tell_of_a_try_without_an_end_count(made):
    log = ours("10", "message") + ours("11", MAY_HAVE) + "no JSON: failed at\n" + ours("12", ENDED)
    first, second = made.our_lines(log)
    assert (first.text, second.text) == (MAY_HAVE, ENDED)
    assert second.at - first.at == 1.0


def test_the_line_about_the_message_goes_before_one_about_the_process(made):
    lines = made.our_lines(ours("10", ENDED) + ours("12", MAY_HAVE))
    told = made.explained(double(made), [lines[0].at], lines)
    assert (told.line, told.at) == (MAY_HAVE, lines[0].at)


def test_what_is_said_of_another_next_hop_explains_nothing(made):
    of_one = MAY_HAVE.replace("hop", "hop 127.0.0.1:2525")
    lines = made.our_lines(ours("10", ENDED) + ours("11", of_one))
    assert made.of_hop(lines, 2525) == lines
    assert [line.text for line in made.of_hop(lines, 2526)] == [ENDED]


def test_what_is_held_twice_is_named_as_such(made, events):
    told = made.report(found(made, events, doubles=[double(made, how="held", at=21.0)]))
    assert "- 5 for fine (smtp), held 2 times, after: clamd: " in told


def test_a_line_about_one_message_explains_one_message_and_all_its_recipients(made):
    lines = made.our_lines(ours("10", ENDED) + ours("11", MAY_HAVE))
    who = [(5, "fine"), (5, "good"), (6, "fine")]
    doubles = [double(made, number=number, recipient=name) for number, name in who]
    told = made.all_explained([(one, [lines[1].at]) for one in doubles], lines)
    assert [one.line for one in told] == [MAY_HAVE, MAY_HAVE, ENDED]


@pytest.mark.parametrize(("off", "line"), [(5.0, ENDED), (5.1, "")])
def test_a_line_that_is_further_off_tells_of_another_try(made, off, line):
    lines = made.our_lines(ours("10", ENDED))
    assert made.explained(double(made), [lines[0].at - off], lines).line == line


def test_where_everybody_was_killed_no_line_is_made_up(made):
    told = made.explained(double(made), [12.0, 11.0], [])
    assert (told.at, told.line) == (11.0, "")
    assert "its client saw it go" in made.report(found(made, [], doubles=[told]))


POSTFIX = """\
Nov 23 06:15:30 mx postfix/cleanup[7]: AB1: message-id=<5@sender.example>
Nov 23 06:15:31 mx postfix/smtp[8]: AB1: to=<good@corp.example>, status=deferred (said: 421)
Nov 23 06:15:31 mx postfix/smtp[8]: AB1: to=<fine@corp.example>, status=deferred (said: 421)
Nov 23 06:15:32 mx postfix/smtp[8]: AB1: to=<fine@corp.example>, status=deferred (lost connection \
while sending end of data -- message may be sent more than once)
Nov 23 06:15:33 mx postfix/smtp[8]: AB1: to=<fine@corp.example>, status=sent (250 2.0.0 taken)
Nov 23 06:15:33 mx postfix/smtp[8]: ZZ9: to=<fine@corp.example>, status=deferred (said: 421)
"""


def test_postfix_tells_by_itself_which_message_may_be_sent_twice(made):
    lines = made.postfix_lines(POSTFIX, 2026)
    assert [line.number for line in lines] == [5, 5, 5]
    told = made.explained(double(made, entrance="milter"), [], lines)
    assert made.MAY_DOUBLE in told.line
    assert time.localtime(told.at)[3:6] == (6, 15, 33)


def test_what_postfix_says_of_another_recipient_explains_nothing(made):
    lines = made.postfix_lines(POSTFIX, 2026)
    assert made.explained(double(made, recipient="whole"), [], lines).line == ""
