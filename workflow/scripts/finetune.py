"""Finetune fer's network on a dataset's labels, and judge it on groups held out.

In: ``crops``, the crops of each labelled video, in the order of the parameter ``videos``;
``labels``, the golden labels.
Out: ``predictions``, CSV, one row a labelled video, each predicted by a network that has seen no
video of its group; ``model``, ONNX, trained on all, and ``recognizer``, YAML, by which another
study uses it; ``card``, Markdown; ``history``, CSV, one row an epoch.
"""

import time
from importlib.metadata import version
from pathlib import Path

import polars as pl
from facetally.detect.environment import check_complete
from facetally.files import write_text, write_whole
from facetally.learn.crop_files import read_crops
from facetally.learn.model_card import PACKAGES, RECOGNIZER_CARD, measures, model_card
from facetally.learn.training import (
    ALL,
    HISTORY,
    labelled_crops,
    out_of_fold,
    prediction_table,
    train_on_all,
)
from facetally.run.job import logged_job
from facetally.study.finetuning import Finetuning
from facetally.study.folds import check_can_learn, fold_of, labels_and_groups

with logged_job(snakemake.log[0]) as terminal:
    start = time.monotonic()
    dataset, detector = snakemake.wildcards.dataset, snakemake.wildcards.detector
    settings = Finetuning(*snakemake.params.settings)
    if recognizer := snakemake.resources.recognizer:
        print(
            f"{dataset}/{detector}: finetuning starts from fer's network, not from {recognizer}",
            file=terminal,
            flush=True,
        )
    videos = snakemake.params.videos
    golden, groups = labels_and_groups(snakemake.input.labels, videos)
    check_can_learn(dataset, golden, groups)
    folds = fold_of(golden, groups)
    crops = {
        video: read_crops(Path(path))
        for video, path in zip(videos, snakemake.input.crops, strict=True)
    }
    pictures, labelled = labelled_crops(crops, golden, groups)

    check_complete()
    # Loads TensorFlow, which a broken environment would answer with a crash.
    from facetally.detect.device import use_device
    from facetally.detect.export import save_network
    from facetally.learn.network import Network

    device = use_device(snakemake.resources.device, snakemake.threads)
    print(f"{dataset}/{detector}: {len(pictures)} crops on {device}")
    network = Network(pictures, settings)
    # Last, so that the network is left trained on all.
    predicted, history = out_of_fold(network, labelled, folds, settings.epochs)
    history += train_on_all(network, labelled, settings.epochs, dataset)

    table = prediction_table(predicted, labelled, folds)
    write_whole(snakemake.output.predictions, table.write_csv)
    write_whole(snakemake.output.history, pl.DataFrame(history, HISTORY).write_csv)
    save_network(network.export(), Path(snakemake.output.model))
    stages = [row["stage"] for row in history if row["fold"] == ALL]
    analysed = [video for video in golden if crops[video].sampled]
    judged = table.filter(pl.col("filename").is_in(analysed))
    card = model_card(
        dataset,
        detector,
        judged,
        {video: len(crops[video].crops) for video in golden},
        settings,
        stages.count("final"),
        "early_stopping" in stages,
        {name: version(name) for name in PACKAGES},
    )
    write_text(snakemake.output.card, card)
    write_text(snakemake.output.recognizer, RECOGNIZER_CARD)
    found = measures(judged)
    print(
        f"{dataset}/{detector}: finetuned on {len(pictures)} crops of {len(golden)} videos in "
        f"{time.monotonic() - start:.0f} s, out-of-fold accuracy "
        f"{found['accuracy'].value:.1%}, commonest label {found['baseline'].value:.1%}",
        file=terminal,
        flush=True,
    )
