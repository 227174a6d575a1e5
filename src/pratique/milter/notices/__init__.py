"""Tell somebody of ours by a short mail: what a rule wants told, and alerts.

    notices.py   START HERE: what became of a message is looked at, and told where a rule says so
    wording.py   what is said of a message, and of an alert
    letter.py    the mail itself, octet by octet
    own_ids.py   our own notices are known again when they come back
    rate.py      so many an hour, and the rest is counted
    writer.py    a thread puts notices into the outbox, and no message waits for it
    outbox.py    the folder: files that are on the disk before anything is sent
    dispatch.py  one process of all sends them, again and again for a day

A notice never holds up a message and never changes its reply.  It has a null reverse-path
(RFC 5321 4.5.5) and says that nobody need answer (RFC 3834 5): it makes no bounce.
"""
