"""What scanners of documents and shortcuts share.

stated.py          a finding, with what was seen of it in a note
commands.py        what a command does, and where a path leads
shortcut_texts.py  shortcuts that are texts
pdf_actions.py     what a PDF does
scripts.py         what a document's JavaScript does
"""
