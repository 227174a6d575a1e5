"""Say whose fault it is that no worker can look at a message."""


class NurseryLost(Exception):
    """The nursery ended or does not answer; messages in its workers were not inspected."""


class NurseryUnfit(Exception):
    """The nursery could not load what the settings name."""
