"""The far end of `pratique rules`: files and folders in, what is to be said of them out."""

import io
import json

from pratique.scanners.yara_rules.trial import main

SLOW = "rule slow { condition: filesize > 9 and for all i in (0..300000) : (uint8(i % 4) != 7) }"


def answered(**order):
    out = io.BytesIO()
    assert main(io.BytesIO(json.dumps(order).encode()), out) == 0
    return json.loads(out.getvalue())


def test_folders_and_files_are_checked_each_once(written):
    folder = written(a="rule a { condition: b }", b="// none")
    paths = [str(folder), str(folder / "a.yar"), str(folder / "nowhere.yar")]
    said = answered(do="check", paths=paths)
    assert said["files"] == [str(folder / name) for name in ("a.yar", "b.yar", "nowhere.yar")]
    assert [(one["file"], one["line"], one["level"]) for one in said["problems"]] == [
        (str(folder / "a.yar"), 1, "error"),
        (str(folder / "b.yar"), 0, "warning"),
        (str(folder / "nowhere.yar"), 0, "error"),
    ]
    assert set(said["problems"][0]) == {"file", "line", "level", "message"}


def test_the_slowest_file_comes_first_and_its_rules_are_timed(written, tmp_path):
    folder = written(
        a="rule quick { condition: false }", b=f"{SLOW}\nrule c {{ condition: false }}"
    )
    (tmp_path / "sample").write_bytes(b"x" * 50_000)
    said = answered(do="time", paths=[str(folder)], over=[str(tmp_path / "sample")])
    assert [one["file"] for one in said["timed"]] == [str(folder / "b.yar"), str(folder / "a.yar")]
    assert [one["slow"] for one in said["timed"]] == [True, False]
    assert [(one["rule"], one["line"]) for one in said["rules"]] == [("slow", 1), ("c", 2)]


def test_what_cannot_be_timed_is_told_before_all_else(written):
    folder = written(a="rule quick { condition: false }", b="\nrule")
    said = answered(do="time", paths=[str(folder)], over=[str(folder / "a.yar")])
    first = said["timed"][0]
    assert (first["file"], first["line"], first["slow"]) == (str(folder / "b.yar"), 2, True)
    assert "unexpected end of file" in first["problem"]
    # The other may have taken long by chance, and has its rules timed then.
    assert str(folder / "b.yar") not in [one["file"] for one in said["rules"]]
