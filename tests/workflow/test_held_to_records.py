"""Every result is held to its record: what is edited, cut off or deleted is made again."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut
from support.clips import write_clip
from support.networks import Networks
from support.snakemake_runs import GPU, jobs, lines, snakemake
from support.studies import write_config

EVERYTHING = ("all", "video_pages", "annotate", "label", "finetuned", "paper")
LEFT_ALONE = ("logs", "frames")
DATE = re.compile(rb"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d")
"""When a page was made."""

RECORDS = "provenance"


def delete(path: Path) -> None:
    path.unlink()


def cut_off(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def edit_and_keep_the_time(path: Path) -> None:
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"edited"
    path.chmod(0o644)
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A study that makes a file of every kind, on request too."""
    folder = networks(tmp_path_factory.mktemp("held"))
    portrait = cv2.cvtColor(astronaut()[:256, 96:352], cv2.COLOR_RGB2BGR)
    for number, brightness in enumerate((1.0, 0.9, 0.7, 0.6)):
        shown = np.clip(portrait * brightness, 0, 255).astype(np.uint8)
        write_clip(
            folder / "clips" / f"p{number}_x.mp4",
            (np.roll(shown, frame, axis=1) for frame in range(12)),
        )
    for rater, labels in {"anna": "Pos,Pos,Neg,Neg", "ben": "Pos,Neg,Neg,Neg"}.items():
        rows = (f"p{number}_x,{label},{rater}" for number, label in enumerate(labels.split(",")))
        table = folder / "labels" / f"{rater}.csv"
        table.parent.mkdir(exist_ok=True)
        table.write_text("\n".join(["filename,label,rater", *rows, ""]))
    (folder / "people" / "Eileen").mkdir(parents=True)
    cv2.imwrite(str(folder / "people" / "Eileen" / "a.png"), portrait)
    (folder / "events.csv").write_text("filename,start,end,event\np0_x,0,0.3,economy\n")
    write_config(
        folder,
        datasets={"2019": {"videos": "clips", "labels": "labels"}},
        sampling={"every_nth_frame": 4},
        detectors=["haar", "mtcnn"],
        methods=["majority", "finetuned"],
        people={"references": "people"},
        events="events.csv",
    )
    process = snakemake(folder, *EVERYTHING, *GPU)
    assert process.returncode == 0, process.stdout
    return folder


def contents(study: Path) -> dict[str, bytes]:
    results = study / "results"
    return {
        str(path.relative_to(results)): DATE.sub(b"", path.read_bytes())
        for path in sorted(results.rglob("*"))
        if path.is_file()
        and path.relative_to(results).parts[0] not in LEFT_ALONE
        and not path.name.startswith(RECORDS)
    }


def recorded(study: Path) -> set[str]:
    return {
        json.loads(line)["output"].removeprefix("results/")
        for path in (study / "results").rglob(f"{RECORDS}*.jsonl")
        for line in path.read_text().splitlines()
    }


def test_all_is_made_again_in_one_run(study: Path) -> None:
    before = contents(study)
    assert recorded(study) == before.keys()
    idle = snakemake(study, "--dry-run", *EVERYTHING, *GPU)
    assert jobs(idle.stdout) == {}
    assert "missing" not in idle.stdout
    for number, name in enumerate(before):
        # An empty file stands for a preview that no browser needs.
        ways = (delete, cut_off, edit_and_keep_the_time) if before[name] else (delete,)
        ways[number % len(ways)](study / "results" / name)
    process = snakemake(study, *EVERYTHING, *GPU)
    assert process.returncode == 0, process.stdout
    after = contents(study)
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] != before[name]] == []
    said, pictures = [line for line in lines(process.stdout) if "made again" in line]
    assert "4 videos detected again" in said
    assert re.match(r"facetally: \d videos have no kept pictures", pictures)


@pytest.mark.parametrize(
    ("name", "damage", "rules"),
    [
        ("videos/2019/p0_x.json", cut_off, {"sample_frames"}),
        ("videos/2019/p0_x.json", edit_and_keep_the_time, {"sample_frames"}),
        ("identities/faces/2019/mtcnn/p0_x.npz", edit_and_keep_the_time, {"identify"}),
        ("crops/2019/haar/p0_x.npz", delete, {"face_crops"}),
        ("label/clips/2019/p0_x.mp4", delete, {"label_clip"}),
        ("figures/accuracy.svg", cut_off, {"figures"}),
    ],
)
def test_one_file_alone(
    study: Path, name: str, damage: Callable[[Path], None], rules: set[str]
) -> None:
    path = study / "results" / name
    status, before = path.stat(), path.read_bytes()
    damage(path)
    process = snakemake(study, "--dry-run", *EVERYTHING, *GPU)
    path.write_bytes(before)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert process.returncode == 0, process.stdout
    assert rules <= jobs(process.stdout).keys()
    (said,) = [line for line in lines(process.stdout) if "made again" in line]
    assert f"results/{name}" in said
    assert jobs(snakemake(study, "--dry-run", *EVERYTHING, *GPU).stdout) == {}
