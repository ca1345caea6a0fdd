"""Which videos raters see."""

from pathlib import Path

import pytest
from facetally.study.config import load_study
from facetally.study.labelling import drawn

VIDEOS = {
    "few": [f"f{number}" for number in range(10)],
    "many": [f"m{number}" for number in range(90)],
}


def test_a_sample_is_stratified_and_the_same_each_time() -> None:
    chosen = drawn(VIDEOS, 20, 1)
    assert {name: len(own) for name, own in chosen.items()} == {"few": 2, "many": 18}
    assert chosen == drawn(VIDEOS, 20, 1)
    assert chosen != drawn(VIDEOS, 20, 2)
    for name, own in chosen.items():
        assert own == [video for video in VIDEOS[name] if video in own]


@pytest.mark.parametrize("sample", range(1, 40))
def test_a_sample_has_the_size_that_is_asked_for(sample: int) -> None:
    three = {
        "a": ["1", "2", "3"],
        "b": [str(number) for number in range(17)],
        "c": [],
        "d": ["4"] * 1,
    }
    chosen = drawn(three, sample, 1)
    assert sum(map(len, chosen.values())) == min(sample, 21)
    assert list(chosen) == list(three)


def test_every_video_is_as_likely_as_another() -> None:
    times = dict.fromkeys(VIDEOS["many"], 0)
    for seed in range(600):
        for video in drawn(VIDEOS, 20, seed)["many"]:
            times[video] += 1
    # 600 draws of 18 of 90: 120 times each, give or take 4 standard deviations.
    assert max(abs(number - 120) for number in times.values()) < 4 * (600 * 0.2 * 0.8) ** 0.5


def test_only_the_unlabelled_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for video in "abc":
        Path("clips").mkdir(exist_ok=True)
        Path("clips", f"{video}.mp4").touch()
    Path("l.csv").write_text("filename,label\na,Pos\nb,cannot tell\n")
    config = {"datasets": {"d": {"videos": "clips", "labels": "l.csv"}, "e": {"videos": "clips"}}}
    assert load_study(config).shown_to_raters == {"d": ["a", "b", "c"], "e": ["a", "b", "c"]}
    unlabelled = load_study(config | {"label": {"videos": "unlabelled"}})
    assert unlabelled.shown_to_raters == {"d": ["c"], "e": ["a", "b", "c"]}
    sample = load_study(config | {"label": {"videos": "unlabelled", "sample": 2}})
    assert sum(map(len, sample.shown_to_raters.values())) == 2
