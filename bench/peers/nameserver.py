"""Answer every question on a UDP port of 127.0.0.1 with NXDOMAIN, at once (RFC 1035 4.1.1)."""

import socket
import sys

HEADER, RESPONSE_NXDOMAIN = 12, b"\x81\x83"


def answer(question: bytes) -> bytes:
    """The answer: the same identity and question, nothing else."""
    end = HEADER
    while end < len(question) and question[end]:
        end += question[end] + 1
    asked = question[HEADER : end + 5]  # the root label, type and class
    return question[:2] + RESPONSE_NXDOMAIN + b"\0\1\0\0\0\0\0\0" + asked


def main(port: int) -> None:
    """Serve until killed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", port))
        while True:
            question, client = listener.recvfrom(4096)
            if len(question) > HEADER:
                listener.sendto(answer(question), client)


if __name__ == "__main__":
    main(int(sys.argv[1]))
