"""Tell where a held message stands, and how it came there.

Each recipient of a held message is in one of three places: *waiting* for somebody to
decide, *sending* while a release is under way, or *released*.  The stage of the whole
follows: `releasing` while anybody is in sending, else `held` while anybody waits.  Of a
message that went on without some of its parts the original is kept: for its recipients it
waits as a held one does, but nobody has to decide, so its stage is `kept_original`.

Sending is on the disk before the first octet goes out.  Who finds it there, while
nobody holds the folder's lock, knows that a release was cut off and cannot know
whether the message went out: it is *unsure*.  That word is never written: it follows
from what is written and from who is alive.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

FORMAT = 1

# Each release adds two steps; somebody who tries a hundred times has a script that
# loops, and the file must not grow without end.  The oldest go first.
MOST_STEPS = 200


class Stage(StrEnum):
    """Where a message stands."""

    HELD = "held"
    # As it came; what was made of it was delivered.
    KEPT = "kept_original"
    RELEASING = "releasing"
    RELEASED = "released"
    # Found, not written: `releasing`, and nobody is at it.
    UNSURE = "unsure"
    # Found, not written: the folder cannot be read.
    DAMAGED = "damaged"


class Did(StrEnum):
    """What a step did."""

    HELD = "held"
    KEPT = "kept_original"
    SENDING = "sending"
    RELEASED = "released"
    REFUSED = "refused"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done with a held message."""

    did: Did
    at: datetime
    who: str = ""
    recipients: tuple[str, ...] = ()
    # What the next hop said, where it was asked.
    reply: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Where each recipient is, and the steps so far."""

    waiting: tuple[str, ...] = ()
    sending: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    # The original of a message that was changed and delivered.
    kept: bool = False
    # SHA-256 of the octets of the file `record`; empty: an earlier version did not know it.
    record_sha256: str = ""

    @property
    def recipients(self) -> frozenset[str]:
        """All of them, wherever they are."""
        return frozenset((*self.waiting, *self.sending, *self.released))

    @property
    def stage(self) -> Stage:
        """The stage as far as it is written: never unsure, never damaged."""
        if self.sending:
            return Stage.RELEASING
        waits = Stage.KEPT if self.kept else Stage.HELD
        return waits if self.waiting else Stage.RELEASED

    def with_sending(self, addresses: Iterable[str]) -> "State":
        """These recipients are being sent the message, wherever they were before."""
        moved = tuple(addresses)
        return replace(self._without(moved), sending=(*_less(self.sending, moved), *moved))

    def with_released(self, addresses: Iterable[str]) -> "State":
        """These recipients have the message."""
        moved = tuple(addresses)
        return replace(self._without(moved), released=(*_less(self.released, moved), *moved))

    def then(self, step: Step) -> "State":
        """The same with one more step."""
        return replace(self, steps=(*self.steps, step)[-MOST_STEPS:])

    def _without(self, moved: tuple[str, ...]) -> "State":
        return replace(
            self,
            waiting=_less(self.waiting, moved),
            sending=_less(self.sending, moved),
            released=_less(self.released, moved),
        )

    def to_json(self) -> dict[str, Any]:
        """As it is written and shown; `state` is for who reads it, and never read back."""
        return {
            "format": FORMAT,
            "state": str(self.stage),
            "waiting": list(self.waiting),
            "sending": list(self.sending),
            "released": list(self.released),
            "steps": [_step_to_json(step) for step in self.steps],
            "kept_original": self.kept,
            "record_sha256": self.record_sha256,
        }

    def encode(self) -> bytes:
        """The octets of the file `state`."""
        return (json.dumps(self.to_json(), indent=1) + "\n").encode("ascii")

    @classmethod
    def decode(cls, octets: bytes) -> "State":
        """Read the file `state`; ValueError if it is none of ours."""
        try:
            return _state_from_json(json.loads(octets))
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a state: {error!r}") from error


def _less(addresses: tuple[str, ...], moved: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(address for address in addresses if address not in moved)


def _state_from_json(written: dict[str, Any]) -> State:
    if written["format"] != FORMAT:
        raise ValueError(f"a state of format {written['format']}, not {FORMAT}")
    return State(
        tuple(written["waiting"]),
        tuple(written["sending"]),
        tuple(written["released"]),
        tuple(_step_from_json(step) for step in written["steps"]),
        # What earlier versions wrote has no such words.
        written.get("kept_original", False) is True,
        str(written.get("record_sha256", "")),
    )


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "did": str(step.did),
        "at": step.at.isoformat(),
        "who": step.who,
        "recipients": list(step.recipients),
        "reply": step.reply,
    }


def _step_from_json(written: dict[str, Any]) -> Step:
    return Step(
        Did(written["did"]),
        datetime.fromisoformat(written["at"]),
        written["who"],
        tuple(written["recipients"]),
        written["reply"],
    )
