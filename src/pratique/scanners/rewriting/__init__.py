"""Edits on the content of a message; `rewrite.py` beside this folder is where they begin.

recipe.py    the nouns: how the new content is put together, and why it is not
outline.py   the entities of a message as a tree, in the standard reading
strip.py     parts are taken out, all other octets stay
rebuild.py   the message is written anew
fields.py    header fields: which stay as they are, and how new ones are written
encode.py    transfer encodings, the other way round
note.py      what stands in the place of a part
"""
