"""Facts and verdict of every message, a file a day, so that `why` can answer afterwards.

entry.py           what is kept of one message
record.py          an entry as octets, and back
shape.py           whether what was read of a record is an entry's
journal.py         Journal: takes entries, never waits, never raises; one thread writes
backlog.py         what waits for the writer, within bounds
troubles.py        what went wrong, told once and counted
turns.py           one lock and one transaction, also of the ledger of sent mail
day_file.py        one SQLite file: opened, written to, set aside when damaged
days.py            which file a moment belongs to, and which files are too old
reading.py         entries are found by an id, or read one after the other
pages.py           records are read by pages, for a replay
glance.py          as much of a record as a replay needs
privacy.py         subjects and addresses become keyed hashes
privacy_fields.py  how each text of the facts is treated then
privacy_signs.py   which texts may name a person or quote the subject
key.py             the key of these hashes
"""
