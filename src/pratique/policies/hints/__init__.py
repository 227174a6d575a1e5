"""Say what would be right, for admins who come from another language or mail filter.

hints.py       what CEL says against a condition, in an admin's words
types_told.py  what would be right where types do not go together
dialects.py    what other languages call what CEL has another word for
foreign.py     what names of other mail filters stand for, by the words in them
"""
