"""The log: one line an event, and no stranger can forge another."""

import json
import logging
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.became import Became
from pratique.milter.logs import JsonLines, Words, tell
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.scanners.facts_pb2 import Facts, Part


def record(message, **extra):
    made = logging.LogRecord("pratique.test", logging.INFO, __file__, 1, message, (), None)
    for name, value in extra.items():
        setattr(made, name, value)
    return made


HOSTILE = "line\r\nforged: line \x1b[2J \u202e \x9b"


def test_json_is_one_ascii_line_whatever_a_stranger_wrote():
    line = JsonLines().format(record(HOSTILE, fields={"rule": HOSTILE}))
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line)["event"] == HOSTILE
    assert json.loads(line)["rule"] == HOSTILE


@pytest.mark.parametrize("fields", [{}, {"rule": HOSTILE}])
def test_words_are_one_line_that_cannot_move_a_terminal(fields):
    line = Words().format(record(HOSTILE, fields=fields))
    assert line.isprintable()


def test_a_message_ends_in_one_line_with_all_its_fields(caplog):
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), mta_id="4F1B2")
    facts = Facts(parts=[Part(), Part(), Part()])
    reply = Reply(250, ("2.0.0 Ok",))
    with caplog.at_level(logging.INFO, "pratique.message"):
        became = Became(envelope, 4096, 1.0, 1.0123, facts, (), "accept", "a rule", reply)
        tell(replace(became, policy="0123456789abcdef" * 4))
    (written,) = [one.fields for one in caplog.records]
    assert written == {
        "queue_id": "Q1", "mta_id": "4F1B2", "action": "accept", "outcome": "delivered",
        "rule": "a rule", "policy": "0123456789ab", "milliseconds": 12.3, "size": 4096, "parts": 3,
        "reply": "250 2.0.0 Ok",
    }  # fmt: skip


# A service's own process: the log is set up for the whole of one.
SERVICE = f"""
import logging
from datetime import UTC, datetime
from pratique.milter import logs
from pratique.milter.became import Became
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply
from pratique.scanners.facts_pb2 import Facts, Part

hostile = {HOSTILE!r}
became = Became(
    Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), mta_id=hostile),
    *(4096, 1.0, 1.0123, Facts(parts=[Part()]), (), "accept", hostile, Reply(250, ("é ok",))),
)
log = logging.getLogger("pratique.message")
records = []
logs.set_up()
"""
# Has logging tell whenever a line goes by it.
WATCHED = """
make = log.makeRecord
log.makeRecord = lambda *given, **named: records.append(given) or make(*given, **named)
"""


def said_by(code):
    """The lines of the log that a process writes, read; and what it prints."""
    run = [sys.executable, "-X", "utf8", "-c", SERVICE + WATCHED + code]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stderr.isascii()
    return [json.loads(line) for line in done.stderr.splitlines()], done.stdout.strip()


@pytest.mark.slow
def test_a_line_that_is_written_at_once_is_the_same_as_one_by_logging():
    (at_once, by_logging), records = said_by(
        "logs.tell(became); print(len(records))\n"
        "log.addFilter(lambda _: True); logs.tell(became); print(len(records))"
    )
    assert records.split() == ["0", "1"]
    assert datetime.fromisoformat(at_once.pop("time")) <= datetime.fromisoformat(
        by_logging.pop("time")
    )
    assert list(at_once.items()) == list(by_logging.items())


@pytest.mark.slow
def test_who_listens_to_the_log_hears_of_each_message():
    lines, heard = said_by(
        "class Listens(logging.Handler):\n"
        "    def emit(self, record): print(record.fields['queue_id'])\n"
        "logging.getLogger().addHandler(Listens()); logs.tell(became)"
    )
    assert heard == "Q1"
    assert len(lines) == 1


@pytest.mark.slow
def test_a_log_that_wants_no_lines_of_messages_gets_none():
    assert said_by("logging.getLogger().setLevel(logging.WARNING); logs.tell(became)") == ([], "")


def test_a_traceback_is_in_the_line_of_its_event():
    try:
        raise ValueError("broken")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    line = json.loads(JsonLines().format(record("failed", exc_info=info)))
    assert "ValueError: broken" in line["traceback"]


def test_the_log_is_json_where_no_person_reads_it():
    # In a process of its own: what is set up holds for all loggers of one.
    code = (
        "import logging; from pratique.milter import logs; logs.set_up();"
        "logging.getLogger('pratique.test').info('hello')"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(said.stderr)["event"] == "hello"


@pytest.mark.parametrize(
    ("recipients", "named", "more"), [(2, 2, ""), (10, 10, ""), (11, 10, "1 more")]
)
def test_where_recipients_differ_ten_of_them_are_named(caplog, recipients, named, more):
    forwards = tuple(Forward(f"{number}@x.example") for number in range(recipients))
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), recipients=forwards)
    outcomes = ("delivered",) * (recipients - 1) + ("held",)
    with caplog.at_level(logging.INFO, "pratique.message"):
        tell(
            Became(
                *(envelope, 1, 0.0, 0.0, Facts(), (), "quarantine", "r", Reply(250, ("x",))),
                outcomes=outcomes,
            )
        )
    (written,) = [one.fields for one in caplog.records]
    said = written["recipients"].split("; ")
    assert len([one for one in said if one.startswith("<")]) == named
    assert said[0] == "<0@x.example> , delivered"
    assert (said[-1] if more else "") == more


def hiding(caplog, reply, outcomes=()):
    forwards = (Forward("Ann@x.example"), Forward("bob@x.example"))
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), "c@y", recipients=forwards)
    became = Became(
        *(envelope, 1, 0.0, 0.0, Facts(), (), "quarantine", "r", reply), outcomes=outcomes
    )
    with caplog.at_level(logging.INFO, "pratique.message"):
        tell(became, hides=True)
    (written,) = [one.fields for one in caplog.records]
    return written


def test_a_line_that_hides_numbers_recipients(caplog):
    written = hiding(caplog, Reply(250, ("2.0.0 Ok",)), ("delivered", "held"))
    assert written["recipients"] == "1 , delivered; 2 , held"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("5.1.1 <ann@x.example> unknown", "550 5.1.1"),
        ("no mailbox for ann%40x.example", "550"),
        ("5.1.1 ANN: unknown", "550 5.1.1"),
        ("5.7.1 Annual limit", "550 5.7.1 Annual limit"),
        ("5.7.1 refused by policy", "550 5.7.1 refused by policy"),
    ],
)
def test_a_line_that_hides_has_no_reply_that_may_quote_an_address(caplog, said, kept):
    assert hiding(caplog, Reply(550, (said,)))["reply"] == kept


@pytest.mark.slow
def test_a_line_that_hides_and_is_written_at_once_is_the_same():
    lines, _ = said_by(
        "from dataclasses import replace\n"
        "became = replace(became, reply=Reply(550, ('5.1.1 <ann@x.example> unknown',)))\n"
        "logs.tell(became, hides=True)\n"
        "log.addFilter(lambda _: True); logs.tell(became, hides=True)"
    )
    assert [one["reply"] for one in lines] == ["550 5.1.1"] * 2
