"""An appointment with a file attached."""

from base64 import b64encode


def good(text: bytes) -> bytes:
    """The file in base64, folded after 75 octets (RFC 5545 3.1)."""
    line = b"ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=fox.txt:" + b64encode(text)
    folded = b"\r\n ".join(line[at : at + 74] for at in range(0, len(line), 74))
    begin = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"
    return begin + folded + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
