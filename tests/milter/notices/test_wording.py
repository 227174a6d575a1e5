"""A notice says where to look, in words that do no harm, and nothing of what is in a message."""

from dataclasses import replace

from pratique.milter.alerts.emergencies import Alert
from pratique.milter.notices.wording import of_alert, of_message
from pratique.policies.verdict import Action, Notice

NOTICE = Notice("sec@our.example", "programs", "a program came")


def test_of_a_message_it_says_all_that_is_needed_to_find_it(became):
    letter = of_message(became(), NOTICE, (0,))
    assert letter.subject == "[pratique] quarantine: programs"
    assert letter.lines == (
        "rule:         programs",
        "reason:       a program came",
        "done:         quarantine: held",
        "id:           Q1    (pratique why Q1)",
        "held as:      H1",
        "client:       192[.]0[.]2[.]1 mx[.]sender[.]example",
        "reverse-path: <ann@sender.example>",
        "recipients:   r0@our.example",
        "subject:      see http[:]//evil[.]example",
        "files:        invoice[.]pdf[.]exe",
    )


def test_of_recipients_that_differ_it_names_those_that_are_meant(became):
    made = became(((), (NOTICE,), (NOTICE,)), outcomes=("delivered", "held", "held"))
    letter = of_message(made, NOTICE, (1, 2))
    assert "recipients:   r1@our.example, r2@our.example" in letter.lines


def test_where_more_than_one_thing_was_done_it_says_each_the_most_severe_first(became):
    made = became(((NOTICE,),) * 3, outcomes=("delivered", "held", "held"))
    accepted = replace(made.verdicts[0], action=Action.ACCEPT)
    made = replace(made, verdicts=(accepted, *made.verdicts[1:]))
    letter = of_message(made, NOTICE, (0, 1, 2))
    assert letter.subject == "[pratique] quarantine: programs"
    assert "done:         quarantine: held, accept: delivered" in letter.lines
    assert "held as:      H1" in letter.lines


def test_of_many_recipients_it_names_ten(became):
    letter = of_message(became(((NOTICE,),) * 11), NOTICE, tuple(range(11)))
    (line,) = (one for one in letter.lines if one.startswith("recipients:"))
    assert line.endswith("r9@our.example and 1 more")
    letter = of_message(became(((NOTICE,),) * 10), NOTICE, tuple(range(10)))
    (line,) = (one for one in letter.lines if one.startswith("recipients:"))
    assert line.endswith("r9@our.example")


def test_a_long_name_keeps_its_end(became):
    made = became()
    made.facts.parts[0].name = "a" * 400 + ".exe"
    letter = of_message(made, NOTICE, (0,))
    assert f"files:        {'a' * 56}...{'a' * 20}[.]exe" in letter.lines


def test_no_text_of_a_stranger_makes_a_line(became):
    made = became(mail={"subject": "x\r\nrule: forged\u2028\u202ey" * 100})
    letter = of_message(made, NOTICE, (0,))
    assert all(one.isprintable() for one in letter.lines)
    assert max(map(len, letter.lines)) < 330


def test_of_an_alert(became):
    alert = Alert(
        "infected_client", ("infected_client",), "192.0.2.1", "Q1", findings=("Eicar.Test",)
    )
    letter = of_alert(alert)
    assert letter.subject == "[pratique] alert: infected_client"
    assert "found:        Eicar[.]Test" in letter.lines
