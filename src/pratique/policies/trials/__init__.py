"""Run the tests that stand in a policy, and find out how much they would notice.

trial.py     runs the tests that stand in a policy
coverage.py  which rules, and which sides of their conditions, the tests ask for
altered.py   a condition with one slip in it
mutants.py   policies with one slip each, and which of them the tests notice
"""
