"""Facts and verdict of every message, a file a day, so that `why` can answer afterwards.

entry.py           what is kept of one message
record.py          an entry as octets, and back
shape.py           whether what was read of a record is an entry's
journal.py         Journal: takes entries, never waits, never raises; one thread writes
backlog.py         what waits for the writer, within bounds
day_file.py        one SQLite file: opened, written to, set aside when damaged
reading.py         entries are found by an id, or read one after the other
pages.py           records are read by pages, for a replay
glance.py          as much of a record as a replay needs
privacy.py         subjects and addresses become keyed hashes
privacy_fields.py  how each text of the facts is treated then
privacy_signs.py   which texts may name a person or quote the subject

What it shares with the ledger of sent mail (its folder, its days, its key) is in stores/.
"""
