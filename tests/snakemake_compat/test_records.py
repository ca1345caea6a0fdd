"""Records of what made a file belong to its content, and travel with it."""

import json
import os
from pathlib import Path

import pytest
from facetally.files import file_digest
from facetally.snakemake_compat import records as provenance
from facetally.snakemake_compat.records import (
    Digests,
    Store,
    disown_outdated,
    forget,
)
from facetally.study.code import code_digest
from facetally.study.prune import prune

VERSION = 6
OUTPUT = "results/raw/2019/haar/one.json"
STORE = "results/raw/provenance.jsonl"


@pytest.fixture(autouse=True)
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory in which a job has just made OUTPUT from an input."""
    monkeypatch.chdir(tmp_path)
    Path(".snakemake").mkdir()
    Path("input").write_text("frames")
    made("20")
    return tmp_path


def made(params: str, output: str = OUTPUT, text: str = "[]") -> None:
    """Write an output, and the record that Snakemake writes of it."""
    path = Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    record = {
        "params": [params],
        "endtime": path.stat().st_mtime,
        "starttime": 1.0,
        "job_hash": 7,
        "input_checksums": {"input": f"sha256:{file_digest(Path('input'))}"},
    }
    provenance._write_record(output, record)


def params() -> list[str]:
    return list(provenance._read_record(OUTPUT).get("params", []))


def restore() -> list[str]:
    return Store(Path(STORE), [OUTPUT]).restore(Digests(), VERSION)


def keep() -> None:
    Store(Path(STORE), [OUTPUT]).keep(Digests())


def lose_the_record(time: float = 5.0) -> None:
    provenance._place(provenance.RECORDS, OUTPUT).unlink()
    os.utime(OUTPUT, (time, time))


def test_a_record_comes_back_whatever_the_time() -> None:
    keep()
    lose_the_record()
    assert restore() == [OUTPUT]
    assert params() == ["20"]
    assert provenance._read_record(OUTPUT)["endtime"] == 5.0
    assert restore() == []


def test_nothing_is_restored_where_the_file_was_made_last() -> None:
    keep()
    made("30")
    assert restore() == []
    assert params() == ["30"]


def test_what_no_record_describes_is_disowned() -> None:
    lose_the_record()
    assert restore() == [OUTPUT]
    assert params() == ["something unknown"]
    assert provenance._read_record(OUTPUT)["record_format_version"] == VERSION


def test_an_edited_file_is_disowned() -> None:
    keep()
    Path(OUTPUT).write_text("[1]")
    os.utime(OUTPUT, (5, 5))
    restore()
    assert params() == ["something unknown"]


def test_a_store_that_was_checked_out_describes_files_of_the_same_content() -> None:
    keep()
    earlier = Path(STORE).read_bytes()
    made("30")  # The same bytes by other parameters.
    keep()
    assert params() == ["30"]
    Path(STORE).write_bytes(earlier)
    assert restore() == [OUTPUT]
    assert params() == ["20"]


def test_keeping_again_changes_nothing_but_for_news() -> None:
    keep()
    first = Path(STORE).read_bytes()
    lose_the_record()
    restore()
    keep()
    assert Path(STORE).read_bytes() == first
    made("20", text="[2]")
    keep()
    assert Path(STORE).read_bytes() != first


def test_a_store_forgets_files_that_are_gone_and_keeps_those_not_asked_for() -> None:
    other = OUTPUT.replace("2019", "2020")
    made("20", other)
    Store(Path(STORE), [OUTPUT, other]).keep(Digests())
    keep()
    assert len(Path(STORE).read_text().splitlines()) == 2
    Path(other).unlink()
    keep()
    assert [json.loads(line)["output"] for line in Path(STORE).read_text().splitlines()] == [
        OUTPUT
    ]


def test_a_broken_store_describes_nothing() -> None:
    keep()
    Path(STORE).write_text("{")
    lose_the_record()
    restore()
    assert params() == ["something unknown"]


def test_files_made_from_other_content_are_disowned() -> None:
    disown_outdated([OUTPUT], Digests(), VERSION)
    assert params() == ["20"]
    Path("input").write_text("others")
    disown_outdated([OUTPUT], Digests(), VERSION)
    assert params() == ["something unknown"]


def test_records_of_files_that_are_not_there_can_be_forgotten() -> None:
    forget([OUTPUT])
    assert params() == ["20"]
    Path(OUTPUT).unlink()
    forget([OUTPUT])
    assert params() == []


@pytest.mark.parametrize("name", ["é" * 80, "x" * 240])
def test_long_names(name: str) -> None:
    output = f"results/raw/2019/haar/{name}.json"
    made("20", output)
    assert provenance._read_record(output)["params"] == ["20"]


def test_checksums_are_taken_again_only_of_what_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digests = Digests()
    first = digests(Path("input"))
    digests.save()
    read: list[Path] = []
    monkeypatch.setattr(provenance, "file_digest", lambda path: read.append(path) or "new")
    again = Digests()
    assert again(Path("input")) == first
    assert not read
    status = Path("input").stat()
    Path("input").write_text("FRAMES")
    os.utime("input", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert again(Path("input")) == "new"


def test_code_is_what_scripts_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "workflow" / "facetally"
    scripts = tmp_path / "workflow" / "scripts"
    for folder in (package, scripts):
        folder.mkdir(parents=True)
    (scripts / "job.py").write_text("from facetally.a import x\nimport os\n")
    (package / "a.py").write_text("def x():\n    from facetally import b\n")
    (package / "b.py").write_text("import facetally.c\n")
    (package / "c.py").write_text("")
    (package / "d.py").write_text("")
    monkeypatch.setattr(provenance, "PACKAGE", package)
    monkeypatch.setattr(provenance, "SCRIPTS", scripts)

    def digest() -> str:
        code_digest.cache_clear()
        return code_digest("job")

    before = digest()
    (package / "d.py").write_text("y = 1")
    os.utime(package / "a.py", (1, 1))
    assert digest() == before
    (package / "c.py").write_text("y = 1")
    assert digest() != before
    code_digest.cache_clear()


def test_templates_count_for_what_fills_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("scripts", "templates"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(provenance, name.upper(), tmp_path / name)
    (tmp_path / "scripts" / "page.py").write_text("import jinja2")
    (tmp_path / "scripts" / "table.py").write_text("import csv")
    (tmp_path / "templates" / "page.html").write_text("one")
    before = {name: code_digest(name) for name in ("page", "table")}
    (tmp_path / "templates" / "page.html").write_text("two")
    code_digest.cache_clear()
    assert code_digest("page") != before["page"]
    assert code_digest("table") == before["table"]
    code_digest.cache_clear()


def test_detection_depends_on_both_engines() -> None:
    found = {
        path.stem for path in provenance._imported((provenance.PACKAGE / "engine.py").read_bytes())
    }
    assert {"onnx_engine", "fer_engine", "raw", "video"} <= found


def test_pruning_takes_pictures_pages_and_clips_too() -> None:
    kept = ["pictures/thumbnails/2019/one.json", "report/videos/2020/two.html"]
    gone = [
        "annotated/2019/haar/two.gif",
        "annotated/2019/haar/two.mp4",
        "crops/2019/haar/two.npz",
        "pictures/thumbnails/2019/two.json",
        "report/videos/2019/two.html",
    ]
    for name in kept + gone:
        path = Path("results", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    removed = prune(Path("results"), {"2019": ["one"], "2020": ["two"]}, ["haar"])
    assert sorted(removed) == [Path("results", name) for name in gone]
    assert all(Path("results", name).exists() for name in kept)


def test_pruning_takes_only_what_has_no_video() -> None:
    for name in ("2019/haar/two", "2019/mtcnn/two", "2020/haar/two", "2018/haar/two"):
        path = Path(f"results/raw/{name}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    removed = prune(Path("results"), {"2019": ["one"], "2020": ["two"]}, ["haar"])
    assert removed == [Path("results/raw/2019/haar/two.json")]
    assert Path(OUTPUT).exists()
    assert Path("results/raw/2019/mtcnn/two.json").exists()
