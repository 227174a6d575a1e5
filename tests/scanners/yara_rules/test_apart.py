"""The process that checks and times files, asked as it is in a service."""

from pratique.scanners.yara_rules.asked import one_by_one

FINE = "rule a { condition: false }"


def test_each_file_is_looked_at_by_itself(written):
    folder = written(a=FINE, b="rule", c=FINE)
    (folder / "d.yar").write_bytes(b"\xff")
    files = [str(file) for file in sorted(folder.iterdir())] + [str(folder / "nowhere.yar")]
    stated = list(one_by_one({"do": "check", "seconds": 20}, files))
    assert [(one["file"], one["line"], one["level"]) for one in stated] == [
        (str(folder / "b.yar"), 1, "error"),
        (str(folder / "d.yar"), 1, "error"),
        (str(folder / "nowhere.yar"), 0, "error"),
    ]


def test_sources_that_are_handed_over_are_only_compiled():
    sources = {"/x/a.yar": 'rule a { meta: severity = "terrible" condition: true }', "/x/b": "rule"}
    stated = list(one_by_one({"do": "each", "seconds": 20}, sources))
    assert [(one["file"], one["line"]) for one in stated] == [("/x/b", 1)]


def test_files_and_their_rules_are_timed_over_files_of_ones_own(written, tmp_path):
    file = str(written(a=f"{FINE}\nrule b {{ condition: a }}") / "a.yar")
    (tmp_path / "sample").write_bytes(b"x" * 100_000)
    order = {"seconds": 20, "over": [str(tmp_path / "sample")]}
    (whole,) = one_by_one({"do": "time", **order}, [file])
    rules = list(one_by_one({"do": "time rules", **order}, [file]))
    assert (whole["file"], whole["rules"], whole["problem"]) == (file, 2, "")
    assert [(one["rule"], one["line"]) for one in rules] == [("a", 1), ("b", 2)]
