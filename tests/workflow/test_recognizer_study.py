"""A recognizer in a study: what it scores, and what runs again if its card or network changes."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from facetally.emotions import EMOTIONS
from facetally.faces.raw import read_raw
from skimage.data import astronaut
from support.clips import write_clip
from support.networks import Networks
from support.recognizers import finetuned, model, shipped, write_card
from support.snakemake_runs import GPU, jobs, lines, snakemake
from support.studies import write_config


def test_frames_are_counted_by_its_classes_and_a_change_runs_detection_again(
    tmp_path: Path, networks: Networks
) -> None:
    networks(tmp_path)
    portrait = np.ascontiguousarray(astronaut()[:256, 96:352, ::-1])
    write_clip(tmp_path / "clips" / "one.mp4", [portrait] * 10)
    finetuned(tmp_path, (9.0, -9.0, 0.0))
    path = tmp_path / "model.onnx"
    config = {
        "datasets": {"d": {"videos": "clips"}},
        "detectors": ["haar"],
        "sampling": {"every_nth_frame": 5},
    }
    write_config(tmp_path, **config, recognizer="model.yaml")
    faces = "results/counts/d/haar.csv"

    def run() -> dict[str, int]:
        process = snakemake(tmp_path, faces, *GPU)
        assert process.returncode == 0, process.stdout
        return jobs(process.stdout)

    def predicted() -> str:
        return (tmp_path / faces).read_text().splitlines()[1].split(",")[1]

    assert run()["detect_emotions"] == 1
    first = read_raw(tmp_path / "results" / "raw" / "d" / "haar" / "one.json")[0].faces[0].classes
    assert first is not None
    assert sum(first) == pytest.approx(1, abs=2e-4)
    # Brighter than the middle of the range: by these slopes Positive, whatever fer sees in it.
    assert max(first) == first[0]
    assert predicted() == "Pos"

    same = path.read_bytes()
    path.unlink()
    path.write_bytes(same)
    os.utime(path, (2e9 / 2, 2e9 / 2))
    assert run() == {}

    # Text for readers in the card does not concern the network.
    write_card(tmp_path / "model.yaml", shipped("finetuned") | {"title": "another"})
    assert run() == {}

    model(path, (-9.0, 9.0, 0.0))
    assert run()["detect_emotions"] == 1
    assert predicted() == "Neg"

    card = shipped("finetuned")
    card["output"]["classes"] = {"Positive": "Neg", "Negative": "Pos", "Neutral": "Neut"}
    write_card(tmp_path / "model.yaml", card)
    assert run()["detect_emotions"] == 1
    assert predicted() == "Pos"

    write_config(tmp_path, **config)
    assert run()["detect_emotions"] == 1
    found = read_raw(tmp_path / "results" / "raw" / "d" / "haar" / "one.json")[0]
    assert found.faces[0].classes is None


def test_numbers_that_no_network_can_mean_end_the_job_and_are_not_written(
    tmp_path: Path, networks: Networks
) -> None:
    networks(tmp_path)
    portrait = np.ascontiguousarray(astronaut()[:256, 96:352, ::-1])
    write_clip(tmp_path / "clips" / "one.mp4", [portrait] * 10)
    card = shipped("emotion_ferplus_8")
    # Black pictures, with which networks are tried, give 0; a face gives infinity.
    slopes = (6e37, *[0.0] * 7)
    model(tmp_path / card["network"], slopes, ("n", 1, 64, 64), activation="Identity")
    write_card(tmp_path / "a card.yaml", card)
    write_config(
        tmp_path,
        datasets={"d": {"videos": "clips"}},
        detectors=["haar"],
        sampling={"every_nth_frame": 5},
        recognizer="a card.yaml",
    )
    process = snakemake(tmp_path, "raw", *GPU)
    assert process.returncode == 1
    (said, *_) = lines(process.stdout)
    assert said == (
        "facetally: a card.yaml: emotion-ferplus-8.onnx gives wrong numbers: in d/haar/one, frame "
        "0, angry of face 0 is nan, which is not from 0 to 1; name another network, or correct "
        "what its card says of the picture and the values"
    )
    assert not list(tmp_path.glob("results/raw/d/haar/*"))


def analyse(folder: Path, name: str, size: tuple[str | int, ...], *targets: str) -> None:
    """Analyse a portrait with a card that ships and three detectors; look at the raw files."""
    portrait = np.ascontiguousarray(astronaut()[:256, 96:352, ::-1])
    write_clip(folder / "clips" / "p_one.mp4", [portrait] * 10)
    card = shipped(name)
    labels = card["output"]["labels"]
    # With these, every face gets the first label.
    slopes = tuple(9.0 if number == 0 else 0.0 for number in range(len(labels)))
    model(folder / "networks" / card["network"], slopes, size, activation="Identity")
    write_card(folder / "networks" / f"{name}.yaml", card)
    write_config(
        folder,
        datasets={"d": {"videos": "clips"}},
        detectors=["haar", "mtcnn", "centerface"],
        sampling={"every_nth_frame": 5},
        recognizer=f"networks/{name}.yaml",
    )
    process = snakemake(folder, *targets, *GPU)
    assert process.returncode == 0, process.stdout
    (first,) = (e for e, of in card["output"]["emotions"].items() if labels[0] in (of, *of))
    for detector in ("haar", "mtcnn", "centerface"):
        for frame in read_raw(folder / "results" / "raw" / "d" / detector / "p_one.json"):
            (face,) = frame.faces
            assert face.scores[EMOTIONS.index(first)] == max(face.scores)
            assert sum(face.scores) == pytest.approx(1, abs=1e-3)
            assert (face.landmarks is None) == (detector == "haar")


def test_a_card_of_another_family_scores_what_three_detectors_find(
    tmp_path: Path, networks: Networks
) -> None:
    analyse(networks(tmp_path), "emotion_ferplus_8", (1, 1, 64, 64), "raw")


def test_a_card_runs_from_video_to_report(tmp_path: Path, networks: Networks) -> None:
    analyse(networks(tmp_path), "enet_b2_7", ("n", 3, 260, 260))
    # The three are in the tables, compared in pairs, and together in the ensemble.
    results = tmp_path / "results"
    summary = pl.read_csv(results / "summary.csv")
    alone = {"haar", "mtcnn", "centerface"}
    assert set(summary["detector"]) == {*alone, "haar+mtcnn+centerface"}
    figures = results / "figures" / "d"
    assert {path.name for path in figures.iterdir()} == alone | {"pairs", "people_shares.svg"}
    assert {
        path.relative_to(figures / "pairs").as_posix() for path in figures.glob("pairs/*/*")
    } == {
        "haar/mtcnn.svg",
        "haar/centerface.svg",
        "mtcnn/centerface.svg",
    }
    page = (results / "report" / "index.html").read_text("utf-8")
    assert "mtcnn against centerface" in page
