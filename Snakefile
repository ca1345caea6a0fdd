# From folders of videos to facial-emotion statistics.
#
#   snakemake --cores 8 --resources gpu=1                 the whole study of config.yaml
#   snakemake raw --cores 8 --resources gpu=1             only the raw FER JSON (the target goes
#                                  first: --resources takes all words that follow)
#   snakemake video_pages --cores 8 --resources gpu=1     a page of the report for each video
#   snakemake annotate --cores 8 --resources gpu=1        every video with its faces drawn on it
#   snakemake finetuned --cores 8 --resources gpu=1       fer's network finetuned on the labels

from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/config.smk"


configfile: "config.yaml"


include: "workflow/rules/study.smk"
include: "workflow/rules/demo.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/emotions.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/annotate.smk"
include: "workflow/rules/finetune.smk"


rule all:
    default_target: True
    input:
        # Named too, or a raw file whose job was killed would not be missed: Snakemake removes
        # an output before its job starts, and does not look for what only older files need.
        all_raw_files(),
        made_from_raw(),
    message:
        "The study is complete"


rule raw:
    input:
        expensive_files,
    message:
        "The raw FER JSON is complete"


rule video_pages:
    input:
        per_video(VIDEO_PAGE),
    message:
        "The pages of all videos are complete: results/report/videos/"


rule annotate:
    input:
        annotated_files(),
    message:
        "The annotated videos are complete: results/annotated/"


rule finetuned:
    input:
        finetuned_files,
    message:
        "The finetuned networks are complete: results/finetuned/"


onstart:
    check_environment()
    check_names()
    place_temporary_files()
    check_files()
    start_fork_server()
    remove_outdated()


onsuccess:
    keep_provenance()
    print(results_overview(Path("results"), since=STARTED), end="", file=sys.stderr)


onerror:
    for part in log:
        told = Path(part).read_text("utf-8")
        elsewhere = [] if workflow.local_exec else told_in_logs(told)
        for line in [*killed_jobs(told), *elsewhere]:
            print(line, file=sys.stderr)
    keep_provenance()
