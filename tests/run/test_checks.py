"""What no job could get by is found before any job."""

from pathlib import Path

import pytest
from facetally.errors import WriteError
from facetally.run.checks import check_writable


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    check_writable([tmp_path / "missing" / "folder"])
    with pytest.raises(WriteError) as told:
        check_writable([tmp_path / "results" / "raw"])
    assert str(told.value) == (
        f"{tmp_path}/results: cannot be written (Not a directory); "
        "make it, and its folder, writable, and run again"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
