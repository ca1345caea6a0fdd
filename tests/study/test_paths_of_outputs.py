"""No path of an output can be read in two ways, whatever datasets and videos are called."""

import re
from pathlib import Path
from shutil import rmtree

import pytest
from facetally.study import outputs
from facetally.study.config import Study
from facetally.study.prune import leftovers, outdated, remove
from hypothesis import given, settings
from support.many_names import configs, lay_inputs
from support.repository import ROOT

SOURCES = [ROOT / "workflow/facetally/study/outputs.py", *(ROOT / "workflow/rules").glob("*.smk")]

OF_VERSION_1 = [
    "people/{}.csv",
    "people/{}_pairs.csv",
    "people/{}_time.csv",
    "people/{}_events.csv",
    "people/{}_event_pairs.csv",
    "people/videos/{}.csv",
    "figures/{}/haar-mtcnn.svg",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def patterns() -> list[str]:
    """All paths of outputs as they are written down, files of the same folder each by itself."""
    written = [value for value in vars(outputs).values() if isinstance(value, str)]
    of_several = {
        outputs.ANNOTATED: [f"{outputs.ANNOTATED}.{suffix}" for suffix in ("mp4", "gif")],
        outputs.FINETUNED: [f"{outputs.FINETUNED}/{name}" for name in outputs.FINETUNED_FILES],
    }
    files = [path for path in written if path.startswith("results/")]
    return [each for path in files for each in of_several.get(path, [path])] + [*outputs.PAPER]


def expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(pattern)))


EXPRESSIONS = {pattern: expression(pattern) for pattern in patterns()}


def lay(study: Study, *more: str) -> None:
    rmtree("results", ignore_errors=True)
    for path in map(Path, [*outputs.everything(study), *more]):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def there() -> set[str]:
    return {path.as_posix() for path in Path("results").rglob("*") if path.is_file()}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_wildcard_ends_at_a_slash_or_before_the_suffix(path: Path) -> None:
    written = re.findall(r'"(results/[^"]*\{[^"]*)"', path.read_text("utf-8"))
    assert not [each for each in written if re.search(r"\{\w+\}(?!/|\.\w+$|$)", each)]


@given(configs())
@settings(max_examples=25)
def test_each_path_is_claimed_once_and_nothing_of_the_study_is_outdated(
    config: dict[str, object],
) -> None:
    study = lay_inputs(config)
    for path in outputs.everything(study):
        claims = [pattern for pattern, each in EXPRESSIONS.items() if each.fullmatch(path)]
        assert len(claims) == 1, (path, claims)
    lay(study)
    assert outdated(study) == {}
    assert leftovers(study) is None


@given(configs(), configs())
@settings(max_examples=25)
def test_all_of_an_earlier_study_goes_and_nothing_of_the_present_one(
    before: dict[str, object], now: dict[str, object]
) -> None:
    of_version_1 = [
        f"results/{path.format(name)}" for name in before["datasets"] for path in OF_VERSION_1
    ]
    lay(lay_inputs(before), *of_version_1)
    study = lay_inputs(now)
    present = there() & {*outputs.everything(study)}
    found = outdated(study)
    every = [path for paths in found.values() for path in paths]
    assert len(every) == len({*every})
    assert (leftovers(study) is None) == (not found)
    remove(every)
    assert there() == present
    assert leftovers(study) is None
