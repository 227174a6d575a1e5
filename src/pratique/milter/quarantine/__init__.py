"""Held messages: one folder each, which is the truth, and an index beside them.

store.py       Quarantine: hold, list, show, release, delete, expire, reindex
record.py      what is kept with a held message, and how it is written
facts_kept.py  the facts in there, whatever a worker said
state.py       held, releasing, released, unsure: where a message stands
folders.py     one folder a message, its lock, and how it appears and goes as a whole
release.py     one release, so that no crash makes two of it
tokens.py      the one-time token that lets a released message pass our own doors
bound.py       the one message that a token opens for
summary.py     one row of the list
index.py       an SQLite table that only makes things faster
schema.py      that table; migrating.py brings one of an earlier version on, by migrations/
migrations/    Alembic's steps, run when the index is opened
"""
