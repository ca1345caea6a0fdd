"""The number of threads changes no result."""

from pathlib import Path

import pytest
from facetally.detect.engine import open_engine
from facetally.faces.raw import frame_record, write_raw
from facetally.study.steps import EveryNthFrame
from facetally.video.frames import read_frames, sample_frames, write_frames

pytestmark = pytest.mark.tensorflow

THREADS = (1, 2, 8)


@pytest.fixture(scope="module")
def sampled(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[Path]]:
    """The frames of the demo's clips, sampled by so many threads."""
    folder = tmp_path_factory.mktemp("sampled")
    found: dict[int, list[Path]] = {threads: [] for threads in THREADS}
    for threads, paths in found.items():
        for video in sorted(demo.rglob("*.mp4")):
            paths.append(folder / f"{threads}_{video.stem}.nut")
            frames = sample_frames(video, EveryNthFrame(25), threads)
            write_frames(paths[-1], paths[-1].with_suffix(".json"), frames)
    return found


def test_threads_change_no_frame(sampled: dict[int, list[Path]]) -> None:
    one, two, eight = ([path.read_bytes() for path in paths] for paths in sampled.values())
    assert one == two == eight


@pytest.mark.parametrize("detector", ["haar", "mtcnn", "centerface"])
def test_threads_change_no_score(
    sampled: dict[int, list[Path]], models: Path, tmp_path: Path, detector: str
) -> None:
    found = {}
    for threads, paths in sampled.items():
        engine = open_engine("onnx", detector, models, "cpu", threads)
        found[threads] = []
        for frames in paths:
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
            found[threads].append(path.read_bytes())
    assert b"happy0" in found[1][0]
    assert found[1] == found[2] == found[8]
