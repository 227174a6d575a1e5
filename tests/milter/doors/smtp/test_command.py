"""The grammar of MAIL and RCPT: what is taken, what is refused, at each limit."""

import contextlib
import time

import pytest

from pratique.milter.doors.smtp.command import (
    BAD_FORWARD_PATH,
    BAD_PARAMETER,
    BAD_REVERSE_PATH,
    MAIL_SYNTAX,
    NOT_ASCII,
    RCPT_SYNTAX,
    UNKNOWN_PARAMETER,
    CommandError,
    Mail,
    parse_mail,
    parse_rcpt,
)
from pratique.milter.mail import Forward

LONG_LOCAL = "l" * 256
LONG_DOMAIN = ".".join(["d" * 63] * 3 + ["d" * 63])


@pytest.mark.parametrize(
    ("argument", "reverse_path"),
    [
        ("FROM:<>", ""),
        ("from:<>", ""),
        ("FROM: <a@b.example>", "a@b.example"),
        ("FROM:<a@b.example>", "a@b.example"),
        ("FROM:<A@B.Example>", "A@B.Example"),
        ("FROM:<a..b@docomo.example>", "a..b@docomo.example"),
        ("FROM:<a.@docomo.example>", "a.@docomo.example"),
        ("FROM:<.a@docomo.example>", ".a@docomo.example"),
        ("FROM:<bounce+x=y.example@list.example>", "bounce+x=y.example@list.example"),
        ("FROM:<SRS0=HHH=TT=ours!x@relay.example>", "SRS0=HHH=TT=ours!x@relay.example"),
        ('FROM:<"a b"@c.example>', '"a b"@c.example'),
        ('FROM:<"a\\"b>"@c.example>', '"a\\"b>"@c.example'),
        ('FROM:<""@c.example>', '""@c.example'),
        ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"),
        ("FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
        ("FROM:<a@under_score.example>", "a@under_score.example"),
        ("FROM:<@one.example,@two.example:a@b.example>", "a@b.example"),
        ("FROM:<root>", "root"),
        (f"FROM:<{LONG_LOCAL}@b.example>", f"{LONG_LOCAL}@b.example"),
        (f"FROM:<a@{LONG_DOMAIN}>", f"a@{LONG_DOMAIN}"),
    ],
)
def test_a_reverse_path_is_taken_as_it_is_written(argument, reverse_path):
    assert parse_mail(argument) == Mail(reverse_path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "<",
        ">",
        "a@b.example",
        "<a@b.example",
        "a@b.example>",
        "<<a@b.example>>",
        "<a@b.example>x",
        "<a@b.example><c@d.example>",
        "<a@b@c.example>",
        "<@b.example>",
        "<a@>",
        "<a@b..example>",
        "<a@.example>",
        "<a@b.example.>",
        "<a b@c.example>",
        "<a@b c.example>",
        '<"a@b.example>',
        '<"a""b"@c.example>',
        '<"a\\"@b.example>',
        "<a@[192.0.2.1>",
        "<a@[]>",
        "<a@[1 2]>",
        "<@one.example>",
        "<@one.example:>",
        "<@one.example@two.example:a@b.example>",
        "<one.example:a@b.example>",
        "<a,b@c.example>",
        "<a;b@c.example>",
        "<a(b)@c.example>",
        "<a\\@b@c.example>",
        f"<{LONG_LOCAL}l@b.example>",
        f"<a@{LONG_DOMAIN}.d>",
        f"<{'l' * 65}@{LONG_DOMAIN}>",
    ],
)
def test_a_path_that_is_none_is_refused(path):
    with pytest.raises(CommandError) as mail:
        parse_mail(f"FROM:{path}")
    with pytest.raises(CommandError) as rcpt:
        parse_rcpt(f"TO:{path}", utf8=True)
    assert (mail.value.reply, rcpt.value.reply) == (BAD_REVERSE_PATH, BAD_FORWARD_PATH)


def test_a_path_at_its_limit_is_taken():
    path = f"{'l' * 64}@{LONG_DOMAIN}"
    assert len(path) == 320
    assert parse_rcpt(f"TO:<{path}>", utf8=False) == Forward(path)


@pytest.mark.parametrize("argument", ["", "FROM", "FROM <a@b.example>", "TO:<a@b.example>", ":"])
def test_mail_without_its_word_is_refused(argument):
    with pytest.raises(CommandError) as error:
        parse_mail(argument)
    assert error.value.reply == MAIL_SYNTAX


@pytest.mark.parametrize("argument", ["", "TO", "TO <a@b.example>", "FROM:<a@b.example>"])
def test_rcpt_without_its_word_is_refused(argument):
    with pytest.raises(CommandError) as error:
        parse_rcpt(argument, utf8=False)
    assert error.value.reply == RCPT_SYNTAX


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("SIZE=0", Mail("a@b.example", ("SIZE=0",), 0)),
        ("size=123", Mail("a@b.example", ("SIZE=123",), 123)),
        (f"SIZE={'9' * 20}", Mail("a@b.example", (f"SIZE={'9' * 20}",), int("9" * 20))),
        ("body=8bitmime", Mail("a@b.example", ("BODY=8bitmime",))),
        ("BODY=7BIT", Mail("a@b.example", ("BODY=7BIT",))),
        ("SMTPUTF8", Mail("a@b.example", ("SMTPUTF8",), utf8=True)),
        ("  SIZE=1   SMTPUTF8 ", Mail("a@b.example", ("SIZE=1", "SMTPUTF8"), 1, utf8=True)),
    ],
)
def test_parameters_that_we_announced_are_taken(parameters, expected):
    assert parse_mail(f"FROM:<a@b.example> {parameters}") == expected


@pytest.mark.parametrize(
    ("parameters", "reply"),
    [
        ("SIZE", BAD_PARAMETER),
        ("SIZE=", BAD_PARAMETER),
        ("SIZE=-1", BAD_PARAMETER),
        ("SIZE=1e3", BAD_PARAMETER),
        ("SIZE=\u0663", BAD_PARAMETER),
        (f"SIZE={'9' * 21}", BAD_PARAMETER),
        ("SIZE=1 SIZE=1", BAD_PARAMETER),
        ("BODY=9BIT", BAD_PARAMETER),
        ("BODY", BAD_PARAMETER),
        ("SMTPUTF8=YES", BAD_PARAMETER),
        ("SMTPUTF8 SMTPUTF8", BAD_PARAMETER),
        ("=1", BAD_PARAMETER),
        ("A=b=c", BAD_PARAMETER),
        ("-A=b", BAD_PARAMETER),
        ("AUTH=<>", UNKNOWN_PARAMETER),
        ("RET=HDRS", UNKNOWN_PARAMETER),
        ("X", UNKNOWN_PARAMETER),
    ],
)
def test_other_parameters_are_refused(parameters, reply):
    with pytest.raises(CommandError) as error:
        parse_mail(f"FROM:<a@b.example> {parameters}")
    assert error.value.reply == reply


def test_rcpt_takes_no_parameter():
    with pytest.raises(CommandError) as error:
        parse_rcpt("TO:<a@b.example> NOTIFY=NEVER", utf8=False)
    assert error.value.reply == UNKNOWN_PARAMETER


@pytest.mark.parametrize(
    "parameters",
    [
        ("RET=HDRS", "ENVID=QQ314159"),
        ("RET=full", "ENVID=a+2Bb", "SIZE=1"),
        (f"ENVID={'x' * 100}",),
    ],
)
def test_a_proxy_may_hand_on_what_its_client_wants_to_be_told(parameters):
    argument = f"FROM:<a@b.example> {' '.join(parameters)}"
    assert parse_mail(argument, dsn=True).parameters == parameters
    with pytest.raises(CommandError) as error:
        parse_mail(argument)
    assert error.value.reply == UNKNOWN_PARAMETER


@pytest.mark.parametrize(
    "parameters",
    [
        ("NOTIFY=NEVER",),
        ("NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;b+2B@c.example"),
        (f"ORCPT=rfc822;{'x' * 493}",),
    ],
)
def test_a_proxy_may_hand_it_on_for_each_recipient(parameters):
    argument = f"TO:<a@b.example> {' '.join(parameters)}"
    assert parse_rcpt(argument, utf8=False, dsn=True) == Forward("a@b.example", parameters)


@pytest.mark.parametrize(
    "parameter",
    [
        "NOTIFY=",
        "NOTIFY=ALWAYS",
        "NOTIFY=NEVER,SUCCESS",
        "NOTIFY=DELAY,DELAY,DELAY,DELAY",
        "ORCPT=b@c.example",
        "ORCPT=rfc822;",
        "ORCPT=rfc822;a+b",
        f"ORCPT=rfc822;{'x' * 494}",
        "NOTIFY=NEVER NOTIFY=NEVER",
    ],
)
def test_what_it_hands_on_has_a_grammar(parameter):
    with pytest.raises(CommandError) as error:
        parse_rcpt(f"TO:<a@b.example> {parameter}", utf8=False, dsn=True)
    assert error.value.reply == BAD_PARAMETER


@pytest.mark.parametrize("parameter", ["RET=ALL", "ENVID=a+b", f"ENVID={'x' * 101}", "RET"])
def test_what_it_hands_on_with_mail_has_a_grammar(parameter):
    with pytest.raises(CommandError) as error:
        parse_mail(f"FROM:<a@b.example> {parameter}", dsn=True)
    assert error.value.reply == BAD_PARAMETER


def test_utf8_is_taken_where_it_was_said():
    assert parse_mail("FROM:<jörg@bücher.example> SMTPUTF8").reverse_path == "jörg@bücher.example"
    assert parse_rcpt("TO:<用户@例え.example>", utf8=True).address == "用户@例え.example"


def test_utf8_is_refused_where_it_was_not_said():
    with pytest.raises(CommandError) as mail:
        parse_mail("FROM:<jörg@b.example>")
    with pytest.raises(CommandError) as rcpt:
        parse_rcpt("TO:<jörg@b.example>", utf8=False)
    assert mail.value.reply == rcpt.value.reply == NOT_ASCII


@pytest.mark.parametrize("letter", ["\x85", "\u2028", "\u2029", "\x9f"])
def test_control_characters_of_unicode_are_in_no_address(letter):
    with pytest.raises(CommandError):
        parse_rcpt(f"TO:<a{letter}b@c.example>", utf8=True)


def test_a_recipient_is_never_null():
    with pytest.raises(CommandError) as error:
        parse_rcpt("TO:<>", utf8=False)
    assert error.value.reply == BAD_FORWARD_PATH


def test_a_hostile_path_costs_linear_time():
    with pytest.raises(CommandError):
        parse_rcpt("TO:<" + "@a,".join([""] * 600) + ":", utf8=False)
    with pytest.raises(CommandError):
        parse_rcpt("TO:<" + "a." * 1000 + "\x01@", utf8=False)


@pytest.mark.parametrize(
    "path", ['"\\' * 1000, '""' * 1000 + "\u2028", '"' * 2000, "@a," * 600, "(" * 2000, "." * 2000]
)
@pytest.mark.parametrize("lenient", [False, True])
def test_no_path_takes_long_to_read(path, lenient):
    begun = time.process_time()
    for end in ("", ">", ">x"):
        with contextlib.suppress(CommandError):
            parse_rcpt(f"TO:<{path}{end}", utf8=True, lenient=lenient)
    # What takes quadratic time takes 40 ms.
    assert time.process_time() - begun < 0.02


@pytest.mark.parametrize("address", ["a@@b", "a@b..c", "a b@c", 'a"b@c', "j\u00f6rg@b", "l" * 2000])
def test_a_lenient_reader_takes_what_stands_between_brackets(address):
    assert parse_rcpt(f"TO:<{address}>", utf8=False, lenient=True) == Forward(address)
    with pytest.raises(CommandError):
        parse_rcpt(f"TO:<{address}>", utf8=False)
    assert parse_mail(f"FROM:<{address}> SIZE=1", lenient=True).reverse_path == address


def test_a_lenient_reader_reads_what_the_grammar_knows_as_ever():
    assert parse_rcpt("TO:<@a,@b:c@d>", utf8=False, lenient=True) == Forward("c@d")
    for argument in ("TO:<>", "TO:<a", "TO:a@b", "TO:<a><b>", "<a@b>", "TO:<a@b> X=1"):
        with pytest.raises(CommandError):
            parse_rcpt(argument, utf8=False, lenient=True)
