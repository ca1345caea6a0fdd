"""The profiles of clusters differ in what their clusters need, and in nothing else."""

import pytest
import yaml
from conftest import ROOT

PROFILES = ROOT / "workflow" / "profiles"
SHARED = (
    "cores",
    "set-threads",
    "resources",
    "set-resource-scopes",
    "groups",
    "group-components",
    "retries",
    "keep-incomplete",
    "latency-wait",
)


@pytest.mark.parametrize("name", ["sge", "kubernetes"])
def test_jobs_of_all_clusters_are_the_same(name: str) -> None:
    slurm, other = (
        yaml.safe_load((PROFILES / profile / "config.yaml").read_text())
        for profile in ("slurm", name)
    )
    assert {key: other[key] for key in SHARED} == {key: slurm[key] for key in SHARED}
