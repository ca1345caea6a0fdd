"""Which videos are held out together: no person is in training and test at once."""

import pytest
from facetally.errors import FoldError
from facetally.study.folds import FOLDS, check_can_learn, fold_of, groups_of


def test_the_group_is_the_candidate_or_what_the_label_file_says() -> None:
    videos = {"biden_58_0": "", "biden_59_0": "", "trump_1_0": "", "noname": "", "x_1": "trump"}
    assert groups_of(videos) == {
        "biden_58_0": "biden",
        "biden_59_0": "biden",
        "trump_1_0": "trump",
        "noname": "noname",
        "x_1": "trump",
    }


def test_of_one_candidate_the_group_is_the_source_video() -> None:
    videos = dict.fromkeys(["biden_58_0", "biden_58_1", "biden_59_0"], "")
    groups = {"biden_58_0": "biden_58", "biden_58_1": "biden_58", "biden_59_0": "biden_59"}
    assert groups_of(videos) == groups


def test_groups_are_found_among_the_videos_with_a_label() -> None:
    golden = {"biden_58_0": "Pos", "biden_59_0": "Neg"}
    groups = groups_of(dict.fromkeys([*golden, "trump_1_0"], ""), golden)
    assert groups == {"biden_58_0": "biden_58", "biden_59_0": "biden_59", "trump_1_0": "trump_1"}
    check_can_learn("debates", golden, groups)
    assert set(fold_of(golden, groups).values()) == {0, 1}


@pytest.mark.parametrize("people", [2, 3, 7, 40])
def test_groups_stay_whole_and_every_video_is_held_out_once(people: int) -> None:
    golden = {
        f"p{person}_{clip}": ("Pos", "Neut", "Neg")[(person * clip) % 3]
        for person in range(people)
        for clip in range(4)
    }
    groups = groups_of(dict.fromkeys(golden, ""))
    folds = fold_of(golden, groups)
    assert folds.keys() == golden.keys()
    assert set(folds.values()) == set(range(min(people, FOLDS)))
    for group in set(groups.values()):
        assert len({folds[video] for video in golden if groups[video] == group}) == 1
    assert folds == fold_of(dict(reversed(golden.items())), groups)


def test_rare_classes_do_not_stop_it() -> None:
    golden = {"a_1": "Pos", "b_1": "Neut", "c_1": "Neg"}
    assert sorted(fold_of(golden, groups_of(dict.fromkeys(golden, ""))).values()) == [0, 1, 2]


def test_one_group_cannot_be_judged() -> None:
    golden = {"one": "Pos", "two": "Neg"}
    with pytest.raises(FoldError, match="add the column group to the label file"):
        fold_of(golden, groups_of(dict.fromkeys(golden, "debate")))
