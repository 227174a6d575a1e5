"""Say whose fault it is that nobody can look at a message."""


class NurseryLost(Exception):  # noqa: N818 - the world's fault, like OSError
    """The nursery ended or does not answer; whatever was in its workers is not seen."""


class NurseryUnfit(Exception):  # noqa: N818 - the admin's fault: a rule file, a setting
    """The nursery could not load what the settings name."""
