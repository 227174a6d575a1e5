"""Name the three ways in which an engine does not answer; each says what happened, in words."""


class Away(Exception):  # noqa: N818 - the world's fault, like OSError
    """Nobody listens there, or has room; of the message that says nothing."""


class Closed(Exception):  # noqa: N818 - likewise
    """It closed before it answered: it ended, or was ended."""


class NoAnswer(Exception):  # noqa: N818 - what the other side did, not an error of ours
    """What came is no answer, or says that it failed; says what came."""
