"""Broken raw FER JSON: one line says what is wrong, the same wherever the file is read."""

import subprocess
import sys
from pathlib import Path

import pytest
from facetally.emotions import EMOTIONS
from facetally.errors import RawFormatError
from facetally.faces.raw import read_raw
from facetally.faces.table import face_table
from facetally.video.status import VideoStatus, write_status
from support.clips import noise, write_clip
from support.repository import ROOT
from support.snakemake_runs import environment

SCORES = ", ".join(f'"{emotion}0": 0.1' for emotion in EMOTIONS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[\n{", ": is not JSON (line 2);"),
        ("\xff", ": is not JSON;"),
        ("[" * 100_000, ": is not JSON;"),
        ("{}", ": is not a JSON array;"),
        ("[0]", ", entry 0: has no frame and time;"),
        ('[{"frame": 0}]', ", entry 0: has no frame and time;"),
        ('[{"frame": -1, "time": 0}]', ", entry 0: frame -1 is not an index after -1;"),
        ('[{"frame": true, "time": 0}]', ", entry 0: frame True is not an index after -1;"),
        (
            '[{"frame": 20, "time": 0}, {"frame": 20, "time": 1}]',
            ", entry 1: frame 20 is not an index after 20;",
        ),
        ('[{"frame": 0, "time": "soon"}]', ", entry 0: time 'soon' is not a number of seconds;"),
        ('[{"frame": 0, "time": NaN}]', ", entry 0: time nan is not a number of seconds;"),
        ('[{"frame": 0, "time": 1e300}]', ", entry 0: time 1e+300 is not a number of seconds;"),
        ('[{"frame": 0, "time": -1e300}]', ", entry 0: time -1e+300 is not a number of seconds;"),
        (f'[{{"frame": 0, "time": 1{"0" * 400}}}]', ", entry 0: time 1000"),
        (
            '[{"frame": 0, "time": 0, "box0": [1, 2, 3, 4], "angry0": 1}]',
            ", entry 0: incomplete face (no disgust0);",
        ),
        (
            f'[{{"frame": 0, "time": 0, "box0": [1, 2, 3, 4.5], {SCORES}}}]',
            ", entry 0: incomplete face (a box of [1, 2, 3, 4.5]);",
        ),
        (
            '[{"frame": 0, "time": 0, "box0": [1, 2]}]',
            ", entry 0: incomplete face (a box of [1, 2]);",
        ),
        ('[{"frame": 0, "time": 0, "box0": 5}]', ", entry 0: incomplete face (a box of 5);"),
        (
            f'[{{"frame": 0, "time": 0, "box0": [1, 2, 3, 4], {SCORES}, "confidence0": 2}}]',
            ", entry 0: incomplete face (confidence0 is 2, not from 0 to 1);",
        ),
        *(
            (
                f'[{{"frame": 0, "time": 0, "box0": [1, 2, 3, 4], {scores}}}]',
                f", entry 0: incomplete face (angry0 is {said}, not from 0 to 1);",
            )
            for said, scores in {
                "nan": SCORES.replace("0.1", "NaN"),
                "inf": SCORES.replace("0.1", "Infinity"),
                "-0.5": SCORES.replace("0.1", "-0.5"),
                "None": SCORES.replace("0.1", "null"),
            }.items()
        ),
        (
            '[{"frame": 0, "time": 0, "size": 5}]',
            ", entry 0: incomplete face (a size of 5);",
        ),
        (
            f'[{{"frame": 0, "time": 0, "box0": [1, 2, 3, 4], {SCORES}, "landmarks0": [1]}}]',
            ", entry 0: incomplete face (landmarks of [1]);",
        ),
        (
            '[{"frame": 0, "time": 0, "box1": [1, 2, 3, 4]}]',
            ", entry 0: incomplete face (box1, but no box0);",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_and_entry(
    tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "clip.json"
    path.write_text(content, "latin-1")
    with pytest.raises(RawFormatError) as error:
        read_raw(path)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"{path}{said}")
    assert line.endswith("; delete it and run again")


def test_table_thumbnails_annotated_clips_and_crops_refuse_a_file_with_one_line(
    tmp_path: Path,
) -> None:
    write_clip(tmp_path / "a.mp4", noise(5))
    (tmp_path / "a.parquet").touch()
    write_status(tmp_path / "status.json", VideoStatus("a.mp4", 1))
    raw = tmp_path / "raw.json"
    raw.write_text(f'[{{"frame": 0, "time": 0, "box0": [1, 2, 3, 4], {SCORES}, "neut0": 0.5}}]')
    with pytest.raises(RawFormatError) as error:
        face_table({"a": raw})
    line = f"{raw}, entry 0: incomplete face (no pos0); delete it and run again"
    assert str(error.value) == line
    for script, options in {
        "thumbnails.py": ("--detectors=haar", "--pictures=a.parquet", "--thumbnails=a.json"),
        "annotate_video.py": ("--video=a.mp4", "--mp4=b.mp4", "--gif=b.gif"),
        "face_crops.py": ("--most=9", "--pictures=a.parquet", "--crops=a.npz"),
    }.items():
        process = subprocess.run(
            [
                *(sys.executable, ROOT / "workflow" / "scripts" / script),
                *(f"--raw={raw}", "--status=status.json"),
                *("--log=job.log", *options),
            ],
            cwd=tmp_path,
            env={**environment(), "PYTHONPATH": str(ROOT / "workflow")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (process.returncode, process.stderr) == (1, f"facetally: {line}\n")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"a.mp4", "a.parquet", "job.log", "raw.json", "status.json"}
