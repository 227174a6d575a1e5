"""What Apple Mail keeps of a message."""

NAME = ""


def good(text: bytes) -> bytes:
    return b"%-10d\n" % len(text) + text


def broken(text: bytes) -> bytes:
    return good(text)[:-20]
