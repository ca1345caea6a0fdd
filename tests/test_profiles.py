"""The profiles of clusters differ in what their clusters need, and in nothing else."""

import re

import yaml
from support.repository import ROOT

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


def test_jobs_of_all_clusters_are_the_same() -> None:
    slurm, sge = (
        yaml.safe_load((PROFILES / profile / "config.yaml").read_text())
        for profile in ("slurm", "sge")
    )
    assert {key: sge[key] for key in SHARED} == {key: slurm[key] for key in SHARED}


def rules(*files: str) -> set[str]:
    """The rules in workflow/rules."""
    text = "".join((ROOT / "workflow" / "rules" / f"{file}.smk").read_text() for file in files)
    return set(re.findall(r"^(?:use rule \w+ as |rule )(\w+)(?: with)?:", text, re.M))


def test_every_rule_of_the_study_has_a_group() -> None:
    profile = yaml.safe_load((PROFILES / "slurm" / "config.yaml").read_text())
    grouped = {group.split("=")[0] for group in profile["groups"]}
    # These run once each, where the study is started.
    alone = {"problems", "accept_videos", "paper", "finetune", "forget", "label_page"}
    every = rules("emotions", "identities", "tables", "report", "annotate", "finetune", "label")
    assert grouped == every - alone


def test_all_tables_are_made_where_videos_are_not_looked_at() -> None:
    allowed = set(
        yaml.safe_load((PROFILES / "tables" / "config.yaml").read_text())["allowed-rules"]
    )
    on_request = {"video_page", "paper", "forget"}
    needed = {"problems", "accept_videos", "all"}
    every = rules("identities", "tables", "report", "finetune")
    assert allowed == every - on_request | needed
