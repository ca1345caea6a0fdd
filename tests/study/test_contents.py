"""Content counts, and is read once."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from facetally.study import contents
from facetally.study.config import load_study
from facetally.study.contents import Contents, Digests


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


def test_a_video_that_cannot_be_read_has_why_for_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clips").mkdir()
    Path("clips/a.mp4").symlink_to("content")
    of = Contents(load_study({"datasets": {"d": {"videos": "clips"}}}), Digests(), "")
    job = SimpleNamespace(dataset="d", video="a")
    assert of.video(job) == "No such file or directory"
    Path("clips/content").write_text("frames")
    assert of.video(job) == contents.file_digest(Path("clips/content"))

    # The superuser may read everything, so rights alone do not show it.
    def forbidden(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    Path("clips/content").write_text("others")
    monkeypatch.setattr(contents, "file_digest", forbidden)
    assert of.video(job) == "Permission denied"
