"""Which videos are held out together when a method that learns is judged.

A method that has seen a person in training knows that person's face, so it must be judged on
others.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from facetally.errors import FoldError
from facetally.study.golden import LabelFiles
from facetally.study.matching import alike, tidy

FOLDS: Final = 5
SEED: Final = 1


def labels_and_groups(
    labels: LabelFiles, videos: Collection[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Read the golden labels and groups of a dataset's videos.

    Args:
        labels: the label files of the dataset.
        videos: the names of its videos.

    Returns:
        The golden label of each video that has one, and the group of every video.

    Raises:
        LabelError: as in :meth:`facetally.study.golden.LabelFiles.labelled`.
    """
    labelled = labels.labelled(videos)
    given = {video: labelled[video].group if video in labelled else "" for video in videos}
    golden = {video: each.golden for video, each in labelled.items() if each.golden}
    return golden, groups_of(given, golden, labels.spelt)


def groups_of(
    videos: Mapping[str, str],
    labelled: Collection[str] = (),
    spelt: Callable[[str], str] = tidy,
) -> dict[str, str]:
    """Return the group of each video; no group is in training and test at the same time.

    Args:
        videos: for each video, the label file's entry in the column ``group``, or empty.
        labelled: the videos that are learned from, if not all: these need several groups.
        spelt: returns the name of a person or group as it is shown.

    Returns:
        The group by video: what the label file says, or else the name up to the first underscore
        (``biden_58_0``: biden, a candidate). If that makes a single group, the name up to the
        second underscore is used instead (biden_58, a source video). Spellings of one name are one
        group.
    """
    for parts in (1, 2):
        shown: dict[str, str] = {}
        groups = {}
        for video in sorted(videos):
            name = spelt(videos[video] or "_".join(video.split("_")[:parts])) or video
            groups[video] = shown.setdefault(alike(name), name)
        if len({groups[video] for video in labelled or videos}) > 1:
            break
    return groups


def check_labels_to_learn_from(dataset: str, labels: LabelFiles, videos: Collection[str]) -> None:
    """Refuse label files of a dataset if nothing can be learned from them and judged.

    Raises:
        LabelError: as in :func:`labels_and_groups`.
        FoldError: as in :func:`check_can_learn`.
    """
    check_can_learn(dataset, *labels_and_groups(labels, videos))


def check_can_learn(dataset: str, golden: Mapping[str, str], groups: Mapping[str, str]) -> None:
    """Refuse labels if nothing can be learned from them and judged.

    Args:
        dataset: the dataset's name.
        golden: the golden label by video.
        groups: the group by labelled video.

    Raises:
        FoldError: if there are no labels, only one class or only one group.
    """
    classes = sorted(set(golden.values()))
    if not classes:
        fault = "its label file labels no video; add labels"
    elif len(classes) < 2:
        fault = f"all its labels are {classes[0]}; add videos of another class"
    elif len({groups[video] for video in golden}) < 2:
        fault = (
            "its labelled videos are all of one group, so none can be held out; "
            "add the column group to its label file"
        )
    else:
        return
    raise FoldError(f"dataset {dataset}: nothing can be learned: {fault}")


def fold_of(
    golden: Mapping[str, str], groups: Mapping[str, str], seed: int = SEED
) -> dict[str, int]:
    """Divide labelled videos into folds with whole groups and, as far as possible, even classes.

    Args:
        golden: the golden label by video.
        groups: the group by video.
        seed: the seed for dealing out the groups.

    Returns:
        The fold by video, from 0: FOLDS of them, or fewer if there are fewer groups. The result
        is the same each time.

    Raises:
        FoldError: if all videos are in one group.
    """
    import warnings

    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    videos = sorted(golden)
    labels = [golden[video] for video in videos]
    of_video = [groups[video] for video in videos]
    number = min(FOLDS, len(set(of_video)))
    if number < 2:
        raise FoldError(
            "its labelled videos are all of one group, so none can be held out to judge what was "
            "learned from the others; add the column group to the label file"
        )
    commonest = max(labels.count(label) for label in set(labels))
    splitter = (
        StratifiedGroupKFold(number, shuffle=True, random_state=seed)
        if commonest >= number
        else GroupKFold(number)
    )
    with warnings.catch_warnings():
        # A class with fewer videos than there are folds cannot be in every fold.
        warnings.filterwarnings("ignore", message="The least populated class")
        splits = list(splitter.split(videos, labels, of_video))
    return {videos[place]: fold for fold, (_, held_out) in enumerate(splits) for place in held_out}
