"""Keep rows in a folder, a file a day: what the journal and the ledger of sent mail share.

day_folder.py  the folder: one at a time opens a file, lays it out, sets it aside
days.py        which file a moment belongs to, and which files are too old
turns.py       one lock and one transaction
troubles.py    what went wrong, told once and counted
key.py         the key of the hashes in them
"""
