"""Finetuning in a study: on request, from the crops that fer's network saw."""

from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
from facetally.detect.crops import network_input
from facetally.detect.onnx_runtime import onnxruntime
from facetally.detect.recognizer import check_recognizer
from facetally.faces.raw import read_raw
from facetally.learn.crop_files import (
    read_crops,
)
from facetally.study.cards import read_card
from facetally.study.finetuning import MOST_CROPS
from skimage.data import astronaut
from support.clips import noise, write_clip
from support.networks import Networks
from support.recognizers import model, shipped, write_card
from support.snakemake_runs import GPU, jobs, snakemake
from support.studies import write_config


def clip_of_a_face(path: Path, frames: int, brightness: float = 1.0) -> Path:
    """A moving portrait with one face."""
    portrait = cv2.cvtColor(astronaut()[:256, 96:352], cv2.COLOR_RGB2BGR)
    portrait = np.clip(portrait * brightness, 0, 255).astype(np.uint8)
    moved = (np.roll(portrait, number % 7, axis=1) for number in range(frames))
    return write_clip(path, moved)


def test_the_workflow_finetunes_on_request(tmp_path: Path, networks: Networks) -> None:
    networks(tmp_path)
    for number, (frames, brightness) in enumerate([(90, 1.0), (20, 0.9), (20, 0.6), (20, 0.5)]):
        clip_of_a_face(tmp_path / "clips" / f"p{number}_x.mp4", frames, brightness)
    write_clip(tmp_path / "clips" / "p4_x.mp4", noise(20))
    clip_of_a_face(tmp_path / "clips" / "unlabelled.mp4", 10)
    labels = "filename,label\np0_x,Pos\np1_x,Pos\np2_x,Neg\np3_x,Neg\np4_x,Neut\n"
    (tmp_path / "labels.csv").write_text(labels)
    config = {
        "datasets": {
            "d": {"videos": "clips", "labels": "labels.csv"},
            "without_labels": {"videos": "clips"},
        },
        "detectors": ["haar"],
        "sampling": {"every_nth_frame": 2},
    }
    write_config(tmp_path, **config)
    process = snakemake(tmp_path, "finetuned", *GPU)
    assert process.returncode == 0, process.stdout
    ran = jobs(process.stdout)
    assert (ran["face_crops"], ran["finetune"], ran["detect_emotions"]) == (6, 1, 6)
    (said,) = [line for line in process.stdout.splitlines() if line.startswith("d/haar: learned")]
    assert "learned from 62 crops of 5 videos in " in said
    (log,) = (tmp_path / "results" / "logs" / "finetune" / "d").iterdir()
    assert "tensorflow" not in log.read_text().lower()

    results = tmp_path / "results"
    table = pl.read_csv(results / "finetuned" / "d" / "haar" / "predictions.csv")
    assert table.columns == [
        "filename",
        "golden",
        "group",
        "fold",
        "pos",
        "neg",
        "neut",
        "predict",
    ]
    assert table["group"].to_list() == ["p0", "p1", "p2", "p3", "p4", "unlabelled"]
    assert table.row(4)[4:] == (None, None, None, None)
    assert table["predict"].null_count() == 1
    # Videos without a label are predicted by a network trained on all labels, and were in no fold.
    assert table.row(5)[1:4] == (None, "unlabelled", None)
    assert table["golden"].null_count() == table["fold"].null_count() == 1
    card = (results / "finetuned" / "d" / "haar" / "model_card.md").read_text()
    assert "| Neut | 1 | 0 | 0 | 1 |" in card
    history = pl.read_csv(results / "finetuned" / "d" / "haar" / "history.csv")
    # All but the fold of the video without a face.
    assert set(history["fold"].cast(pl.String)) == {
        "all",
        *(str(fold) for fold in table["fold"][:4]),
    }
    # The network in the file is what predicted the video without a label.
    learned = onnxruntime.InferenceSession(
        str(results / "finetuned" / "d" / "haar" / "model.onnx")
    )
    own = read_crops(results / "crops" / "d" / "haar" / "unlabelled.npz").crops
    (given,) = learned.get_inputs()
    (scored,) = learned.run(None, {given.name: network_input(list(own))})
    assert table.row(5)[4:7] == pytest.approx(scored.mean(axis=0).tolist(), abs=1e-5)

    # A crop is what fer's network saw when the frame was analysed.
    crops = read_crops(results / "crops" / "d" / "haar" / "p0_x.npz")
    assert len(crops.frames) == MOST_CROPS and crops.sampled == 45
    session = onnxruntime.InferenceSession(str(results / "models" / "emotion.onnx"))
    (given,) = session.get_inputs()
    (scored,) = session.run(None, {given.name: network_input(list(crops.crops))})
    found = {
        frame.index: frame for frame in read_raw(results / "raw" / "d" / "haar" / "p0_x.json")
    }
    for frame, ours in zip(crops.frames.tolist(), scored, strict=True):
        assert found[frame].faces[0].scores == pytest.approx(ours.tolist(), abs=1e-4)

    # The card next to the network describes it, wherever both are copied.
    card = read_card(results / "finetuned" / "d" / "haar" / "model.yaml")
    check_recognizer(card)

    assert jobs(snakemake(tmp_path, "finetuned", *GPU, "--dry-run").stdout) == {}
    (tmp_path / "labels.csv").write_text(labels.replace("p3_x,Neg", "p3_x,Neut"))
    again = jobs(snakemake(tmp_path, "finetuned", *GPU, "--dry-run").stdout)
    assert again == {"finetune": 1, "finetuned": 1}

    # Another recognizer scores the faces again, but it is not finetuned, nor are its blocks
    # unfrozen. Two folds that each learn from a single class are quick.
    (tmp_path / "labels.csv").write_text("filename,label\np0_x,Pos\np2_x,Neg\n")
    described = shipped("enet_b2_7") | {"network": "b2.onnx"}
    model(tmp_path / "b2.onnx", [0.1] * 7, ("n", 3, 260, 260), activation="Identity")
    config |= {
        "finetuning": {"unfreeze_blocks": 1, "epochs": 2},
        "recognizer": write_card(tmp_path / "b2.yaml", described).name,
    }
    write_config(tmp_path, **config)
    process = snakemake(tmp_path, "finetuned", *GPU)
    assert process.returncode == 0, process.stdout
    assert (
        "d/haar: finetuning starts from fer's network, not from b2.yaml"
        in process.stdout.splitlines()
    )
    card = (results / "finetuned" / "d" / "haar" / "model_card.md").read_text()
    assert "- Unfrozen blocks of fer's network: 1 of 4" in card
    assert "The linear head on the unchanged network" in card
