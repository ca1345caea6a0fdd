"""Every command of the documentation is planned, checked or run, or it says why not.

Commands are the lines of blocks marked ``sh`` and what stands between backticks and begins as a
command does. Those of Snakemake are planned here on a study of the names that the pages use, those
of make too, and benchmarks must take the options that the pages give them. The others are in
ELSEWHERE or in NOT_RUN.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.pages import FENCED, PAGES
from support.repository import ROOT
from support.snakemake_runs import snakemake
from support.studies import write_config

BEGINNINGS = (
    "./",
    ".venv/bin/",
    "apptainer ",
    "benchmarks/",
    "cp ",
    "docker ",
    "dvc ",
    "echo ",
    "git ",
    "make ",
    "PYTHONPATH=",
    "python ",
    "pytest ",
    "snakemake ",
    "source ",
)

MERGED = "tests/workflow/test_dvc.py::test_two_branches_that_each_added_a_video_are_merged"

ELSEWHERE = {
    "snakemake --unlock": "tests/workflow/test_faults.py::test_killed_again_and_again",
    "snakemake --version": "tests/workflow/test_commands.py::test_the_version",
    "snakemake --lint": "tests/workflow/test_workflow.py"
    "::test_the_workflow_can_be_linted_where_no_study_is",
    "snakemake --report report.html": "tests/workflow/test_workflow.py"
    "::test_snakemakes_own_report_is_written",
    "snakemake facetally_study --cores 8 --resources gpu=1": "tests/workflow/test_modules.py"
    "::test_a_module_runs_a_study_to_the_same_tables",
    "snakemake --snakefile /path/to/facetally/Snakefile --directory /path/to/study --cores 8 "
    "--resources gpu=1": "tests/workflow/test_ends.py"
    "::test_a_study_in_another_folder_ends_with_its_own_tables",
    "snakemake --cores 8 --resources gpu=1 --software-deployment-method conda": "tests/workflow"
    "/test_conda_jobs.py::test_jobs_run_in_an_environment_that_is_the_lock",
    "snakemake --profile workflow/profiles/tables --cores 8": "tests/workflow/test_scale.py"
    "::test_parts_and_the_tables_after_them_give_what_one_run_gives",
    "python workflow/scripts/prune.py": "tests/workflow/test_ends.py"
    "::test_results_of_a_detector_and_a_dataset_that_are_gone_are_named",
    "dvc add data/2019": "tests/workflow/test_dvc.py::published",
    "dvc remote add --default store /mnt/backup/store": "tests/workflow/test_dvc.py::published",
    "dvc remote add --default store s3://bucket/path": "tests/workflow/test_dvc.py"
    "::test_through_s3",
    "dvc repro": "tests/workflow/test_dvc.py::test_repro_twice_skips_both_stages",
    "dvc push": "tests/workflow/test_dvc.py::published",
    'git add . && git commit -m "The study" && dvc push': "tests/workflow/test_dvc.py::published",
    "dvc pull": "tests/workflow/test_dvc.py::test_a_pulled_clone_has_nothing_to_do",
    "git merge other": MERGED,
    "git checkout --theirs dvc.lock data/2019.dvc && dvc checkout --force": MERGED,
    "git checkout --ours dvc.lock data/2019.dvc && dvc checkout --force": MERGED,
    "cp -r merging/2019 data": MERGED,
    "cp -r merging/raw merging/videos merging/pictures results": MERGED,
    "git add . && git commit": MERGED,
    "dvc add data/people": "tests/test_private_files.py"
    "::test_the_commands_of_the_documentation_take_them_to_dvc_alone",
    "git add .": "tests/test_private_files.py"
    "::test_the_commands_of_the_documentation_take_them_to_dvc_alone",
    "dvc checkout": "tests/workflow/test_dvc.py::test_an_earlier_commit_checked_out",
    "dvc dag": "tests/workflow/test_dvc.py::test_what_dvc_shows",
    "dvc metrics show": "tests/workflow/test_dvc.py::test_what_dvc_shows",
    "dvc plots show": "tests/workflow/test_dvc.py::test_what_dvc_shows",
    "dvc metrics diff": "tests/workflow/test_dvc.py::test_an_earlier_commit_checked_out",
    "dvc metrics diff HEAD~1": "tests/workflow/test_dvc.py::test_an_earlier_commit_checked_out",
    "git checkout COMMIT && dvc checkout": "tests/workflow/test_dvc.py"
    "::test_an_earlier_commit_checked_out",
    'echo "-q gpu.q -P lab" > .sge_request': "tests/cluster/test_clusters.py"
    "::test_without_gpus_in_a_queue_and_a_project",
    "pytest tests/test_fuzz.py --hypothesis-profile=long": "tests/test_fuzz.py"
    "::test_any_configuration",
}
"""By which test or fixture a command is run, with the test's own names and numbers."""

NOT_RUN = {
    "source .venv/bin/activate": "a shell's own; the tests put .venv/bin onto PATH",
    "git clone ... && cd facetally": "nothing of this project runs",
    "make .venv/study && source .venv/bin/activate": "CI runs make test, which makes .venv/study",
    "git push": "nothing of this project runs",
    "git add --force": "nothing of this project runs",
    "git filter-repo": "nothing of this project runs",
    "git rm --cached FILE": "nothing of this project runs",
    "dvc gc": "nothing of this project runs",
    "cp results/finetuned/2019/mtcnn/model.{onnx,yaml} ../other/": "nothing of this project runs",
    "docker build --file envs/Dockerfile --tag facetally .": "needs Docker; the steps of the recipe "
    "are run by tests/envs/test_containers.py",
    'docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD":/study facetally snakemake '
    "--cores 8 --resources gpu=1": "needs Docker",
    "apptainer build facetally.sif envs/apptainer.def": "needs Apptainer; the steps of the recipe "
    "are run by tests/envs/test_containers.py",
    "apptainer run facetally.sif snakemake --cores 8 --resources gpu=1": "needs Apptainer",
    "PYTHONPATH=workflow .venv/bin/import-linter drawgraph facetally "
    "| grep -vE '\"\\.(emotions|errors|files)\"' "
    '| sed -E \'s/"\\.(\\w+)"/"\\1"/g; s/ \\[label=.*//; /concentrate/d\' '
    "| dot -Grankdir=BT -Edir=back -Nshape=box -Tsvg -o docs/packages.svg": "needs Graphviz",
}

STAND_INS = {
    "NAME": "one",
    "{dataset}": "2019",
    "{detector}": "haar",
    "{video}": "one",
    "$part": "1",
}
"""What names of the pages mean in the study here."""


def commands() -> set[str]:
    found = set()
    for page in PAGES:
        if page.name == "CHANGELOG.md":
            continue
        text = page.read_text("utf-8")
        for indent, block in re.findall(r"^( *)```sh\n(.*?)^ *```", text, re.M | re.S):
            block = re.sub(rf"^{indent}", "", block, flags=re.M).replace("\\\n", " ")
            found |= {re.sub(r"\s+# .*", "", line) for line in block.splitlines()}
        found |= set(re.findall(r"`([^`\n]+)`", FENCED.sub("", text)))
    words = (" ".join(one.replace("\\|", "|").split()) for one in found)
    return {one for one in words if one.startswith(BEGINNINGS) and " " in one}


COMMANDS = sorted(commands())


def of_snakemake(command: str) -> bool:
    return command.startswith("snakemake ") and command not in ELSEWHERE


def of_make(command: str) -> bool:
    return command.startswith("make ") and command not in NOT_RUN


def of_benchmarks(command: str) -> bool:
    return bool(re.match(r"(\.venv/bin/python |python )?benchmarks/", command))


def test_each_command_is_run_or_says_why_not() -> None:
    known = {*filter(of_snakemake, COMMANDS), *filter(of_make, COMMANDS)}
    known |= {*filter(of_benchmarks, COMMANDS), *ELSEWHERE, *NOT_RUN}
    assert set(COMMANDS) - known == set()
    assert {*ELSEWHERE, *NOT_RUN} - set(COMMANDS) == set()


@pytest.mark.parametrize("test", sorted(set(ELSEWHERE.values())))
def test_those_that_are_run_elsewhere_are(test: str) -> None:
    path, _, name = test.partition("::")
    assert f"\ndef {name}(" in (ROOT / path).read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    for year in ("2019", "2020"):
        (folder / "data" / year).mkdir(parents=True)
        rows = ["filename,label", "one,Neutral", "two,Positive", "three,Positive", "four,Neutral"]
        for row in rows[1:]:
            (folder / "data" / year / f"{row.partition(',')[0]}.mp4").touch()
        (folder / "data" / f"{year}.csv").write_text("\n".join(rows))
    datasets = {
        year: {"videos": f"data/{year}", "labels": f"data/{year}.csv"} for year in ("2019", "2020")
    }
    write_config(folder, datasets=datasets, people={"identify": True})
    (folder / "workflow").symlink_to(ROOT / "workflow")
    return folder


@pytest.mark.parametrize("command", list(filter(of_snakemake, COMMANDS)))
def test_snakemake_can_plan_it(folder: Path, command: str) -> None:
    for name, stand_in in STAND_INS.items():
        command = command.replace(name, stand_in)
    _, *arguments = shlex.split(command.replace(" 2>&1 | less", "").removesuffix(" ..."))
    process = snakemake(folder, *arguments, "--dry-run")
    assert process.returncode == 0, process.stdout


@pytest.mark.parametrize("command", list(filter(of_make, COMMANDS)))
def test_make_has_it(command: str) -> None:
    _, *arguments = shlex.split(command)
    if arguments == ["parity"]:
        arguments.append("VIDEO=clip.mp4")
    process = subprocess.run(
        ["make", "--dry-run", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("command", list(filter(of_benchmarks, COMMANDS)))
def test_the_benchmark_takes_its_options(command: str) -> None:
    script, *arguments = shlex.split(command[command.index("benchmarks/") :])
    process = subprocess.run(
        [sys.executable, script, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for option in filter(lambda word: word.startswith("--"), arguments):
        assert option in process.stdout


def test_the_version() -> None:
    command = [sys.executable, "-m", "snakemake", "--version"]
    assert re.fullmatch(r"9\.\d+\.\d+\n", subprocess.check_output(command, text=True))
