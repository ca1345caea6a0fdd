"""Forgetting a person leaves the name nowhere in what the workflow writes, and the user's files."""

import json
import re
from base64 import urlsafe_b64encode
from pathlib import Path

import polars as pl
import pytest
from facetally.errors import PeopleError
from facetally.faces.who_is_who import TRACKS as COLUMNS
from facetally.snakemake_compat.forget import forget
from facetally.study.contents import Digests
from facetally.study.outputs import EXPRESSIONS, TRACKS
from support.repository import ROOT

NAME, OTHER = "Ms Ählers", "Mr Brandt"
ESCAPED = json.dumps(NAME)[1:-1]

RAW = "results/raw/d/haar/debate.json"
OF_HER_VIDEO = "results/raw/d/haar/Ms Ählers_1.json"
MADE_AGAIN = (
    "results/people/d/shares.csv",
    "results/report/index.html",
    "results/report/videos/d/debate.html",
    "results/annotated/d/haar/debate.mp4",
    "results/galleries/thumbnails/d/debate.json",
    "results/finetuned/d/haar/model.onnx",
    "results/summary.csv",
)
KEPT = (
    RAW, "results/videos/d/debate.json", "results/models/pnet.onnx", "results/README.md",
    "results/identities/recognition.onnx", "results/logs/report.log", "results/my_notes.txt",
)  # fmt: skip
NAMING = (
    "results/logs/expressions.log",
    "results/my_list.txt",
    ".snakemake/log/1.snakemake.log",
    ".snakemake/auxiliary/x",
)


def record(output: str, params: str) -> tuple[str, str]:
    path = f".snakemake/metadata/{urlsafe_b64encode(output.encode()).decode()}"
    return path, json.dumps({"params": [params]})


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = dict.fromkeys((*MADE_AGAIN, OF_HER_VIDEO, *KEPT), "nobody")
    files |= dict.fromkeys(NAMING, f"a line\n{NAME}: another\n")
    files |= {"results/logs/check.log": NAME.upper(), "turns.csv": NAME, "other.csv": OTHER}
    files |= {".snakemake/locks/0.output.lock": NAME}
    files |= dict(
        [
            record(RAW, "'a'"),
            record(OF_HER_VIDEO, "'b'"),
            record("results/summary.csv", "'c'"),
            record("results/identities/references.npz", repr([NAME])),
            record(TRACKS, repr([NAME])),
        ]
    )
    lines = [(RAW, "a"), (OF_HER_VIDEO, "b"), ("results/summary.csv", "c"), (TRACKS, NAME)]
    stored = [
        json.dumps({"output": output, "sha256": "", "record": word}) for output, word in lines
    ]
    files["results/provenance.jsonl"] = "".join(f"{line}\n" for line in stored)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "people" / NAME).mkdir(parents=True)
    (tmp_path / "people" / NAME / "a.png").touch()
    digests = Digests()
    digests(Path("people", NAME, "a.png"))
    digests(Path("turns.csv"))
    digests.save()
    tracks = [("d", "haar", "debate", number, name) for number, name in enumerate((NAME, OTHER))]
    table = pl.DataFrame(tracks, list(COLUMNS)[:5], orient="row")
    missing = [pl.lit(None).alias(name) for name in COLUMNS if name not in table.columns]
    table.with_columns(missing).select(list(COLUMNS)).write_csv(TRACKS)
    pl.DataFrame({"person": [NAME, OTHER, None]}).write_parquet(EXPRESSIONS)
    return tmp_path


def naming(study: Path) -> set[str]:
    """The files below results and .snakemake that have the name in their bytes or path."""
    spelt = [NAME.encode(), ESCAPED.encode()]
    return {
        str(path.relative_to(study))
        for folder in ("results", ".snakemake")
        for path in (study / folder).rglob("*")
        if NAME in path.name
        or (path.is_file() and any(each.lower() in path.read_bytes().lower() for each in spelt))
    }


def test_the_name_is_nowhere_and_the_rest_stays(study: Path) -> None:
    line = forget("ms  ählers", ["turns.csv", "other.csv", f"people/{NAME}/a.png"], ["v/x.mp4"])
    # Another process holds its lock.
    assert naming(study) == {".snakemake/locks/0.output.lock"}
    assert not any((study / name).exists() for name in (*MADE_AGAIN, *NAMING, EXPRESSIONS))
    assert all((study / name).exists() for name in KEPT)
    assert pl.read_csv(TRACKS, schema=COLUMNS)["person"].to_list() == [OTHER]
    assert Path(record(RAW, "")[0]).exists()
    assert not Path(record("results/summary.csv", "")[0]).exists()
    (kept,) = Path("results/provenance.jsonl").read_text("utf-8").splitlines()
    assert json.loads(kept)["output"] == RAW
    assert not Path("results/people").exists()
    assert line == (
        f"removed ms  ählers (1 track of faces) and what the next run makes again (17 files); your "
        f"own files still have the name: people/{NAME}/a.png, turns.csv; remove it there, or the "
        "next run writes it again"
    )
    # Another is forgotten before the study has run again; she is not kept a second time.
    assert forget(OTHER, [], []).startswith(f"removed {OTHER} (1 track of faces)")
    with pytest.raises(PeopleError, match=f"nothing is kept of {NAME}"):
        forget(NAME, [], [])


@pytest.mark.usefixtures("study")
def test_what_a_process_saves_later_does_not_bring_a_name_back() -> None:
    run = Digests()
    forget(NAME, [], [])
    run(Path("other.csv"))
    run.save()
    assert set(json.loads(Path(".snakemake/facetally_digests.json").read_text())) == {
        "turns.csv",
        "other.csv",
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (None, "forget needs a person: snakemake forget --config forget=NAME --cores 1"),
        (" ", "forget needs a person: snakemake forget --config forget=NAME --cores 1"),
        ("\u200b", "forget needs a person: snakemake forget --config forget=NAME --cores 1"),
        ("Unknown", "forget: Unknown is no person's name; name a person: snakemake forget --config forget=NAME --cores 1"),
        ("not a  face", "forget: not a face is no person's name; name a person: snakemake forget --config forget=NAME --cores 1"),
        (" . ", "forget needs a person: snakemake forget --config forget=NAME --cores 1"),
        ("ählers", f"results: nothing is kept of ählers; it has something of {NAME}"),
        ("Nemo", f"results: nothing is kept of Nemo; it has something of {OTHER}, {NAME}"),
    ],
)  # fmt: skip
def test_of_nobody_nothing_is_removed(study: Path, name: str | None, message: str) -> None:
    before = naming(study)
    with pytest.raises(PeopleError, match=f"^{re.escape(message)}$"):
        forget(name, [], [])
    assert naming(study) == before


def test_no_log_of_the_rule_has_the_name() -> None:
    rule = (ROOT / "workflow/rules/identities.smk").read_text("utf-8").split("rule forget:")[1]
    assert "{params" not in rule
