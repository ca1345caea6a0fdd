"""The number of threads changes no result."""

from pathlib import Path

import pytest
from facetally.detect.engine import open_engine
from facetally.faces.raw import frame_record, write_raw
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import read_frames, sample_frames, write_frames

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("detector", ["haar", "mtcnn", "centerface"])
def test_threads_change_no_score(demo: Path, models: Path, tmp_path: Path, detector: str) -> None:
    found = {}
    for threads in (1, 2, 8):
        engine = open_engine("onnx", detector, models, "cpu", threads)
        found[threads] = []
        for video in sorted(demo.rglob("*.mp4")):
            frames = tmp_path / f"{threads}_{video.stem}.nut"
            write_frames(
                frames,
                frames.with_suffix(".json"),
                sample_frames(video, EveryNthFrame(25), threads),
            )
            path = tmp_path / "raw.json"
            write_raw(
                path,
                (
                    frame_record(frame.index, frame.time, faces)
                    for frame, faces in engine.faces(
                        read_frames(frames, frames.with_suffix(".json"))
                    )
                ),
            )
            found[threads] += [frames.read_bytes(), path.read_bytes()]
    assert b"happy0" in found[1][1]
    assert found[1] == found[2] == found[8]
