"""The paths of a study's outputs, as patterns and filled in from the study.

Imports only the standard library, because the workflow uses this when it is parsed.
"""

import re
from collections.abc import Iterable
from itertools import combinations
from string import Formatter
from typing import Final

from facetally.errors import ConfigError
from facetally.study.config import Study
from facetally.study.detectors import NETWORKS
from facetally.study.methods import FINETUNED as BY_FINETUNED

MODEL: Final = "results/models/{network}.onnx"
MODEL_VERSIONS: Final = "results/models/versions.json"

FRAMES: Final = "results/frames/{dataset}/{video}.nut"
INDEX: Final = "results/frames/{dataset}/{video}.json"
RESAMPLED: Final = "results/frames/resampled/{dataset}/{video}.nut"
RESAMPLED_INDEX: Final = "results/frames/resampled/{dataset}/{video}.json"
STATUS: Final = "results/videos/{dataset}/{video}.json"
RAW: Final = "results/raw/{dataset}/{detector}/{video}.json"
PREVIEWS: Final = "results/pictures/{dataset}/{video}/frames.parquet"
PICTURES: Final = "results/pictures/{dataset}/{video}/faces/{detector}.parquet"
PROBLEMS: Final = "results/problems.csv"
TREATMENTS: Final = "results/treatments.csv"
SHOTS: Final = "results/shots.csv"
ACCEPTED: Final = "results/videos/accepted.json"

FACES: Final = "results/faces/{dataset}/{detector}.parquet"
COUNTS: Final = "results/counts/{dataset}/{detector}.csv"
SEGMENTS: Final = "results/segments/{dataset}/{detector}.csv"
EXPRESSIONS: Final = "results/expressions.parquet"
EXPRESSIONS_AS_TEXT: Final = "results/expressions.csv"
PEOPLE: Final = "results/people/{dataset}/shares.csv"
PAIRS: Final = "results/people/{dataset}/pairs.csv"
OVER_TIME: Final = "results/people/{dataset}/time.csv"
SEVERAL_PEOPLE: Final = "results/people/{dataset}/videos.csv"
EVENTS: Final = "results/people/{dataset}/events.csv"
EVENT_PAIRS: Final = "results/people/{dataset}/event_pairs.csv"
PEOPLE_AS_TEXT: Final = "results/people.md"
PREDICTIONS: Final = "results/predictions/{dataset}.csv"
METRICS: Final = "results/metrics/{dataset}/{detector}.json"
CONFUSION: Final = "results/plots/confusion/{dataset}/{detector}.csv"
EMOTION_SHARES: Final = "results/plots/emotions/{dataset}/{detector}.csv"
PEOPLE_SHARES: Final = "results/plots/people/{dataset}/{detector}.csv"
SUMMARY: Final = "results/summary.csv"
SUMMARY_AS_TEXT: Final = "results/summary.md"
ACCURACIES: Final = "results/plots/accuracy.csv"
COMPARISONS: Final = "results/comparisons.csv"
RELIABILITY: Final = "results/reliability.csv"
LEAST_CERTAIN: Final = "results/least_certain.csv"
BIAS: Final = "results/bias.csv"
RATINGS: Final = "results/ratings.csv"
AGREEMENT: Final = "results/agreement.csv"
RATER_PAIRS: Final = "results/rater_pairs.csv"
UNRESOLVED: Final = "results/unresolved_labels.csv"
RATER_FILES: Final = (RATINGS, AGREEMENT, RATER_PAIRS, UNRESOLVED)

PAPER: Final = ("results/paper.csv", "results/paper.md")

ABOUT_IDENTITIES: Final = "results/identities"
IDENTITIES: Final = "results/identities/faces/{dataset}/{detector}/{video}.npz"
RECOGNITION: Final = "results/identities/recognition.onnx"
REFERENCES: Final = "results/identities/references.npz"
TRACKS: Final = "results/identities/tracks.csv"
ALIKE: Final = "results/identities/alike.csv"
WITHOUT_TRACK: Final = "results/identities/corrections_without_face.csv"
OTHERS_SEEN: Final = "results/identities/disagreements.csv"
IDENTITIES_PAGE: Final = "results/report/identities.html"

DISAGREEMENTS: Final = "results/galleries/disagreements/{dataset}.json"
PORTRAITS: Final = "results/galleries/people/{dataset}.json"
THUMBNAILS: Final = "results/galleries/thumbnails/{dataset}/{video}.json"
FIGURE: Final = "results/figures/{name}.svg"
DATASET_FIGURE: Final = "results/figures/{dataset}/{figure}.svg"
RUN_FIGURE: Final = "results/figures/{dataset}/{detector}/{figure}.svg"
PAIR_FIGURE: Final = "results/figures/{dataset}/pairs/{first}/{second}.svg"
REPORT: Final = "results/report/index.html"
VIDEO_PAGE: Final = "results/report/videos/{dataset}/{video}.html"
ANNOTATED: Final = "results/annotated/{dataset}/{detector}/{video}"

LABEL_PAGE: Final = "results/label/{dataset}.html"
LABEL_CLIP: Final = "results/label/clips/{dataset}/{video}.json"
LABEL_PREVIEW: Final = "results/label/clips/{dataset}/{video}.mp4"

CROPS: Final = "results/crops/{dataset}/{detector}/{video}.npz"
FINETUNED: Final = "results/finetuned/{dataset}/{detector}"
FINETUNED_FILES: Final = (
    "predictions.csv",
    "model.onnx",
    "model.yaml",
    "model_card.md",
    "history.csv",
)

FIGURES: Final = ("accuracy", "methods")
DATASET_FIGURES: Final = ("people_shares",)
RUN_FIGURES: Final = (
    "people_compared",
    "confusion",
    "classes",
    "emotions",
    "coverage",
    "face_heights",
    "accuracy_by_height",
)
EMBEDDED_VIDEOS: Final = 50
"""With more videos, the report would grow too large, so it links to a page for each video, made on
request."""

PER_VIDEO: Final = (
    FRAMES,
    INDEX,
    RESAMPLED,
    RESAMPLED_INDEX,
    STATUS,
    RAW,
    PREVIEWS,
    PICTURES,
    IDENTITIES,
    THUMBNAILS,
    VIDEO_PAGE,
    f"{ANNOTATED}.mp4",
    f"{ANNOTATED}.gif",
    LABEL_CLIP,
    LABEL_PREVIEW,
    CROPS,
)
"""The files for each video. Frames are temporary, but stay if a run is killed."""

TABLES: Final = (
    FACES,
    COUNTS,
    SEGMENTS,
    PEOPLE,
    PAIRS,
    OVER_TIME,
    SEVERAL_PEOPLE,
    PREDICTIONS,
    METRICS,
    CONFUSION,
    EMOTION_SHARES,
    PEOPLE_SHARES,
)
"""The tables for each dataset, or for each dataset and detector."""

PER_DATASET: Final = (
    *TABLES,
    EVENTS,
    EVENT_PAIRS,
    LABEL_PAGE,
    DISAGREEMENTS,
    PORTRAITS,
    *(DATASET_FIGURE.replace("{figure}", name) for name in DATASET_FIGURES),
    *(RUN_FIGURE.replace("{figure}", name) for name in RUN_FIGURES),
    PAIR_FIGURE,
    *(f"{FINETUNED}/{name}" for name in FINETUNED_FILES),
)
"""The same, with events, pages, pictures and networks."""


def paths(pattern: str, study: Study, **only: str) -> list[str]:
    """Return the paths of a pattern for all datasets, detectors and videos of a study.

    Args:
        pattern: a path with ``{dataset}``, and perhaps ``{detector}`` and ``{video}``, in it.
        study: provides their values, in the order of config.yaml, videos sorted by name.
        only: the dataset, detector or video to which the paths are limited.
    """
    names = {name for _, name, _, _ in Formatter().parse(pattern)}

    def each(name: str, every: Iterable[str]) -> Iterable[str]:
        if name not in names:
            return [""]
        return [only[name]] if name in only else every

    return [
        pattern.format(dataset=dataset, detector=detector, video=video)
        for dataset in each("dataset", study.datasets)
        for detector in each("detector", study.detectors)
        for video in each("video", study.datasets[dataset].videos)
    ]


def as_expression(pattern: str) -> re.Pattern[str]:
    """Return a regular expression for the paths of a pattern, with groups of its names."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern)))


def as_sampled(path: str) -> str:
    """Return the path that frames, or their index, have when first sampled; others unchanged."""
    first, again = (pattern.partition("{")[0] for pattern in (FRAMES, RESAMPLED))
    rest = path.removeprefix(again)
    # A dataset may be named like the folder.
    return first + rest if rest != path and "/" in rest else path


def is_network(path: str) -> bool:
    """Return whether a path is that of an exported network, or of their versions."""
    return path.startswith(MODEL.partition("{")[0])


def is_kept_picture(path: str) -> bool:
    """Return whether a path is that of the kept pictures of a video's frames or faces."""
    return path.startswith(PICTURES.partition("{")[0])


def runs(study: Study, dataset: str | None = None) -> list[tuple[str, str]]:
    """Return all pairs of dataset and detector, or one dataset's, in the order of config.yaml."""
    return [
        (name, detector)
        for name in ([dataset] if dataset else study.datasets)
        for detector in study.detectors
    ]


def detector_pairs(study: Study) -> list[tuple[str, str, str]]:
    """Return all datasets with every pair of detectors."""
    return [(name, *pair) for name in study.datasets for pair in combinations(study.detectors, 2)]


def raw_files(study: Study, pattern: str = RAW) -> list[str]:
    """Return the raw FER JSON of the study, or of the requested part of its videos.

    A part consists of whole videos, so that no video is sampled in two parts.

    Args:
        study: the study.
        pattern: that of other files of each video.
    """
    if study.part is None:
        return paths(pattern, study)
    number, parts = study.part
    videos = [(name, video) for name in study.datasets for video in study.datasets[name].videos]
    first, end = ((each * len(videos)) // parts for each in (number - 1, number))
    return [
        path
        for dataset, video in videos[first:end]
        for path in paths(pattern, study, dataset=dataset, video=video)
    ]


def check_whole(study: Study) -> None:
    """Refuse a part of the videos if all are needed.

    Raises:
        ConfigError: if the study is limited to a part.
    """
    if study.part:
        number, parts = study.part
        raise ConfigError(
            f"part: {number}/{parts} can only be used for the raw FER JSON; name the target raw, "
            "or leave part out"
        )


def made_from_videos(study: Study) -> list[str]:
    """Return everything that a study makes from the videos themselves and keeps."""
    return [*found_in_videos(study), *pictures_from_videos(study)]


def found_in_videos(study: Study) -> list[str]:
    """Return the same without pictures."""
    return [*paths(RAW, study), *paths(STATUS, study), PROBLEMS, TREATMENTS, SHOTS, ACCEPTED]


def pictures_from_videos(study: Study) -> dict[str, str]:
    """Return the kept pictures, each with the file without pictures that the same job makes."""
    jobs = ((PREVIEWS, STATUS), (PICTURES, RAW))
    return {
        picture: beside
        for patterns in jobs
        for picture, beside in zip(*(paths(each, study) for each in patterns), strict=True)
    }


def made_from_raw(study: Study) -> list[str]:
    """Return everything that a study makes from the raw FER JSON unless asked for more."""
    return [
        SUMMARY,
        SUMMARY_AS_TEXT,
        ACCURACIES,
        COMPARISONS,
        RELIABILITY,
        LEAST_CERTAIN,
        BIAS,
        EXPRESSIONS,
        EXPRESSIONS_AS_TEXT,
        PEOPLE_AS_TEXT,
        *(paths(EVENTS, study) + paths(EVENT_PAIRS, study) if study.events else ()),
        *(path for pattern in TABLES for path in paths(pattern, study)),
        *paths(DISAGREEMENTS, study),
        *paths(PORTRAITS, study),
        *embedded_thumbnails(study),
        *figures(study),
        *rater_files(study),
        *(finetuned_files(study) if BY_FINETUNED in study.methods else ()),
        *identity_files(study),
        REPORT,
    ]


def rater_files(study: Study) -> list[str]:
    """Return the files on how far raters agree, if several do or labels remain unresolved."""
    return list(RATER_FILES) if study.is_rated else []


def identity_files(study: Study) -> list[str]:
    """Return the files that say who is who, if the study tells people apart."""
    if not study.identities:
        return []
    return [TRACKS, ALIKE, WITHOUT_TRACK, OTHERS_SEEN, IDENTITIES_PAGE]


def between_jobs(study: Study) -> list[str]:
    """Return the files that jobs write for other jobs, apart from the study's results."""
    patterns = (FRAMES, INDEX, RESAMPLED, RESAMPLED_INDEX, THUMBNAILS, CROPS, IDENTITIES)
    return [
        RECOGNITION,
        REFERENCES,
        *(path for pattern in patterns for path in paths(pattern, study)),
    ]


def temporary(study: Study) -> dict[str, str]:
    """Return the files that are removed after use, each with the status that is made with it."""
    made = paths(STATUS, study)
    return dict(zip([*paths(FRAMES, study), *paths(INDEX, study)], [*made, *made], strict=True))


def not_versioned(study: Study) -> list[str]:
    """Return what a study makes for other jobs or on request, and keeps: DVC does not track it."""
    tracked = {
        *made_from_videos(study),
        *made_from_raw(study),
        *(MODEL.format(network=name) for name in NETWORKS),
        MODEL_VERSIONS,
    }
    frames = FRAMES.partition("{")[0]
    return [
        path for path in everything(study) if path not in tracked and not path.startswith(frames)
    ]


def everything(study: Study) -> list[str]:
    """Return all files that a study makes, perhaps only on request, each once."""
    made = [
        *(MODEL.format(network=name) for name in NETWORKS),
        MODEL_VERSIONS,
        *between_jobs(study),
        *made_from_videos(study),
        *made_from_raw(study),
        *(path for pattern in (*PER_VIDEO, LABEL_PAGE) for path in paths(pattern, study)),
        *(finetuned_files(study) if any(each.labels for each in study.datasets.values()) else ()),
        *PAPER,
    ]
    if not study.identities:
        made = [path for path in made if not path.startswith(f"{ABOUT_IDENTITIES}/")]
    return list(dict.fromkeys(made))


def embedded_thumbnails(study: Study) -> list[str]:
    """Return the thumbnails that the report itself shows: those of all videos, or none."""
    thumbnails = paths(THUMBNAILS, study)
    return thumbnails if len(thumbnails) <= EMBEDDED_VIDEOS else []


def figures(study: Study) -> list[str]:
    """Return the figures that are separate files."""
    return [
        *(FIGURE.format(name=name) for name in FIGURES),
        *(
            DATASET_FIGURE.format(dataset=dataset, figure=figure)
            for dataset in study.datasets
            for figure in DATASET_FIGURES
        ),
        *(
            RUN_FIGURE.format(dataset=dataset, detector=detector, figure=figure)
            for dataset, detector in runs(study)
            for figure in RUN_FIGURES
        ),
        *(
            PAIR_FIGURE.format(dataset=dataset, first=first, second=second)
            for dataset, first, second in detector_pairs(study)
        ),
    ]


def finetuned_files(study: Study) -> list[str]:
    """Return the files of finetuned networks, for each dataset with labels and each detector.

    Raises:
        ConfigError: if no dataset has labels.
    """
    labelled = [name for name, dataset in study.datasets.items() if dataset.labels]
    if not labelled:
        raise ConfigError(
            "config.yaml: no dataset has labels, so nothing can be finetuned; "
            "name a label file as datasets.NAME.labels"
        )
    return [
        path
        for dataset in labelled
        for detector in study.detectors
        for name in FINETUNED_FILES
        for path in paths(f"{FINETUNED}/{name}", study, dataset=dataset, detector=detector)
    ]
