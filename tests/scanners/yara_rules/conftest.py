"""Have files of rules at hand."""

import pytest


@pytest.fixture
def written(tmp_path):
    """Write files of rules by their names without `.yar`; gives their folder."""

    def write(**sources):
        folder = tmp_path / "rules"
        folder.mkdir(exist_ok=True)
        for name, source in sources.items():
            (folder / f"{name}.yar").write_text(source)
        return folder

    return write
