"""Hold named lists and groups of recipients: who stands on one, since when, and who says so.

lists.py      reads named lists, and groups of recipients, out of TOML
list_text.py  reads the file of a list
named.py      the nouns List, Entry; a million entries that are small
entries.py    what an entry is, by kind, and what it is met by
listed.py     what is asked of lists, networks and groups and can never have an answer
"""
