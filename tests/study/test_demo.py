"""The demo's clips."""

from facetally.study import storyboard
from facetally.study.labels import read_labels
from support.repository import ROOT


def test_the_labels_name_the_clips_and_all_three_occur() -> None:
    for dataset in ("large_faces", "small_faces"):
        labels = read_labels(ROOT / storyboard.FOLDER / f"{dataset}.csv")
        clips = {clip.name for clip in storyboard.CLIPS if clip.dataset == dataset}
        assert labels.keys() == clips
        assert set(labels.values()) == {"Pos", "Neut", "Neg"}
