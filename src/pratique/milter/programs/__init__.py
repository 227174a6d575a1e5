"""Let outside programs unpack what none of our readers opens, where they can reach nothing.

    table.py        which program is for which type, and which Debian package has it
    handed.py       a part that a worker handed out
    gathering.py    the frames of such parts, checked against what was asked for
    sandbox.py      the one command line that everything runs under: bubblewrap, and in it
                    the program, then `tar`
    run.py          one run: fed by a descriptor, cut at the budget, ended at the deadline
    trial.py        one part: which program, which password
    programs.py     START HERE: a rehearsal at the start, then part after part

The octets go from a worker into a sealed memfd, from there into the sandbox, and what comes
out of it is a sealed memfd again, for a worker to read.  This process reads neither.
"""
