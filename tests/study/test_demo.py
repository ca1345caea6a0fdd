"""The demo's clips."""

from facetally.study import storyboard
from facetally.study.labels import read_rows
from support.repository import ROOT


def test_the_labels_name_the_clips_and_all_three_occur() -> None:
    for dataset in ("large_faces", "small_faces"):
        rows = read_rows(ROOT / storyboard.FOLDER / f"{dataset}.csv")
        labels = {row.name: row.label for row in rows}
        clips = {clip.name for clip in storyboard.CLIPS if clip.dataset == dataset}
        assert labels.keys() == clips
        assert set(labels.values()) == {"Pos", "Neut", "Neg"}
