"""Decide messages again under another policy, and say which would have been treated otherwise.

sides.py       which policies: by a file, a shipped name, a hash that was once in force
treatment.py   what a verdict does to a message for a recipient, and in which words
tally.py       messages are counted by how they were treated, and how they would be
deciding.py    one message: what is compared with what
stretches.py   the journal is cut into stretches, and one of them is counted
replay.py      stretches are counted in several processes at once
shadows.py     what was in the shadow is held against what was in force
mails.py       the messages of a folder, seen by workers
unsure.py      which rules read what a hashed journal does not keep
"""
