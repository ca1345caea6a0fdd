"""Fixtures that the tests share; helpers are in support."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from facetally.study.demo import render_demo
from hypothesis import HealthCheck, settings
from support.networks import Networks
from support.once import made_once
from support.real_clips import WANTED, real_clips, render_clips
from support.repository import ROOT
from support.skipped import skipped_line
from support.snakemake_runs import snakemake
from support.studies import write_config

settings.register_profile(
    "short",
    max_examples=300,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "long", settings.get_profile("short"), max_examples=40_000, derandomize=False
)
settings.load_profile("short")

APART = ("workflow", "browser", "cluster")
"""Folders whose tests have a marker of the folder's name."""

LONG = [
    "demo",
    "test_workflow",
    "test_dvc",
    "test_engine",
    "test_finetuned_network",
    "test_report_browser",
    "test_conda_jobs",
    "test_faults",
    "test_methods",
    "test_recognizer_study",
    "test_cores",
    "test_people",
    "test_identities",
    "test_ends",
    "test_stopping",
    "test_places",
    "test_reading",
    "test_held_to_records",
    "test_left_out",
    "test_scale",
    "test_reference",
    "test_finetune_on_request",
    "test_names_in_a_study",
    "test_hostile_videos_study",
]
"""Groups of tests that take a minute or more: first, so that no process is left with one at the
end."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip reading, and so importing, files with no wanted test."""
    unwanted = set(re.findall(r"not (\w+)", config.option.markexpr))
    if collection_path.is_dir():
        return collection_path.name in unwanted.intersection(APART) or None
    needs_tensorflow = "pytestmark = pytest.mark.tensorflow" in collection_path.read_text()
    return (needs_tensorflow and "tensorflow" in unwanted) or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of separate folders, and those that share something slow.

    With ``--dist loadgroup`` the tests of a group run in one process, and with
    ``--no-loadscope-reorder`` the groups begin in this order.
    """
    for item in items:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        if folder in APART:
            item.add_marker(folder)
        item.add_marker(pytest.mark.xdist_group(_shared_by(item)))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    group = _shared_by(item)
    return LONG.index(group) if group in LONG else len(LONG)


def _shared_by(item: pytest.Item) -> str:
    """Name the slow thing that is shared: a batch system, the finished demo, a file's fixtures."""
    if "cluster" in getattr(item, "fixturenames", ()):
        return str(item.callspec.params["cluster"].__name__)  # type: ignore[attr-defined]
    return "demo" if "demo_study" in getattr(item, "fixturenames", ()) else item.path.stem


@pytest.fixture(scope="session", autouse=True)
def without_tensorflow(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check that what must work without TensorFlow has not imported it."""
    yield
    if "not tensorflow" in request.config.option.markexpr:
        assert "tensorflow" not in sys.modules


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Say, below all else, what was left out."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not hasattr(config, "workerinput"):
        skipped = [str(report.longrepr[2]) for report in reporter.stats.get("skipped", [])]
        print(skipped_line(skipped))


@pytest.fixture(scope="session")
def real_videos() -> Path:
    """A folder of real clips, which are not part of the repository."""
    if (folder := real_clips()) is None:
        pytest.skip(WANTED)
    return folder / "videos"


@pytest.fixture(scope="session")
def rendered_clips(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of rendered clips in place of the real ones, by one process for all."""
    return made_once(tmp_path_factory.getbasetemp(), worker_id, "clips", render_clips)


@pytest.fixture(scope="session", params=["rendered", "real"])
def clips_of_people(request: pytest.FixtureRequest) -> Path:
    """The folder of ``videos`` and ``people``: rendered clips, and the real ones, if any."""
    if request.param == "rendered":
        return Path(request.getfixturevalue("rendered_clips"))
    return Path(request.getfixturevalue("real_videos")).parent


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder below which the demo's clips have been rendered, by one process for all."""
    return made_once(tmp_path_factory.getbasetemp(), worker_id, "demo", render_demo)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A study with only its networks made, by one process for all."""

    def export(folder: Path) -> None:
        (folder / "clips").mkdir(parents=True)
        (folder / "clips" / "clip.mp4").touch()
        write_config(folder, datasets={"d": {"videos": "clips"}})
        process = snakemake(folder, "export_models")
        assert process.returncode == 0, process.stdout

    return made_once(tmp_path_factory.getbasetemp(), worker_id, "networks", export)


@pytest.fixture(scope="session")
def models(exported: Path) -> Path:
    """The folder that holds the exported networks."""
    return exported / "results" / "models"


@pytest.fixture(scope="session")
def networks(exported: Path) -> Networks:
    """A function that puts the networks into a study, since exporting them takes long."""

    def put(study: Path) -> Path:
        # With Snakemake's record of how they were made.
        for kept in ("results/models", ".snakemake/metadata"):
            shutil.copytree(exported / kept, study / kept)
        return study

    return put


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the repository in its current state, including uncommitted changes."""
    folder = tmp_path_factory.mktemp("clone") / "facetally"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, folder / name
        if not source.is_symlink() and not source.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
    return folder


@pytest.fixture(scope="session")
def demo_study(clone: Path) -> tuple[Path, str]:
    """A fresh clone after its first run, and that run's output."""
    process = snakemake(clone, "--resources", "gpu=2", workflow=clone)
    assert process.returncode == 0, process.stdout
    return clone, process.stdout
