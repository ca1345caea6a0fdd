"""The lock files give the environment that pyproject.toml asks for."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from support.locks import locked
from support.repository import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("name", ["study", "dev", "gpu"])
def test_a_lock_holds_what_is_asked_for(name: str) -> None:
    pins = locked(name)
    asked = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
    if name == "gpu":
        asked = [requirement for requirement in asked if requirement.name != "onnxruntime"]
        asked += [
            Requirement(text) for text in PYPROJECT["project"]["optional-dependencies"]["gpu"]
        ]
    if name == "dev":
        asked += [Requirement(text) for text in PYPROJECT["dependency-groups"]["dev"]]
    for requirement in asked:
        for pin in pins[requirement.name.lower()]:
            version = str(pin.specifier).removeprefix("==")
            assert requirement.specifier.contains(version), f"{requirement} is locked at {version}"


@pytest.mark.parametrize("name", ["study", "dev"])
def test_a_lock_leaves_out_what_breaks_or_bloats(name: str) -> None:
    pins = locked(name)
    assert [pin for pin in pins if pin.startswith("opencv")] == ["opencv-python-headless"]
    unwanted = re.compile(r"torch|facenet|nvidia|cuda|triton|jax")
    assert not [pin for pin in pins if unwanted.search(pin)]


@pytest.mark.parametrize("name", ["study", "dev", "gpu"])
def test_a_lock_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "envs" / f"{name}.lock.txt").read_text()
    assert "://" not in text
    assert "index-url" not in text
    hashed = re.findall(r"^[\w.-]+==[^\n]*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.M)
    assert len(hashed) == sum(map(len, locked(name).values())) > 50


@pytest.mark.parametrize("name", ["dev", "gpu"])
def test_all_locks_pin_the_same_versions(name: str) -> None:
    study, other = locked("study"), locked(name)
    for package, pins in study.items():
        if (name, package) != ("gpu", "onnxruntime"):
            # On which machines a package is needed may differ, its version may not.
            found, wanted = (
                sorted(str(pin.specifier) for pin in of) for of in (other[package], pins)
            )
            assert found == wanted


def test_the_table_of_licences_is_of_the_packages_that_are_locked() -> None:
    rows = re.findall(
        r"^\| ([\w.-]+) \| (\S+) \| .+ \|$", (ROOT / "docs/licences.md").read_text(), re.M
    )
    pins = {
        (name, str(pin.specifier)) for name, all_of in locked("study").items() for pin in all_of
    }
    assert {(name.lower(), f"=={version}") for name, version in rows[1:]} <= pins
    asked = {Requirement(text).name.lower() for text in PYPROJECT["project"]["dependencies"]}
    assert asked <= {name.lower() for name, _ in rows}


def test_the_gpu_lock_has_one_onnx_runtime() -> None:
    runtimes = [pin for pin in locked("gpu") if pin.startswith("onnxruntime")]
    assert runtimes == ["onnxruntime-gpu"]
