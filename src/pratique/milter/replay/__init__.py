"""Decide messages again under another policy, and say which would be treated differently.

sides.py       which policies: by a file, a shipped name, a hash that was once in force
treatment.py   what a verdict does to a message for a recipient, and in which words
tally.py       counting messages by how they were treated, and how they would be
deciding.py    one message: what is compared with what
stretches.py   cutting the journal into stretches, and counting one of them
replay.py      counting stretches in several processes at once
shadows.py     comparing what was in the shadow with what was in force
mails.py       the messages of a folder, scanned by workers
unsure.py      which rules read what a hashed journal does not keep
"""
