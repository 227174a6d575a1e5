"""What pages hold as text.

text.py       a page's text, by its charsets
data_uris.py  data: URIs as browsers forgive them
literals.py   the literals of scripts; disguised.py what they are behind a simple disguise
names.py      what a script would call the file that it saves
"""
