"""Hold named lists and groups of recipients: who is on one, since when, and who says so.

lists.py      reads named lists, and groups of recipients, out of TOML
list_text.py  reads the file of a list
named.py      the nouns List, Entry; a million entries in little memory
entries.py    what an entry is, by kind, and what it matches
listed.py     questions about lists, networks and groups that can never have an answer
"""
