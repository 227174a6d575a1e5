"""Text that is more than text."""

import pytest

from pratique.scanners.text_signatures import detect, is_mailbox, is_message, is_text

EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("<html>", "text/html"),
        ("<!DOCTYPE HTML PUBLIC>", "text/html"),
        ("  \r\n\t<HTML>", "text/html"),
        ("\ufeff<html>", "text/html"),
        ("<!-- a comment -->\n<!-- another --><p>", "text/html"),
        ("<script>", "text/html"),
        ("<body onload='x'>", "text/html"),
        ("<html><head><HTA:APPLICATION id=x></head>", "application/hta"),
        ("<svg xmlns='x'>", "image/svg+xml"),
        ("<?xml version='1.0'?><!-- x --><svg>", "image/svg+xml"),
        ("<?xml version='1.0'?><x/>", "text/xml"),
        ("<?xml version='1.0'?><!DOCTYPE html><html>", "text/html"),
        ("#@~^AAAA==", "text/x-encoded-script"),
        ("[InternetShortcut]\r\nURL=x", "application/x-mswinurl"),
        (EICAR, "text/x-eicar"),
        ("-----BEGIN PGP MESSAGE-----", "application/pgp-encrypted"),
        ("(This file must be converted with BinHex 4.0)", "application/mac-binhex40"),
        ("plain", ""),
        ("", ""),
        ("<addr@example.com> wrote:", ""),
        ("<bold> is no tag", ""),
        ("I wrote <html> into it", ""),
        ("> -----BEGIN PGP MESSAGE-----", ""),
        ("I like <hta:application> not", ""),
        ("var x = 1;", ""),
        ("@echo off", ""),
        ("#!/bin/sh", ""),
    ],
)
def test_only_the_beginning_tells(text, type_):
    assert detect(text.encode()) == type_


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_read(charset):
    assert detect("<html><p>".encode(charset)) == "text/html"


@pytest.mark.parametrize(("comments", "type_"), [(8, "text/html"), (9, "")])
def test_only_so_many_comments_are_skipped(comments, type_):
    assert detect(b"<!-- x -->" * comments + b"<html>") == type_


@pytest.mark.parametrize(
    ("octets", "declared", "is_one"),
    [
        (b"text\r\n", False, True),
        ("テキスト".encode(), False, True),
        ("テキスト".encode("iso2022_jp"), False, True),
        ("テキスト".encode("cp932"), False, False),
        ("テキスト".encode("cp932"), True, True),
        (b"a\0b", True, False),
        (b"\1\2\3", True, False),
        (b"a" * 16_383 + "ü".encode(), False, True),
    ],
)
def test_text_is_what_has_characters_only(octets, declared, is_one):
    assert is_text(memoryview(octets), declared=declared) == is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("From: a@b.c\r\nSubject: x\r\n\r\nbody", True),
        ("Received: from x\r\n by y\r\nMessage-ID: <x>\r\n", True),
        ("From a@b.c Mon Jan 1\nFrom: a@b.c\nTo: b\n\n", True),
        ("Subject: only one field", False),
        ("Dear friends,\r\nFrom: x\r\nTo: y", False),
        ("", False),
        ("Content-Type: text/plain\r\n\r\nbody", True),
        ("MIME-Version: 1.0\r\n\r\nbody", True),
        ("Dear friends,\r\nContent-Type: text/plain\r\n", False),
        ("X-A: 1\r\n" * 998 + "From: x\r\nTo: y\r\n", True),
        ("X-A: 1\r\n" * 999 + "From: x\r\nTo: y\r\n", False),
        ("X-A: " + "b" * 17_000 + "\r\nFrom: x\r\nTo: y\r\n", True),
        ("X-A: " + "b" * 65_536 + "\r\nFrom: x\r\nTo: y\r\n", False),
    ],
)
def test_a_message_begins_with_fields_that_are_known(text, is_one):
    assert is_message(memoryview(text.encode())) == is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("From a Jan 1\nTo: a\n\nbody\n\nFrom b Jan 1\nTo: b\n\nbody\n", True),
        ("From a Jan 1\r\nTo: a\r\n\r\nbody\r\n\r\nFrom b Jan 1\r\nTo: b\r\n", True),
        ("From a Jan 1\nTo: a\n\nbody\n\nFrom here on\nnothing follows.\n", False),
        ("From a Jan 1\nTo: a\n\nbody\nFrom b Jan 1\nTo: b\n", False),
        ("To: a\n\nbody\n\nFrom b Jan 1\nTo: b\n", False),
        ("", False),
    ],
)
def test_a_mailbox_has_a_second_message(text, is_one):
    assert is_mailbox(memoryview(text.encode())) == is_one
