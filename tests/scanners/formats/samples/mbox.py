"""Mailboxes, whose messages stand one behind the other."""

NAME = ""
# The first message is another.
ALONE = False


def mbox(*messages: bytes) -> bytes:
    return b"".join(b"From ann@example.org Mon Mar  2 09:00:00 2026\n" + one for one in messages)


def good(text: bytes) -> bytes:
    return mbox(b"Subject: a\n\nhello\n\n", text)


def bomb() -> bytes:
    """As many messages as the walk counts, which stops at the limit of parts."""
    return mbox(*[b"Subject: a\n\n\n"] * 20_000)
