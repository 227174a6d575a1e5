"""Which words of a message may be passwords, for keys.py.

words.py       what passwords are called, in each language: the table to add to
page.py        HTML to the text that it shows, with what it emphasises
reading.py     octets to text, in each charset that they may be in
marks.py       quotes, brackets and the single tokens of a text
candidates.py  the words of a text, a subject, a file name, by how likely they open something
"""
