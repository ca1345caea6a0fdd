"""No result is lost before what replaces it is there."""

import os
from pathlib import Path

import pytest
from facetally.run.aside import ASIDE, put_back, set_aside

OUTPUT = Path("results/counts/a/haar.csv")


@pytest.fixture(autouse=True)
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory with a result, from before a run."""
    monkeypatch.chdir(tmp_path)
    OUTPUT.parent.mkdir(parents=True)
    OUTPUT.write_text("before")
    os.utime(OUTPUT, (5, 5))


@pytest.mark.parametrize("move", [False, True])
def test_what_was_not_replaced_comes_back(move: bool) -> None:
    set_aside([str(OUTPUT), "results/missing"], move)
    assert OUTPUT.exists() != move
    OUTPUT.unlink(missing_ok=True)  # As Snakemake does.
    put_back()
    assert OUTPUT.read_text() == "before"
    # The record of the job that failed is not of this file.
    assert OUTPUT.stat().st_mtime > 5
    assert not ASIDE.exists()


@pytest.mark.parametrize("move", [False, True])
def test_what_was_replaced_stays(move: bool) -> None:
    set_aside([str(OUTPUT)], move)
    OUTPUT.unlink(missing_ok=True)
    OUTPUT.write_text("after")
    put_back()
    assert OUTPUT.read_text() == "after"
    assert not ASIDE.exists()


def test_what_no_job_touched_stays_as_it_is() -> None:
    set_aside([str(OUTPUT)], move=False)
    put_back()
    assert OUTPUT.stat().st_mtime == 5


def test_a_killed_run_is_made_good_by_the_next() -> None:
    set_aside([str(OUTPUT)], move=True)
    put_back()
    set_aside([str(OUTPUT)], move=True)
    put_back()
    assert OUTPUT.read_text() == "before"


def test_links_into_a_cache_stay_links(tmp_path: Path) -> None:
    target = tmp_path / "cached"
    OUTPUT.replace(target)
    OUTPUT.symlink_to(target)
    set_aside([str(OUTPUT)], move=False)
    OUTPUT.unlink()
    put_back()
    assert OUTPUT.readlink() == target


def test_nothing_is_set_aside() -> None:
    put_back()
    assert OUTPUT.exists()
