"""A study of a recording of two people, whose turns are typed."""

import json
import re
import shutil
import subprocess
import sys
from itertools import cycle
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest
from facetally.emotions import CLASS_OF, EMOTIONS
from support.clips import write_clip
from support.networks import Networks
from support.repository import ROOT
from support.snakemake_runs import GPU, jobs, lines, snakemake
from support.studies import write_config

TURN_S = 10
TURNS = 9
RATE = 25

NAMES = ("Anna", "Bert")
TYPED = "filename,start,end,person\n" + "".join(
    f"debate,{TURN_S * number},0:{TURN_S * (number + 1) // 60:02}:{TURN_S * (number + 1) % 60:02},"
    f"{NAMES[number % 2]}\n"
    for number in range(TURNS)
)


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


@pytest.fixture(scope="module")
def debate(
    tmp_path_factory: pytest.TempPathFactory, clips_of_people: Path, networks: Networks
) -> Path:
    """A finished study of 90 s in which two speakers alternate every ten seconds."""
    folder = networks(tmp_path_factory.mktemp("debate"))
    shown = [pictures(clips_of_people / "people" / f"speaker_{name}.mp4") for name in "ab"]
    # Forwards and backwards, so that nothing jumps.
    speakers = [cycle(there + there[::-1]) for there in shown]
    frames = (next(speakers[number // (TURN_S * RATE) % 2]) for number in range(90 * RATE))
    write_clip(folder / "clips" / "debate.mp4", frames, options={"preset": "ultrafast"})
    (folder / "turns.csv").write_text(TYPED)
    (folder / "topics.csv").write_text("filename,start,end,event\ndebate,0,45,tax\n")
    write_config(
        folder,
        datasets={"d": {"videos": "clips"}},
        people="turns.csv",
        events="topics.csv",
        segment_seconds=30,
        detectors=["haar"],
    )
    process = snakemake(folder, *GPU)
    assert process.returncode == 0, process.stdout
    assert lines(process.stdout) == []
    assert "| d       | Anna   | haar     |" in process.stdout
    assert "no labels" not in process.stdout
    return folder


def by_hand(folder: Path, person: str, begin: float = 0, end: float = 90) -> list[str]:
    """Emotions with the highest score in the frames of a person's turns, from raw FER JSON."""
    found = []
    for record in json.loads((folder / "results/raw/d/haar/debate.json").read_text()):
        of_turn = NAMES[int(record["time"] // TURN_S) % 2]
        if of_turn == person and begin <= record["time"] < end and "box0" in record:
            found.append(max(EMOTIONS, key=lambda emotion: record[f"{emotion}0"]))
    return found


@pytest.mark.parametrize("person", NAMES)
def test_shares_are_those_of_the_raw_files(debate: Path, person: str) -> None:
    table = pl.read_csv(debate / "results" / "people" / "d" / "shares.csv")
    row = table.filter(person=person).row(0, named=True)
    found = by_hand(debate, person)
    assert found
    for emotion in EMOTIONS:
        assert row[f"share_{emotion}"] == pytest.approx(found.count(emotion) / len(found))
    positive = sum(CLASS_OF[emotion] == "Pos" for emotion in found)
    assert row["share_pos"] == pytest.approx(positive / len(found))
    assert (row["unit"], row["units"]) == ("turn", 5 if person == "Anna" else 4)
    events = pl.read_csv(debate / "results" / "people" / "d" / "events.csv")
    within = events.filter(event="tax", person=person).row(0, named=True)
    found = by_hand(debate, person, 0, 45)
    assert within["share_happy"] == pytest.approx(found.count("happy") / len(found))


def test_each_segment_is_of_its_seconds(debate: Path) -> None:
    time = pl.read_csv(debate / "results" / "people" / "d" / "time.csv")
    assert set(time["segment"]) == {0, 1, 2}
    assert (time["end_time"] - time["start_time"]).max() < 30


def test_a_turn_corrected_runs_the_tables_of_people(debate: Path, tmp_path: Path) -> None:
    study = Path(shutil.copytree(debate, tmp_path / "study", symlinks=True))
    path = study / "turns.csv"
    path.write_text(path.read_text().replace("Bert", "Carl"))
    with (study / "topics.csv").open("a") as topics:
        topics.write("debate,1:40,1:50,late\n")
    process = snakemake(study, *GPU)
    assert process.returncode == 0, process.stdout
    (line,) = lines(process.stdout)
    assert line.startswith(
        "facetally: topics.csv: 1 of 2 events is in no table: row 3 (debate: begins at 100 s, "
        "after the last sampled frame at 89."
    )
    said = line.removeprefix("facetally: ")
    assert said in (study / "results/people.md").read_text().splitlines()
    assert f'<p class="note">{said}</p>' in (study / "results/report/index.html").read_text()
    assert jobs(process.stdout).keys() == {
        "expressions",
        "people",
        "events",
        "people_overview",
        "metrics",
        "figures",
        "portraits",
        "report",
    } | {"all"}
    assert set(pl.read_csv(study / "results/people/d/shares.csv")["person"].drop_nulls()) == {
        "Anna",
        "Carl",
    }


def test_a_file_of_people_that_cannot_be_used_is_refused(debate: Path, tmp_path: Path) -> None:
    study = Path(shutil.copytree(debate, tmp_path / "study", symlinks=True))
    (study / "turns.csv").write_text(TYPED + "debate,15,16,Carl\n")
    process = snakemake(study, *GPU)
    assert process.returncode != 0
    assert lines(process.stdout) == [
        "facetally: turns.csv: debate: rows 3 and 11 overlap in time; end one turn before "
        "the next begins"
    ]


def test_a_recording_of_several_people_does_not_silently_count_as_one(
    debate: Path, tmp_path: Path
) -> None:
    """Its cuts are known, so that only the tables of people run."""
    videos = pl.read_csv(debate / "results/people/d/videos.csv")
    assert videos.select("cuts", "given", "several").rows() == [(TURNS - 1, True, False)]
    shots = pl.read_csv(debate / "results/shots.csv")
    assert set(TURN_S * np.arange(TURNS)) <= {round(start) for start in shots["start"]}
    study = Path(shutil.copytree(debate, tmp_path / "study", symlinks=True))
    config = study / "config.yaml"
    config.write_text(config.read_text().replace("people: turns.csv\n", ""))
    process = snakemake(study, *GPU)
    assert process.returncode == 0, process.stdout
    assert not jobs(process.stdout).keys() & {"sample_frames", "detect_emotions", "problems"}
    line = (
        f"d: 1 of 1 video may show several people, yet each counts as one person: debate "
        f"({TURNS - 1} cuts); to say who is seen when, set people in config.yaml: see docs/people.md"
    )
    assert lines(process.stdout) == [f"facetally: {line}"]
    assert (study / "results/people.md").read_text().endswith(f"\n\n{line}\n")
    videos = pl.read_csv(study / "results/people/d/videos.csv")
    assert videos.select("cuts", "given", "several").rows() == [(TURNS - 1, False, True)]


def documented(language: str) -> str:
    page = (ROOT / "docs" / "people.md").read_text("utf-8")
    (program,) = re.findall(rf"^```{language}\n(.+?)^```$", page, flags=re.M | re.S)
    return str(program)


@pytest.mark.parametrize(
    ("language", "command"),
    [("python", [sys.executable, "-c"]), ("r", ["Rscript", "-e"])],
)
def test_the_documented_programs_give_the_same_shares(
    debate: Path, language: str, command: list[str]
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}")
    said = subprocess.run(
        [*command, documented(language)], cwd=debate, capture_output=True, text=True, check=True
    ).stdout
    found = by_hand(debate, "Anna")
    for emotion in set(found):
        assert str(round(found.count(emotion) / len(found), 3)) in said
