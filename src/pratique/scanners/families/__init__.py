"""Names that engines give become families, whatever engine it is: words only, no file.

grammar.py   which word of a name is the family, by the forms that makers use
table.py     families that have several names
known.py     START HERE: both together, and what an admin adds

The front of the wall knows this room too: it hears names from engines.  So nothing here reads
a file or a message; it turns one short text into another.
"""
