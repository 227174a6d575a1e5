"""Ask for each macro that a mail server may know, and keep what it says.

A macro is a name and a value: something the mail server knows of a connection or a message.
Postfix sends few of them unasked (milter_connect_macros and so on); SMFIF_SETSYMLIST
asks for all, Sendmail's included, since a mail server that lacks one just leaves it out.

{rcpt_addr}, {rcpt_host} and {rcpt_mailer} are not asked for: they come anew with each
recipient, and a message has one set of macros.  The addresses come with RCPT anyway.
"""

from collections.abc import Callable, Mapping

# No name, address or certificate subject is longer.
MAX_VALUE = 1024

CONNECT = (
    "j v _ {daemon_name} {daemon_addr} {daemon_port} {if_name} {if_addr} {client_addr} "
    "{client_connections} {client_name} {client_port} {client_ptr} {client_resolve}"
)
HELO = "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}"
MAIL = "i {auth_type} {auth_authen} {auth_author} {auth_ssf} {mail_addr} {mail_host} {mail_mailer}"
# Postfix opens the queue file at the first recipient, not at MAIL.
LATER = "i"

# As they are asked for, and as they are kept: without braces.
_NAMES = {name: name.strip("{}") for name in " ".join((CONNECT, HELO, MAIL, LATER)).split()}


def macros(value_of: Callable[[str], str | None]) -> tuple[tuple[str, str], ...]:
    """Return all macros that have a value, by their names without braces."""
    found = []
    for asked, name in _NAMES.items():
        try:
            value = value_of(asked)
        except UnicodeDecodeError:
            continue
        if value:
            found.append((name, value[:MAX_VALUE]))
    return tuple(found)


def protocol(parameters: tuple[str, ...], known: Mapping[str, str]) -> str:
    """Return the protocol by which the message came (RFC 3848, RFC 6531 4.3).

    A milter is not told whether a client said HELO or EHLO.
    """
    utf8 = any(each.upper() == "SMTPUTF8" for each in parameters)
    tls = "S" if known.get("tls_version") else ""
    authenticated = "A" if known.get("auth_authen") else ""
    return f"{'UTF8SMTP' if utf8 else 'ESMTP'}{tls}{authenticated}"
