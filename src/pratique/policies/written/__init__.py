"""Read what an admin wrote: TOML becomes rules, lists of orders, tests and problems.

Nothing is repaired and nothing is guessed; each complaint has its place.

rule.py       the nouns: Rule, Example
rules.py      reads the rules out of TOML
keys.py       which keys there are, and what else admins write for them
orders.py     reads what a rule orders
addresses.py  which texts are addresses that a policy may send to
terms.py      reads on which terms a rule holds: mode, until, reply
edits.py      what a rule takes out of a message
sequence.py   comparing the rules: names and order
includes.py   a policy made of several texts
overrides.py  changes to rules of included policies
examples.py   reads a rule's tests out of TOML
reading.py    a policy being read: values, places, problems
places.py     where in a TOML file each key and value stands
problem.py    one thing that is wrong, and how it is shown
beside.py     the texts that a policy names: other policies, files of lists
schema.py     a policy as a JSON Schema, for editors
"""
