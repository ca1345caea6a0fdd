"""What jobs claim of cores and GPUs, without Snakemake."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from facetally.study.claims import Claims
from facetally.study.config import load_study

NEED = 5


def claims(folder: Path, device: str = "auto", **run: Any) -> Claims:
    (folder / "clips").mkdir(exist_ok=True)
    (folder / "clips" / "one.mp4").touch()
    (folder / "labels.csv").write_text("filename,label\none,Positive\n")
    own = {"videos": str(folder / "clips"), "labels": str(folder / "labels.csv")}
    study = load_study({"datasets": {"d": own}, "detectors": ["haar", "mtcnn"], "device": device})
    here = {"cores": 8, "gpus": 1, "local": True, "within_job": False, "processors": False}
    return Claims(study, lambda _video, _cores: NEED, **{**here, **run})


VIDEO = SimpleNamespace(dataset="d", video="one")


@pytest.mark.parametrize(
    ("device", "run", "gpus", "threads", "on"),
    [
        ("auto", {}, 1, 8, "auto"),
        ("auto", {"gpus": 2}, 1, 4, "auto"),
        ("auto", {"gpus": None}, 1, 1, "auto"),
        ("auto", {"gpus": 0}, 0, NEED, "cpu"),
        ("auto", {"processors": True}, 0, NEED, "cpu"),
        ("cpu", {}, 0, NEED, "cpu"),
        ("cuda", {"gpus": 4}, 1, 2, "cuda"),
        ("cuda", {"gpus": 0}, 0, NEED, "cuda"),
        # A cluster, whose nodes may have GPUs where this machine has none; within one of its jobs.
        ("auto", {"local": False, "cores": 4, "processors": True}, 1, 4, "auto"),
        ("cpu", {"local": False, "cores": 4}, 0, NEED, "cpu"),
        (
            "auto",
            {"local": False, "within_job": True, "cores": 4, "gpus": None, "processors": True},
            1,
            4,
            "auto",
        ),
        ("cpu", {"local": False, "within_job": True, "cores": 4, "gpus": None}, 0, NEED, "cpu"),
    ],
)
def test_gpus_and_threads(
    tmp_path: Path, device: str, run: dict[str, Any], gpus: int, threads: int, on: str
) -> None:
    of = claims(tmp_path, device, **run)
    assert (of.gpus(VIDEO), of.threads(VIDEO), of.device(VIDEO)) == (gpus, threads, on)


def test_the_networks_are_exported_alone_here_and_on_one_core_elsewhere(tmp_path: Path) -> None:
    assert claims(tmp_path).threads_to_export(VIDEO) == 8
    assert claims(tmp_path, local=False).threads_to_export(VIDEO) == 1


def test_heads_share_the_cores(tmp_path: Path) -> None:
    assert claims(tmp_path).threads_to_learn(VIDEO) == 4
    assert claims(tmp_path, cores=1).threads_to_learn(VIDEO) == 1
