"""Content counts, and is read once."""

import os
from pathlib import Path

import pytest
from facetally.study import contents
from facetally.study.contents import Digests


def test_checksums_are_taken_again_only_of_what_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".snakemake").mkdir()
    Path("input").write_text("frames")
    digests = Digests()
    first = digests(Path("input"))
    digests.save()
    read: list[Path] = []
    monkeypatch.setattr(contents, "file_digest", lambda path: read.append(path) or "new")
    again = Digests()
    assert again(Path("input")) == first
    assert not read
    status = Path("input").stat()
    Path("input").write_text("FRAMES")
    os.utime("input", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert again(Path("input")) == "new"
