"""Studies whose names could be taken for others', for tests that draw them."""

import string
from pathlib import Path

from facetally.study.config import Study, load_study
from facetally.study.detectors import NETWORKS_OF
from hypothesis import strategies as st

DATASETS = (
    *("d", "d_pairs", "d_time", "d_events", "d_event_pairs", "d-haar", "d_", "-", "2019", "D"),
    *("videos", "accepted", "people", "pairs", "time", "shares", "events", "event_pairs"),
    *("provenance", "clips", "faces", "haar", "mtcnn", "haar-mtcnn", "people_shares", "index"),
)
VIDEOS = ("a", "a_pairs", "accepted.json", "haar-mtcnn")

NAMES = st.one_of(
    st.sampled_from(DATASETS),
    st.text(f"{string.ascii_letters}{string.digits}_-", min_size=1, max_size=12),
)
DETECTORS = st.lists(st.sampled_from([*NETWORKS_OF]), min_size=1, unique=True)

PEOPLE = (None, {"identify": True}, {"references": "people"})
PERSON = ("Anna", "Ben")


@st.composite
def configs(draw: st.DrawFn) -> dict[str, object]:
    """What config.yaml may say; :func:`lay_inputs` makes the files that it names."""
    datasets = {
        name: {"videos": f"videos/{name}", "labels": f"labels/{name}"}
        for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    }
    config = {
        "datasets": datasets,
        "detectors": draw(DETECTORS),
        "people": draw(st.sampled_from(PEOPLE)),
        "events": draw(st.sampled_from([None, "events.csv"])),
        "methods": draw(st.sampled_from([["majority"], ["majority", "finetuned"]])),
    }
    if not draw(st.booleans()):  # One rater: a file of labels in place of a folder.
        for name in datasets:
            datasets[name]["labels"] = f"labels/{name}/anna.csv"
    return {key: value for key, value in config.items() if value is not None}


def lay_inputs(config: dict[str, object]) -> Study:
    """Make the files that a config names, empty where nothing reads them, and load the study."""
    for name in config["datasets"]:  # type: ignore[attr-defined]
        for video in VIDEOS:
            _write(f"videos/{name}/{video}.mp4")
        for rater in PERSON:
            rows = map(",".join, zip(VIDEOS, ("Pos", "Neg", "Neut", "Pos"), strict=True))
            _write(f"labels/{name}/{rater.lower()}.csv", "\n".join(["filename,label", *rows, ""]))
    for person in PERSON:
        _write(f"people/{person}/1.jpg", "a picture that nobody opens")
    _write("events.csv", f"filename,start,end,event\n{VIDEOS[0]},0,1,war\n")
    return load_study(config)


def _write(path: str, text: str = "") -> None:
    if Path(path).exists():
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
