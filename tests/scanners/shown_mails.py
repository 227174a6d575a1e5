"""Mails of which engines are shown something, and an ear for what is handed out of them."""

import io
import zipfile
from base64 import encodebytes

TEXT = b"The quick brown fox jumps over the lazy dog.\r\n" * 20
HEAD = b"Received: by mx.example\r\nSubject: x\r\n"


def mail(*leaves, head=HEAD):
    body = b"".join(b"--b\r\n" + leaf + b"\r\n" for leaf in leaves)
    return head + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body + b"--b--\r\n"


def attached(octets):
    head = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + encodebytes(octets).replace(b"\n", b"\r\n")


def zipped(octets, *, large=False):
    """In a zip; `large`: with sizes of 64 bits."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.txt", "w", force_zip64=large) as member,
    ):
        member.write(octets)
    return made.getvalue()


class Heard:
    """Puts the pieces together."""

    def __init__(self):
        self.handed, self.sizes = [], []
        self.findings, self.limits, self.failures = [], [], []

    def started(self, name, part):
        pass

    def found(self, found):
        self.limits += [(limit.class_, limit.part) for limit in found.limits]
        self.failures += found.failures
        self.findings += [(one.scanner, one.name) for one in found.findings]

    def handed_out(self, handed):
        assert handed.shown
        if not self.handed or len(self.handed[-1]) == self.sizes[-1]:
            self.handed.append(bytearray())
            self.sizes.append(handed.size)
        self.handed[-1] += handed.octets
