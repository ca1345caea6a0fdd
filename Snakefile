# From folders of videos to facial-emotion statistics. With a GPU, add --resources gpu=1.
#
#   snakemake --cores 8                                 the whole study of config.yaml
#   snakemake raw --cores 8                             only the raw FER JSON
#   snakemake video_pages --cores 8                     a page of the report for each video
#   snakemake annotate --cores 8                        every video with its faces drawn on it
#   snakemake label --cores 8                           pages on which people label videos
#   snakemake finetuned --cores 8                       a head for fer's network, from your labels
#   snakemake forget --config forget=NAME --cores 1     everything of one person removed

from snakemake.utils import min_version

min_version("9.27")


include: "workflow/config.smk"


configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/demo.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/emotions.smk"
include: "workflow/rules/identities.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/finetune.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/annotate.smk"
include: "workflow/rules/label.smk"


rule all:
    input:
        INPUTS.study,
        networks_in_use,
    message:
        "The study is complete"


rule raw:
    input:
        INPUTS.raw,
        networks_in_use,
    message:
        "The raw FER JSON is complete"


rule video_pages:
    input:
        INPUTS.all_of(outputs.VIDEO_PAGE),
        INPUTS.all_of(outputs.THUMBNAILS),
    message:
        "The pages of all videos are complete: results/report/videos/"


rule label:
    input:
        pages=INPUTS.all_of(outputs.LABEL_PAGE),
        clips=INPUTS.label_files,
    message:
        "Pages for raters, to open in a browser: {input.pages}"


rule annotate:
    input:
        INPUTS.all_of(f"{outputs.ANNOTATED}.mp4"),
        INPUTS.all_of(f"{outputs.ANNOTATED}.gif"),
    message:
        "The annotated videos are complete: results/annotated/"


rule finetuned:
    input:
        INPUTS.finetuned,
    message:
        "The finetuned networks are complete: results/finetuned/"


onstart:
    with refusing():
        start_run(workflow, STUDY)


onsuccess:
    with refusing():
        put_back()
    report_results(workflow, STUDY)


onerror:
    put_back()
    report_failures(workflow, log)
