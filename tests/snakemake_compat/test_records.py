"""Records of what made a file belong to its content, and travel with it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from facetally.files import file_digest
from facetally.snakemake_compat.records import (
    CHANGED,
    INCOMPLETE,
    Records,
    Store,
    _place,
    correct_times,
)
from facetally.study.contents import Digests, note_rewritten

OUTPUT = "results/raw/2019/haar/one.json"
TABLE = "results/summary.csv"
FRAMES = "results/frames/2019/one.nut"
STORE = "results/raw/provenance.jsonl"


class Here:
    """Snakemake's records in a folder."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}

    def __call__(self, output: str) -> dict[str, Any] | None:
        return self.records.get(output)

    def made(
        self, params: str, output: str = OUTPUT, text: str = "[]", read: str = "input"
    ) -> None:
        """Write an output, and the record that Snakemake writes for it."""
        path = Path(output)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.records[output] = {
            "params": [params],
            "endtime": path.stat().st_mtime,
            "starttime": 1.0,
            "job_hash": 7,
            "code": "python /home/me/start.py",
            "shellcmd": "python /home/me/start.py",
            "input_checksums": {read: f"sha256:{file_digest(Path(read))}"},
        }


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """A working directory in which a job has just made OUTPUT from an input."""
    monkeypatch.chdir(tmp_path)
    Path(".snakemake").mkdir()
    Path("input").write_text("frames")
    found = Here()
    found.made("20")
    return found


def records(*outputs: str) -> Records:
    return Records(
        [Store(Path(STORE), outputs or (OUTPUT,))],
        Digests(),
        derived=[TABLE],
        beside={FRAMES: OUTPUT},
    )


def params(here: Here, output: str = OUTPUT) -> list[str] | None:
    """The parameters in the record that belongs to an output, among two of the study."""
    record = records(OUTPUT, TABLE).record(output, here)
    return record and record["params"]


def came(here: Here) -> dict[str, dict[str, Any]]:
    """Return the records that Snakemake gets because they came with files."""
    found: dict[str, dict[str, Any]] = {}
    records().adopt(here, found.__setitem__)
    return found


def listed() -> list[str]:
    """The outputs that the file of records lists, each with a record."""
    entries = [json.loads(line) for line in Path(STORE).read_text().splitlines()]
    assert all(entry["record"]["params"] == ["20"] for entry in entries)
    return [entry["output"] for entry in entries]


def lose_the_record(here: Here, time: float = 5.0) -> None:
    here.records.pop(OUTPUT, None)
    os.utime(OUTPUT, (time, time))


def test_a_record_comes_back_whatever_the_time(here: Here) -> None:
    records().keep(here, here.records.__setitem__)
    lose_the_record(here)
    record = records().record(OUTPUT, here)
    assert record is not None
    assert (record["params"], record["endtime"]) == (["20"], 5.0)


def test_a_file_that_was_made_here_last_has_its_own_record(here: Here) -> None:
    records().keep(here, here.records.__setitem__)
    here.made("30")
    assert params(here) == ["30"]
    assert came(here) == {}


def test_what_no_record_describes_is_unknown(here: Here) -> None:
    lose_the_record(here)
    assert params(here) is None
    assert records().is_unknown(OUTPUT)
    Path(OUTPUT).unlink()
    assert not records().is_unknown(OUTPUT)


def test_an_edited_file_is_unknown(here: Here) -> None:
    records().keep(here, here.records.__setitem__)
    Path(OUTPUT).write_text("[1]")
    os.utime(OUTPUT, (5, 5))
    assert params(here) is None


def test_a_store_that_was_checked_out_describes_files_of_the_same_content(here: Here) -> None:
    records().keep(here, here.records.__setitem__)
    earlier = Path(STORE).read_bytes()
    here.made("30")  # The same bytes by other parameters.
    records().keep(here, here.records.__setitem__)
    assert params(here) == ["30"]
    Path(STORE).write_bytes(earlier)
    assert params(here) == ["20"]
    assert {output: record["params"] for output, record in came(here).items()} == {OUTPUT: ["20"]}


def test_what_is_made_after_a_checkout_is_newer_than_what_was_checked_out(here: Here) -> None:
    records().keep(here, here.records.__setitem__)
    earlier = Path(STORE).read_bytes()
    here.made("30")
    records().keep(here, here.records.__setitem__)
    Path(STORE).write_bytes(earlier)
    run = records()
    run.adopt(here, here.records.__setitem__)
    here.made("40")  # The same bytes again.
    run.keep(here, here.records.__setitem__)
    assert params(here) == ["40"]
    lose_the_record(here)
    assert params(here) == ["40"]


def test_keeping_again_changes_nothing_but_for_news(here: Here) -> None:
    records().keep(here, here.records.__setitem__)
    first = Path(STORE).read_bytes()
    lose_the_record(here)
    records().keep(here, here.records.__setitem__)
    assert Path(STORE).read_bytes() == first
    here.made("20", text="[2]")
    records().keep(here, here.records.__setitem__)
    assert Path(STORE).read_bytes() != first


def test_reading_writes_nothing(here: Here, tmp_path: Path) -> None:
    records().keep(here, here.records.__setitem__)
    lose_the_record(here)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert params(here) == ["20"]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_nothing_of_the_machine_travels(here: Here) -> None:
    records().keep(here, here.records.__setitem__)
    assert "/home/me" not in Path(STORE).read_text()


def test_a_store_forgets_files_that_are_gone_and_keeps_those_not_asked_for(here: Here) -> None:
    other = OUTPUT.replace("2019", "2020")
    here.made("20", other)
    records(OUTPUT, other).keep(here, here.records.__setitem__)
    records().keep(here, here.records.__setitem__)
    assert len(Path(STORE).read_text().splitlines()) == 2
    Path(other).unlink()
    records().keep(here, here.records.__setitem__)
    assert [json.loads(line)["output"] for line in Path(STORE).read_text().splitlines()] == [
        OUTPUT
    ]


@pytest.mark.parametrize("broken", ["{", '{"output": "results', '[1]\n{"a": 1}\n'])
def test_a_broken_store_describes_nothing(here: Here, broken: str) -> None:
    records().keep(here, here.records.__setitem__)
    Path(STORE).write_text(broken)
    lose_the_record(here)
    assert params(here) is None


def test_what_is_made_from_other_raw_files_is_unknown(here: Here) -> None:
    here.made("20", TABLE, read=OUTPUT)
    assert params(here, TABLE) == ["20"]
    Path(OUTPUT).write_text("[3]")
    assert params(here, TABLE) is None


def test_what_failed_is_not_kept(here: Here) -> None:
    place = _place(INCOMPLETE, OUTPUT)
    place.parent.mkdir(parents=True)
    place.touch()
    records().keep(here, here.records.__setitem__)
    assert not Path(STORE).exists()


def test_temporary_files_have_a_record_while_they_are_there_and_then_their_jobs(
    here: Here,
) -> None:
    here.made("20", FRAMES)
    assert params(here, FRAMES) == ["20"]
    Path(FRAMES).unlink()
    here.made("30")
    assert params(here, FRAMES) == ["30"]
    Path(OUTPUT).unlink()
    assert params(here, FRAMES) is None
    assert not records().is_unknown(FRAMES)


def test_an_edit_shows_though_the_time_is_set_back(here: Here) -> None:
    kept = records()
    kept.keep(here, here.records.__setitem__)
    kept._digest.save()
    status = Path(OUTPUT).stat()
    Path(OUTPUT).write_text("[1]")
    os.utime(OUTPUT, ns=(status.st_atime_ns, status.st_mtime_ns))
    for _ in range(2):  # The first run may be a dry one.
        run = records()
        assert run.record(OUTPUT, here) is None
        assert run.faults == {OUTPUT: CHANGED}
        assert run.is_unknown(FRAMES)
        run._digest.save()
    # What its job makes has another time.
    here.made("30", text="[2]")
    assert params(here) == ["30"]


def test_what_is_rewritten_on_purpose_keeps_its_record(here: Here) -> None:
    records().keep(here, here.records.__setitem__)
    Path(OUTPUT).write_text("[1]")
    os.utime(OUTPUT, (5, 5))
    note_rewritten(Path(OUTPUT))
    records().keep(here, here.records.__setitem__)
    assert params(here) == ["20"]
    lose_the_record(here)
    assert params(here) == ["20"]
    Path(OUTPUT).write_text("[2]")
    assert params(here) is None


def test_what_other_code_made_is_accepted_by_name_and_its_record_stays(here: Here) -> None:
    old, new, other = (letter * 16 for letter in "abc")
    here.made(repr(old))
    for accept_code, shown in (([], old), ([other], old), ([other, old], new)):
        kept = Records(
            [Store(Path(STORE), [OUTPUT])], Digests(), accepted={OUTPUT: new},
            accept_code=accept_code,
        )  # fmt: skip
        record = kept.record(OUTPUT, here)
        assert record is not None
        assert record["params"] == [repr(shown)]
        kept.keep(here, here.records.__setitem__)
        entry = Store(Path(STORE), [OUTPUT]).entry(OUTPUT)
        assert entry is not None
        assert entry["record"]["params"] == [repr(old)]


def test_a_line_that_is_cut_off_affects_no_other_and_is_written_again(here: Here) -> None:
    other = OUTPUT.replace("2019", "2020")
    here.made("20", other)
    records(OUTPUT, other).keep(here, here.records.__setitem__)
    whole = Path(STORE).read_bytes()
    for cut in (whole[:-1], whole[:-30], whole[: whole.index(b"\n") + 20]):
        Path(STORE).write_bytes(cut)
        del here.records[other]
        run = records(OUTPUT, other)
        assert run.record(OUTPUT, here)
        assert run.record(other, here) is None
        assert run.faults == {other: f"{STORE} is damaged in line 2"}
        here.made("20", other)
        records(OUTPUT, other).keep(here, here.records.__setitem__)
        assert listed() == [OUTPUT, other]


def test_what_git_puts_between_two_versions_loses_no_record(here: Here) -> None:
    records().keep(here, here.records.__setitem__)
    (ours,) = Path(STORE).read_text().splitlines(keepends=True)
    theirs = ours.replace(file_digest(Path(OUTPUT)), "0" * 64).replace("'20'", "'30'")
    for first, second in ((ours, theirs), (theirs, ours)):
        Path(STORE).write_text(f"<<<<<<< HEAD\n{first}=======\n{second}>>>>>>> branch\n")
        lose_the_record(here)
        assert params(here) == ["20"]
        records().keep(here, here.records.__setitem__)
        assert listed() == [OUTPUT]


@pytest.mark.parametrize("name", ["é" * 80, "x" * 240])
def test_marks_of_long_names_are_where_snakemake_puts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from snakemake.persistence.file import FilePersistence

    monkeypatch.chdir(tmp_path)
    output = f"results/raw/2019/haar/{name}.json"
    persistence = FilePersistence()
    persistence._mark_incomplete(output, None)
    assert _place(INCOMPLETE, output).is_file()


@pytest.mark.usefixtures("here")
def test_times_in_the_future_are_set_to_now() -> None:
    os.utime(OUTPUT, (4e9, 4e9))
    correct_times([OUTPUT, "missing"], 1e9)
    assert Path(OUTPUT).stat().st_mtime == 1e9


PICTURES = "results/pictures/2019/one/faces/haar.parquet"


def with_pictures() -> Records:
    store = Store(Path(STORE), (OUTPUT, PICTURES))
    return Records([store], Unread(), unread={PICTURES: OUTPUT})


class Unread(Digests):
    """Checksums of all but pictures."""

    def __call__(self, path: Path) -> str:
        assert path != Path(PICTURES)
        return super().__call__(path)

    def keep(self, path: Path) -> str:
        assert path != Path(PICTURES)
        return super().keep(path)


def test_pictures_have_the_record_of_their_raw_file_and_are_not_read(here: Here) -> None:
    here.made("20", PICTURES, "pictures")
    assert with_pictures().record(PICTURES, here)["params"] == ["20"]  # type: ignore[index]
    with_pictures().keep(here, lambda *_: None)
    lines = [json.loads(line) for line in Path(STORE).read_text().splitlines()]
    assert [(line["output"], bool(line["sha256"])) for line in lines] == [
        (PICTURES, False),
        (OUTPUT, True),
    ]
    assert with_pictures().was_there(PICTURES)
    # A clone has no records of its own, and other times.
    os.utime(PICTURES, (5, 5))
    nowhere = Here()
    assert with_pictures().record(PICTURES, nowhere)["endtime"] == 5  # type: ignore[index]
    written: dict[str, dict[str, Any]] = {}
    with_pictures().adopt(nowhere, written.__setitem__)
    assert written.keys() == {OUTPUT, PICTURES}
    # Another raw file has other pictures.
    Path(OUTPUT).write_text("[1]")
    assert with_pictures().record(PICTURES, nowhere) is None
    Path(PICTURES).unlink()
    assert with_pictures().record(PICTURES, nowhere) is None
