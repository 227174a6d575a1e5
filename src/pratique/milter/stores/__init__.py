"""Keep rows in a folder, one file per day: what the journal and the ledger of sent mail share.

day_folder.py  the folder: one process at a time opens a file, lays it out, sets it aside
days.py        which file a moment belongs to, and which files are too old
turns.py       one lock, for tables of fixed size elsewhere as well, and one transaction
troubles.py    what went wrong, reported once and counted
key.py         the key of the hashes in them
"""
