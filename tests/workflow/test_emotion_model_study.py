"""A network of the user's own in a study: what it scores, and what a change of it runs again."""

import os
from pathlib import Path

import numpy as np
import pytest
from facetally.faces.raw import read_raw
from skimage.data import astronaut
from support.clips import write_clip
from support.emotion_models import model
from support.snakemake_runs import GPU, jobs, snakemake
from support.studies import write_config


def test_frames_are_counted_by_the_model_and_a_changed_one_reruns_detection(
    tmp_path: Path,
) -> None:
    portrait = np.ascontiguousarray(astronaut()[:256, 96:352, ::-1])
    write_clip(tmp_path / "clips" / "one.mp4", [portrait] * 10)
    path = model(tmp_path / "model.onnx", (9.0, -9.0, 0.0))
    config = {
        "datasets": {"d": {"videos": "clips"}},
        "detectors": ["haar"],
        "sampling": {"every_nth_frame": 5},
    }
    write_config(tmp_path, **config, emotion_model="model.onnx")
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

    model(path, (-9.0, 9.0, 0.0))
    assert run()["detect_emotions"] == 1
    assert predicted() == "Neg"

    write_config(tmp_path, **config)
    assert run()["detect_emotions"] == 1
    found = read_raw(tmp_path / "results" / "raw" / "d" / "haar" / "one.json")[0]
    assert found.faces[0].classes is None
