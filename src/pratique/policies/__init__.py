"""DECIDE: turns facts into a verdict by rules that a mail admin wrote.

policy.py      START READING HERE: Policy.load(text), Policy.decide(facts, recipient) -> Verdict
together.py    conditions are asked at once where none of them holds
likeness.py    what they answered is remembered for messages of one sort
verdict.py     Action, Verdict: what was decided, and by which rule
danger.py      which parts reach a policy when a message has too many

condition.py   the one file that runs CEL: compiles and evaluates a rule's `when`
calls.py       calls with an argument that is written out, so that CEL need not hand it over
tree.py        reads a compiled condition: what CEL lets pass and could never hold
vocabulary.py  which words a field of the facts can hold

check.py       what is wrong with a policy, in the admin's words: file, line, column
unseen.py      a smallest message for each class of what was not seen
hints.py       what CEL says against a condition, in an admin's words
dialects.py    what other languages call what CEL has another word for
forgeable.py   rules that a stranger opens by writing a known name
ways.py        in which ways a condition can hold, and what each rests on
wholeness.py   whether a text names one owner, or lets others in
words_of_strangers.py  which texts a stranger writes as he likes, and what proves who he is
trial.py       runs the tests that stand in a policy

rule.py        the nouns: Rule, Example
edits.py       what a rule takes out of a message
rules.py       reads the rules out of TOML
examples.py    reads a rule's tests out of TOML
reading.py     a policy being read: values, places, problems
places.py      where in a TOML file each key and value stands
problem.py     one thing that is wrong, and how it is shown

shipped/       policies to start from, each with its tests; shipped/mail/ their messages
"""
