"""Read and write what crosses the wall: frames, and descriptors beside them.

A frame is four octets of length (network order, counting what follows) and one
protobuf message of `wall.proto`.  The length arrives before a single octet that it
counts, so it is checked before it is believed; nothing is ever unpickled.  A
descriptor travels with the first octet of the frame it belongs to (SCM_RIGHTS).

Both sides use this file: the far side blocks on its socket, the near side reads with
asyncio and only needs `encode`, `length_of` and `decode`.
"""

import array
import socket

from google.protobuf.message import DecodeError

from pratique.scanners.wall_pb2 import Answer, Inspect, Request

# Raised by one when a reader of the former format would misread the new one.
FORMAT = 2

LENGTH_OCTETS = 4

# The largest honest frame holds the facts of one header: five address lists of 64 KB,
# each address with its domain, its name and the raw octets of it.
MAX_FRAME = 2 * 1024 * 1024

# A spawned worker comes with its socket, its pidfd and its page.
MAX_DESCRIPTORS = 3

# What one look hands out for outside programs.  Parts: each costs a sandbox, 40 ms at
# least, and mail with more archives in forms that we do not read is not honest mail.
# Octets: what one part may have (budget.py); they are kept until all else is seen.  Words:
# a program takes 0.1 s to refuse a wrong one.
HAND_OUT_PARTS = 8
HAND_OUT_OCTETS = 64 * 1024 * 1024
HAND_OUT_WORDS = 20

# What one look hands out for engines: parts that they do not reach in the message, or the
# outermost ones.  Parts: each is a question of 0.2 ms, so half a second of a message's time.
# Octets: each lies in memory until an engine has looked; twice what one part may have.
SHOWN_PARTS = 1000
SHOWN_OCTETS = 128 * 1024 * 1024

# The archives that programs made of them, beside the message: two looks hand out, and so
# many descriptors are free in a worker (confine.py).
MAX_EXTRAS = 2 * HAND_OUT_PARTS


# The tag of `Answer.found`: its number, and that a length follows (protobuf.dev, encoding).
_FOUND = bytes([Answer.FOUND_FIELD_NUMBER << 3 | 2])
_INSPECT = bytes([Request.INSPECT_FIELD_NUMBER << 3 | 2])


class FrameError(Exception):
    """The other side sent what no honest side sends."""


def encode(message: Request | Answer) -> bytes:
    """The frame of a message."""
    body = message.SerializeToString()
    if len(body) > MAX_FRAME:
        raise FrameError(f"frame of {len(body)} octets, limit is {MAX_FRAME}")
    return len(body).to_bytes(LENGTH_OCTETS, "big") + body


def encode_found(facts: bytes) -> bytes:
    """The frame of an answer with facts that are serialized already."""
    return _frame_of(_FOUND, facts)


def encode_inspect(inspect: Inspect) -> bytes:
    """The frame of a request to see a message, without a copy of it in between."""
    return _frame_of(_INSPECT, inspect.SerializeToString())


def _frame_of(tag: bytes, body: bytes) -> bytes:
    """The frame of a message with one field: its tag, and what it holds."""
    length, size = bytearray(), len(body)
    while size >= 0x80:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    octets = len(tag) + len(length) + len(body)
    if octets > MAX_FRAME:
        raise FrameError(f"frame of {octets} octets, limit is {MAX_FRAME}")
    return b"".join((octets.to_bytes(LENGTH_OCTETS, "big"), tag, length, body))


def length_of(head: bytes | bytearray) -> int:
    """How many octets follow a frame's four octets of length."""
    length = int.from_bytes(head, "big")
    if not 1 <= length <= MAX_FRAME:
        raise FrameError(f"frame of {length} octets, limit is 1 to {MAX_FRAME}")
    return length


def decode_answer(body: bytes) -> Answer:
    """The answer that a frame's body holds."""
    try:
        return Answer.FromString(body)
    except DecodeError as error:
        raise FrameError(f"not an answer: {error}") from error


def send(connection: socket.socket, message: Request | Answer, *descriptors: int) -> None:
    """Send a frame, with descriptors beside its first octet; blocks until it is out."""
    frame = memoryview(encode(message))
    sent = socket.send_fds(connection, [frame], descriptors) if descriptors else 0
    connection.sendall(frame[sent:])


def receive(
    connection: socket.socket, most: int = MAX_DESCRIPTORS
) -> tuple[bytes, list[int]] | None:
    """The next frame's body and the descriptors beside it; None at the end of the stream."""
    head, descriptors = received(connection, LENGTH_OCTETS, most)
    if not head:
        return None
    head += _exactly(connection, LENGTH_OCTETS - len(head))
    return _exactly(connection, length_of(head)), descriptors


def received(
    connection: socket.socket, octets: int, descriptors: int, flags: int = 0
) -> tuple[bytes, list[int]]:
    """At most so many octets, and so many descriptors beside them, as one read gives them.

    As `socket.recv_fds`, which does not listen to flags, and whose descriptors each program
    inherits that is started here.
    """
    found = array.array("i")
    room = socket.CMSG_LEN(descriptors * found.itemsize)
    came, beside, _, _ = connection.recvmsg(octets, room, flags | socket.MSG_CMSG_CLOEXEC)
    for level, kind, carried in beside:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(carried[: len(carried) // found.itemsize * found.itemsize])
    return came, found.tolist()


def _exactly(connection: socket.socket, count: int) -> bytes:
    octets = bytearray()
    while len(octets) < count:
        chunk = connection.recv(count - len(octets))
        if not chunk:
            raise FrameError(f"stream ends {count - len(octets)} octets before its frame")
        octets += chunk
    return bytes(octets)
