"""An XML file that holds another in base64."""

from base64 import b64encode


def good(text: bytes) -> bytes:
    """The file in an element whose attribute has its name."""
    head = b'<?xml version="1.0"?><a><binary filename="fox.txt">'
    return head + b64encode(text) + b"</binary></a>"
