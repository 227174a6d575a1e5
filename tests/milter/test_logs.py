"""The log: one line an event, and no stranger can forge another."""

import io
import json
import logging

import pytest

from pratique.milter import logs
from pratique.milter.logs import JsonLines, MessageLine, Words
from pratique.milter.next_hop import Reply


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
    line = MessageLine("Q1", 4096, 0.0)
    line.parts = 3
    with caplog.at_level(logging.INFO, "pratique.message"):
        assert line.write("accept", "a rule", Reply(250, ("2.0.0 Ok",))).code == 250
    (written,) = [one.fields for one in caplog.records]
    assert written.pop("milliseconds") > 0
    assert written == {
        "queue_id": "Q1", "action": "accept", "outcome": "delivered", "rule": "a rule",
        "size": 4096, "parts": 3, "reply": "250 2.0.0 Ok",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("action", "code", "outcome"),
    [
        ("accept", 250, "delivered"),
        ("accept", 421, "deferred"),
        ("accept", 552, "refused"),
        ("quarantine", 250, "held"),
        ("quarantine", 452, "deferred"),
        ("discard", 250, "dropped"),
        ("reject", 554, "refused"),
        ("defer", 451, "deferred"),
    ],
)
def test_a_line_tells_what_came_of_what_was_decided(caplog, action, code, outcome):
    with caplog.at_level(logging.INFO, "pratique.message"):
        MessageLine("Q1", 1, 0.0).write(action, "", Reply(code, ("x",)))
    assert [one.fields["outcome"] for one in caplog.records] == [outcome]


def test_a_traceback_is_in_the_line_of_its_event():
    try:
        raise ValueError("broken")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    line = json.loads(JsonLines().format(record("failed", exc_info=info)))
    assert "ValueError: broken" in line["traceback"]


def test_the_log_is_json_where_no_person_reads_it():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        logs.set_up(stream)
        logging.getLogger("pratique.test").info("hello")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert json.loads(stream.getvalue())["event"] == "hello"
