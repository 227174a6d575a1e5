"""Recognize our own mail when it comes back: what is stamped on it, what is remembered of it.

A bounce proves that it is genuine by what it brings back, which only our mail had:

ledger.py     START HERE: what was sent, as the proof of a bounce asks for it
watermark.py  a header field that nobody else can make
batv.py       a tag in the reverse-path that nobody else can make
tags.py       that tag put on where mail goes out, and taken off where it comes back
our_mail.py   both, as a process has them open
stamping.py   what is put in front of an outgoing message, and recorded of it
since.py      since when mail is stamped
keys.py       the keys of both: several at once, the first signs
keyring.py    these and the ledger's, read once and handed to all doors of a service
day.py        days since 1970, and how long a stamp holds
names.py      addresses and Message-IDs as they are compared; domains.py which are ours

The ledger of a service is in a folder, one file per day:

kept.py       KeptLedger: written to by all doors, never in the way of a message
writer.py     the one thread of a process that writes
backlog.py    what waits for that thread, within bounds
settling.py   telling those who wait for a row, each in its own loop
day_file.py   today's file: laid out, written to, set aside when damaged
reading.py    queries over the files of all days
rows.py       what stands in them: keyed hashes, and nobody's address
whole.py      since when it has everything that was sent
stated.py     a ledger that an admin wrote by hand, for `inspect --ledger`
"""
