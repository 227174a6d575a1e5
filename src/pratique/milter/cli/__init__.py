"""The command line, one file a command.

main.py        the group and what all commands share: which configuration
session.py     the settings that the admin chose, read when a command needs them
serve.py       take mail
reload.py      have the running service take new settings
inspect.py     look at messages without acting
report.py      what `inspect` says as JSON: a contract that others rely on
tree.py        what `inspect` says to a person; origin.py whom a message is from, marks.py how a
               stranger's text stands there
quarantine.py  look at held messages and decide
quarantine_shown.py   how a held message is shown
why.py         why a message went the way it went; decided.py: by which rule of then
               why_shown.py, why_json.py: what the journal keeps of it
               reasons.py explains its verdicts; proof_shown.py says that to a person,
               proof_json.py to a program, proof_words.py has the words of both
policy.py      the group of what is done with policies; policy_check.py says what is wrong with
               one (policy_formats.py: for whom), policy_schema.py to an
               editor, policy_test.py runs its tests (policy_test_shown.py: what came of them),
               policy_versions.py shows what was in force
policy_replay.py decides the journal again by other policies; replay_shown.py says what came of it
lists.py       build, check and show lists of hashes, and add to them
rules.py       check YARA rules, and time them
scanner.py     try scanners of one's own, and list all
config.py      check the configuration
keys.py        make and list the keys that sign what we send
doctor.py      look at the whole wiring, and say what is wrong
screen.py      show a stranger's text so that it can do no harm
"""
