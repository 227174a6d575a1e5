"""Know a message again when its client sends it once more.

Of a retry all octets are the same, with one exception: a mail server in front of us that
passes a message on before it has said 250 (Postfix, smtpd_proxy_filter) puts a Received
field of its own in front of each try, with another time in it (RFC 5321 4.4).  So the
first field, if it is Received, does not count.

Nothing else is left out.  Without Message-ID and Date, which a Postfix adds to mail of its
own hosts, two mails of one script that have the same to say each night would be one.
"""

import hashlib
import re

from pratique.milter.mail import Content

# A field with its folds; a line of nothing but blanks ends the header for some readers.
_FIRST = re.compile(
    rb"Received:[^\r\n\0]*+\r\n(?>[ \t]++[^ \t\r\n\0][^\r\n\0]*+\r\n)*+", re.IGNORECASE
)
# Postfix's own has some 300 octets.  A longer one counts in part, and then a retry is not
# known again: nobody loses anything by that.
MOST = 4096


def identity_of(content: Content) -> str:
    """What is equal for all tries of one message, and for nothing else."""
    first = _FIRST.match(content.peek(0, MOST))
    digest = hashlib.sha256()
    for chunk in content.span(first.end() if first else 0, content.size):
        digest.update(chunk)
    return digest.hexdigest()
