"""DECIDE: turns facts into a verdict by rules that a mail admin wrote.

policy.py      START READING HERE: Policy.load(text), Policy.decide(facts, recipient) -> Verdict
verdict.py     Action, Verdict: what was decided, and by which rule
danger.py      which parts reach a policy when a message has too many
check.py       what is wrong with a policy, in the admin's words: file, line, column
explain.py     why a verdict is what it is: rules that were asked, and the one that decided

written/       what an admin wrote: TOML becomes rules, tests and problems
language/      conditions: CEL over the facts, with functions of our own
lists/         named lists, and groups of recipients
asking/        evaluating the conditions of a policy, as few as possible
checks/        rules that never apply, and rules that let anybody in
hints/         what would be right
trials/        the tests that stand in a policy, and how much they notice
why/           what a verdict rests on, and what would have changed it

shipped/       policies to start from, each with its tests; shipped/mail/ their messages
"""
