"""Know the language of conditions: CEL over the facts, with functions of our own.

`condition.py` is the one file that runs CEL.  The files around it make it cheap, translate
units, and read what a condition asks for.

condition.py   the one file that runs CEL: compiles and evaluates a rule's `when`
calls.py       calls with literal arguments, so that CEL need not hand them over
functions.py   what these answer
searches.py    kinds and names among all parts, regular expressions
texts.py       tells the texts in a condition from everything else
units.py       `10MB` and `7d` in conditions
vocabulary.py  which words a field of the facts can hold
tree.py        reads a compiled condition: what CEL lets pass but no field could ever hold
reads.py       what a condition reads, so that it need not be asked again
clauses.py     cuts a condition at `&&`, `||` and `!`
"""
