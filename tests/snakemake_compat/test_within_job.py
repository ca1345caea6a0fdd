"""Within the job of a group, Snakemake starts with other arguments, once."""

from pathlib import Path

from facetally.snakemake_compat.within_job import ADDED, arguments_of_group

SUBMITTED = [
    *("--snakefile", "Snakefile", "--target-jobs", "a:b=1,c=2", "c:", "--allowed-rules", "a", "c"),
    *("--local-groupid", "5e", "--cores", "4", "--attempt", "1", "--force", "--no-hooks"),
]


def test_a_group_runs_in_one_snakemake_and_to_its_end() -> None:
    started = [*SUBMITTED, "--executor", "slurm-jobstep", "--jobs", "1", "--mode", "remote"]
    assert arguments_of_group(started, {}) == [*SUBMITTED, "--mode", "remote", *ADDED]


def test_it_is_started_once() -> None:
    again = arguments_of_group(SUBMITTED, {})
    assert again == [*SUBMITTED, *ADDED]
    assert arguments_of_group(again, {}) is None


def test_a_second_attempt_makes_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "x=1.json").touch()
    targets = ["find:video=x=1", "find:video=y", "tables:", "count:video=x=1"]

    def started(*targets: str) -> list[str]:
        return ["--target-jobs", *targets, "--local-groupid", "5e", "--attempt", "2", "--force"]

    made = {"find": f"{tmp_path}/{{video}}.json"}
    assert arguments_of_group(started(*targets), made) == [*started(*targets[1:]), *ADDED]
    # Without a target, Snakemake would make everything.
    assert arguments_of_group(started(targets[0]), made) == [*started(targets[0]), *ADDED]


def test_a_second_attempt_samples_again_only_for_jobs_that_are_left(tmp_path: Path) -> None:
    (tmp_path / "haar one.json").touch()
    targets = [
        *("resample_frames:dataset=d,video=one", "find:dataset=d,detector=haar,video=one"),
        *("resample_frames:dataset=d,video=two", "find:dataset=d,detector=haar,video=two"),
    ]
    made = {"find": f"{tmp_path}/{{detector}} {{video}}.json"}
    started = ["--target-jobs", *targets, "--local-groupid", "5e", "--attempt", "2", "--force"]
    again = arguments_of_group(started, made)
    assert again is not None
    assert again[1 : again.index("--local-groupid")] == targets[2:]


def test_other_jobs_go_on_as_they_are() -> None:
    assert arguments_of_group(["--cores", "4", "--attempt", "1", "--force"], {}) is None
