"""What pages hold as text.

text.py       a page's text, by its charsets
data_uris.py  data: URIs as browsers forgive them
literals.py   the literals of scripts; disguised.py what they are behind a simple disguise
names.py      what a script would call the file that it saves
tags.py       the tags of a page, as a browser's tokenizer reads them
behaviour.py  what a page does when it is opened
"""
