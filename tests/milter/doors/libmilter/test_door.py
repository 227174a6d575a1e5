"""The milter door on a real socket, asked by a client that speaks as Postfix does."""

import pytest

FOREIGN = (
    (b"X-Pratique", b" forged"),
    (b"Subject", b" hi\n\tthere"),
    (b"x-pratique-b", b" forged\n too"),
    (b"X-PRATIQUE", b" again"),
)


# What is told arrives


@pytest.mark.slow  # the first test of this file starts the door
def test_the_content_is_put_together_octet_for_octet(milter, client):
    client.envelope()
    fields = [
        (b"Subject", b" caf\xc3\xa9 \xff\xfe"),
        (b"X-Folded", b" one\n\ttwo\n  three"),
        (b"X-None", b""),
        (b"X-Tight", b"value"),
        (b"X-Wide", b" \t value  "),
    ]
    chunks = [b"\xff\x00body\r\n", b"x" * 65_535, b"bare \r and \n"]
    client.content(fields, chunks=chunks, last=b"no line end")
    assert client.answer() == [b"a"]
    assert milter.taken()[-1]["content"] == (
        b"Subject: caf\xc3\xa9 \xff\xfe\r\nX-Folded: one\r\n\ttwo\r\n  three\r\nX-None:\r\n"
        b"X-Tight:value\r\nX-Wide: \t value  \r\n\r\n" + b"".join(chunks) + b"no line end"
    )


def test_the_envelope_is_what_was_said(milter, client):
    client.envelope(
        b"<one@corp.example>\0NOTIFY=NEVER",
        b"two@corp.example",
        b"<@relay.example:three@corp.example>",
        mail=(b"<>", b"SIZE=10", b"SMTPUTF8"),
    )
    client.content()
    assert client.answer() == [b"a"]
    taken = milter.taken()[-1]
    assert (taken["reverse_path"], taken["parameters"]) == ("", ["SIZE=10", "SMTPUTF8"])
    assert taken["recipients"] == [f"{each}@corp.example" for each in ("one", "two", "three")]
    assert taken["rcpt_parameters"] == ["NOTIFY=NEVER"]
    assert taken["client"] == ["192.0.2.1", "mx.example", "helo.example"]
    assert (taken["door"], taken["protocol"]) == ("milter", "UTF8SMTP")
    assert taken["facts"] > 0


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({"name": b"unknown"}, ["192.0.2.1", "", "helo.example"]),
        ({"name": b"[192.0.2.1]"}, ["192.0.2.1", "", "helo.example"]),
        (
            {"kind": b"6", "address": b"2001:db8::1"},
            ["2001:db8::1", "mx.example", "helo.example"],
        ),
        ({"kind": b"U"}, ["", "", "helo.example"]),
        ({"kind": b"L", "port": 0, "address": b"/run/x"}, ["", "", "helo.example"]),
        (
            {"name": b"localhost", "address": b"127.0.0.1"},
            ["127.0.0.1", "localhost", "helo.example"],
        ),
        # What Postfix makes up for mail that came by sendmail(1).
        ({"name": b"localhost", "port": 0, "address": b"127.0.0.1"}, ["", "", ""]),
    ],
)
def test_a_client_is_known_only_as_far_as_it_was_told(milter, milter_client, said, known):
    client = milter_client(milter, greets=False)
    client.negotiate()
    client.connect(**said)
    client.helo()
    assert client.message() == [b"a"]
    assert milter.taken()[-1]["client"] == known


def test_every_macro_is_kept(milter, milter_client):
    client = milter_client(milter, greets=False)
    client.negotiate()
    client.macros(b"C", b"j", b"mx.corp.example", b"{daemon_name}", b"smtpd", b"_", b"x" * 5000)
    client.connect()
    client.macros(b"H", b"{tls_version}", b"TLSv1.3", b"{cert_subject}", b"caf\xe9")
    client.helo()
    client.macros(b"M", b"{auth_authen}", b"ann", b"{mail_addr}", b"a@b.example")
    client.packet(b"M", b"<a@b.example>\0")
    client.macros(b"R", b"i", b"4ABC", b"{rcpt_addr}", b"accept@corp.example")
    client.packet(b"R", b"<accept@corp.example>\0")
    client.macros(b"E", b"i", b"4ABC")
    client.content()
    assert client.answer() == [b"a"]
    taken = milter.taken()[-1]
    assert taken["macros"] == {
        "j": "mx.corp.example",
        "daemon_name": "smtpd",
        "_": "x" * 1024,
        "tls_version": "TLSv1.3",
        "auth_authen": "ann",
        "mail_addr": "a@b.example",
        "i": "4ABC",
    }
    assert (taken["mta_id"], taken["tls"], taken["authenticated"]) == ("4ABC", "TLSv1.3", "ann")
    assert taken["protocol"] == "ESMTPSA"


def test_what_is_agreed_on_leaves_out_every_answer_that_nobody_needs(milter, milter_client):
    client = milter_client(milter, greets=False)
    actions, steps = client.negotiate()
    no_answer = {"connect": 0x1000, "helo": 0x2000, "mail": 0x4000, "rcpt": 0x8000}
    no_answer |= {"header": 0x80, "end of header": 0x40000}
    # libmilter leaves out the end of a message that comes along with an unanswered chunk.
    no_answer |= {"body": 0x80000} if milter.server == "own" else {}
    no_step = {"data": 0x200, "unknown": 0x100}
    assert steps == sum(no_answer.values()) + sum(no_step.values()) + 0x100000
    fields, body, add, remove, quarantine = 0x1 + 0x10, 0x2, 0x4 + 0x80, 0x8, 0x20
    reverse_path, symbols = 0x40, 0x100
    assert actions == fields + body + add + remove + quarantine + reverse_path + symbols


def test_a_mail_server_that_keeps_no_blanks_gets_one_and_is_told_none(milter, milter_client):
    client = milter_client(milter, greets=False)
    client.negotiate(steps=0x1FFFFF & ~0x100000)
    client.connect()
    client.envelope(b"<fields@corp.example>")
    client.content([(b"X-Pratique", b"forged"), (b"Subject", b"hi")])
    assert client.answer()[1:3] == [
        b"i\0\0\0\0X-Pratique-Long\0two\n\tfolded\0",
        b"i\0\0\0\0X-Pratique\0one\0",
    ]
    assert milter.taken()[-1]["content"].startswith(b"X-Pratique: forged\r\nSubject: hi\r\n\r\n")


# What is decided is told


@pytest.mark.parametrize(
    ("order", "heard"),
    [
        ("accept", [b"a"]),
        # The milter API wants "%" twice; Postfix says it once.
        ("reject", [b"y550 5.7.1 100%% refused\0"]),
        ("defer", [b"y451 4.7.1 come again\0"]),
        ("lines", [b"y550-5.7.1 one\r\n550 5.7.1 two\0"]),
        ("odd", [b"y550 5.7.1 a??b" + b"x" * 396 + b"\0"]),
        ("bare", [b"y450 4.3.0 no enhanced code\0"]),
        ("discard", [b"d"]),
        ("nobody", [b"d"]),
        ("without", [b"-<two@corp.example>\0", b"a"]),
        ("hold", [b"qa program, 100% ?\0", b"a"]),
        (
            "tagged",
            [
                b"-<tagged@corp.example>\0",
                b"2<plain@corp.example>\0NOTIFY=NEVER ORCPT=rfc822;x\0",
                b"+<also@corp.example>\0",
                b"e<tag=a@b.example>\0",
                b"a",
            ],
        ),
        ("empty", [b"b", b"a"]),
        ("half", [b"y451 4.3.0 local error\0"]),
        ("fail", [b"y451 4.3.0 local error\0"]),
    ],
)
def test_each_ending_is_said_as_the_protocol_wants_it(client, order, heard):
    assert client.message(f"<{order}@corp.example>".encode(), b"<two@corp.example>") == heard


CHGFROM, ADDRCPT, ADDRCPT_PAR = 0x40, 0x4, 0x80


@pytest.mark.parametrize(
    ("lacks", "heard"),
    [
        (CHGFROM, [b"-<tagged@corp.example>\0", b"2", b"+<also@corp.example>\0", b"a"]),
        (ADDRCPT | ADDRCPT_PAR, [b"e<tag=a@b.example>\0", b"a"]),
        (
            ADDRCPT_PAR,
            [b"-<tagged@corp.example>\0", b"+<pl", b"+<also@corp.example>\0", b"e<", b"a"],
        ),
    ],
)
def test_a_mail_server_is_asked_for_nothing_that_it_cannot_do(milter, milter_client, lacks, heard):
    client = milter_client(milter, actions=0x1FF & ~lacks)
    said = client.message(b"<tagged@corp.example>", b"<two@corp.example>")
    assert [each[: len(wanted)] for each, wanted in zip(said, heard, strict=True)] == heard


def test_fields_are_taken_away_from_the_last_and_put_in_front_in_order(client):
    client.envelope(b"<fields@corp.example>")
    client.content(FOREIGN)
    assert client.answer() == [
        b"m\0\0\0\2X-PRATIQUE\0\0",
        b"m\0\0\0\1x-pratique-b\0\0",
        b"m\0\0\0\1X-Pratique\0\0",
        b"i\0\0\0\0X-Pratique-Long\0 two\n\tfolded\0",
        b"i\0\0\0\0X-Pratique\0 one\0",
        b"a",
    ]


def test_a_recipient_is_taken_away_in_every_form_that_it_was_said_in(client):
    odd = b"<@relay.example:two@corp.example>"
    heard = client.message(b"<without@corp.example>", odd, b"<three@corp.example>")
    assert heard == [b"-<two@corp.example>\0", b"-" + odd + b"\0", b"a"]


def test_a_body_is_replaced_in_packets_that_every_mail_server_takes(client):
    *chunks, last = client.message(b"<body@corp.example>")
    assert last == b"a"
    assert {chunk[:1] for chunk in chunks} == {b"b"}
    assert max(map(len, chunks)) == 1 + 65_535
    assert b"".join(chunk[1:] for chunk in chunks) == b"new\r\n" * 30_000


TYPED = [(b"Subject", b" hi"), (b"content-type", b" a/b"), (b"Content-Type", b" c/d")]


def test_what_was_rewritten_is_told_as_fields_and_a_body(client):
    client.envelope(b"<anew@corp.example>")
    client.content(TYPED)
    assert client.answer() == [
        b"m\0\0\0\2Content-Type\0\0",
        b"i\0\0\0\0X-Front\0 1\0",
        b"hContent-Type\0 text/plain;\n\tcharset=utf-8\0",
        b"bnew body\r\n",
        b"a",
    ]


def test_what_was_rewritten_and_cannot_be_told_is_held_there_and_does_not_go_on(milter, client):
    client.envelope(b"<unsayable@corp.example>")
    client.content(TYPED)
    assert client.answer() == [b"qit cannot be changed as was decided\0", b"a"]
    assert "held by the mail server" in milter.logged()


def test_a_mail_server_that_cannot_edit_keeps_the_message(milter, milter_client):
    client = milter_client(milter, actions=0x2)
    assert client.message(b"<fields@corp.example>") == [b"y451 4.3.0 local error\0"]
    assert client.message(b"<hold@corp.example>") == [b"y451 4.3.0 local error\0"]
    assert client.message() == [b"a"]


def test_what_our_own_code_raises_is_in_the_log(milter, client):
    client.message(b"<fail@corp.example>")
    assert "ValueError: the taker fails" in milter.logged()


# Several messages


def test_one_connection_brings_several_messages(milter, client):
    before = len(milter.taken())
    orders = b"<accept@x>", b"<reject@x>", b"<discard@x>", b"<accept@x>"
    assert [client.message(order)[-1][:1] for order in orders] == [b"a", b"y", b"d", b"a"]
    taken = milter.taken()[before:]
    assert len({each["queue_id"] for each in taken}) == 4
    assert {each["content"] for each in taken} == {b"Subject: hi\r\n\r\nhello\r\n"}


def test_nothing_of_a_message_that_was_broken_off_is_in_the_next(milter, client):
    client.envelope(b"<gone@corp.example>", mail=(b"<old@b.example>",))
    client.field(b"Subject", b" old")
    client.packet(b"A")
    assert client.message() == [b"a"]
    taken = milter.taken()[-1]
    assert (taken["reverse_path"], taken["count"]) == ("a@b.example", 1)
    assert taken["content"] == b"Subject: hi\r\n\r\nhello\r\n"
