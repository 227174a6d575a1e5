"""Name the three ways in which an engine does not answer; each says what happened, in words."""


class Away(Exception):
    """Nobody listens there, or has room; of the message that says nothing."""


class Closed(Exception):
    """It closed before it answered: it ended, or was ended."""


class NoAnswer(Exception):
    """What came is no answer, or says that it failed; says what came."""
