"""Pages that hold a file, as smugglers write them."""

from base64 import b64encode


def good(text: bytes) -> bytes:
    """A link that saves the file."""
    written = b64encode(text).decode()
    return f'<html><a download="fox.txt" href="data:text/plain;base64,{written}">'.encode()


def bomb() -> bytes:
    """More literals than anybody looks through, each another."""
    literals = (b64encode(b"%060d" % number) for number in range(10_001))
    return b"<script>x('" + b"');x('".join(literals) + b"')</script>"
