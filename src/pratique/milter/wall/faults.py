"""Say whose fault it is that nobody can look at a message."""


class NurseryLost(Exception):
    """The nursery ended or does not answer; whatever was in its workers is not seen."""


class NurseryUnfit(Exception):
    """The nursery could not load what the settings name."""
