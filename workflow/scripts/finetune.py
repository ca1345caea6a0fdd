"""Finetune fer's network on a dataset's labels, and judge it on groups held out.

In: ``crops``, the crops of each video, in the order of the parameter ``videos``; ``labels``, the
golden labels; ``features``, the exported network of that name.
Out: ``predictions``, CSV, one row per video, a labelled one predicted by a network that has seen
no video of its group, any other by one trained on all labels; ``model``, ONNX, learned from all,
and ``recognizer``, YAML, the card for using it in another study; ``card``, Markdown; ``history``,
CSV, one row per setting tried or per epoch.
"""

import time
from importlib.metadata import version
from pathlib import Path

import polars as pl
from facetally.detect.environment import check_complete
from facetally.files import write_text, write_whole
from facetally.learn.crop_files import read_crops
from facetally.learn.model_card import (
    KERAS_PACKAGES,
    PACKAGES,
    RECOGNIZER_CARD,
    measures,
    model_card,
)
from facetally.learn.training import (
    HISTORY,
    labelled_crops,
    learn_from_all,
    out_of_fold,
    prediction_table,
)
from facetally.run.job import logged_job
from facetally.study.finetuning import Finetuning
from facetally.study.folds import check_can_learn, fold_of, labels_and_groups
from facetally.study.golden import LabelFiles
from facetally.study.names import counted

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
    labels = LabelFiles(snakemake.input.labels, *snakemake.params.golden)
    golden, groups = labels_and_groups(labels, videos)
    check_can_learn(dataset, golden, groups)
    folds = fold_of(golden, groups)
    crops = {
        video: read_crops(Path(path))
        for video, path in zip(videos, snakemake.input.crops, strict=True)
    }
    pictures, labelled = labelled_crops(crops, golden, groups)

    check_complete()
    # Not earlier: these imports, TensorFlow among them, would crash in a broken environment.
    import onnx
    from facetally.detect.export import save_network
    from facetally.detect.networks import Networks
    from facetally.learn.features import features_of
    from facetally.learn.head import LinearHead

    body = Path(snakemake.input.features)
    network = Networks(body.parent, "cpu")(body.stem)
    head = LinearHead(features_of(pictures, network, snakemake.threads), settings.seed)
    print(f"{dataset}/{detector}: {len(pictures)} crops")
    # Learn from all last, so that the network that is kept has learned from all.
    predicted, history = out_of_fold(head, labelled, folds)
    linear = None
    if settings.unfreeze_blocks:
        from facetally.detect.device import use_device
        from facetally.learn.network import Network

        device = use_device(snakemake.resources.device, snakemake.threads)
        print(f"{dataset}/{detector}: training on {device}")
        linear = prediction_table(predicted, labelled, folds)
        trained = Network(pictures, settings)
        predicted, history = out_of_fold(trained, labelled, folds)
        unlabelled, rows = learn_from_all(trained, labelled, dataset)
        model = trained.export()
    else:
        unlabelled, rows = learn_from_all(head, labelled, dataset)
        model = head.export(onnx.load(body))
    history += rows

    table = prediction_table(predicted | unlabelled, labelled, folds)
    write_whole(snakemake.output.predictions, table.write_csv)
    write_whole(snakemake.output.history, pl.DataFrame(history, HISTORY).write_csv)
    save_network(model, Path(snakemake.output.model))
    analysed = pl.col("filename").is_in([video for video in golden if crops[video].sampled])
    judged = table.filter(analysed)
    packages = KERAS_PACKAGES if settings.unfreeze_blocks else PACKAGES
    card = model_card(
        dataset,
        detector,
        judged,
        {video: len(crops[video].crops) for video in golden},
        settings,
        history,
        {name: version(name) for name in packages},
        None if linear is None else linear.filter(analysed),
    )
    write_text(snakemake.output.card, card)
    write_text(snakemake.output.recognizer, RECOGNIZER_CARD)
    found = measures(judged)
    learned = sum(len(crops[video].crops) for video in golden)
    print(
        f"{dataset}/{detector}: learned from {counted(learned, 'crop')} of "
        f"{counted(len(golden), 'video')} in {time.monotonic() - start:.0f} s, out-of-fold "
        f"accuracy {found['accuracy'].value:.1%}, commonest label {found['baseline'].value:.1%}",
        file=terminal,
        flush=True,
    )
