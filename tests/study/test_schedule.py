"""Threads for each video's jobs: no core is idle for long, and none works for nothing."""

import random
from collections.abc import Mapping, Sequence

import pytest
from facetally.study.schedule import Work, end_of, threads_of, work

BOTH = ("haar", "mtcnn")


def end(
    sizes: Mapping[int, float], threads: Mapping[int, int], cores: int, detectors: Sequence[str]
) -> float:
    """Return when all jobs have ended, in the order in which Snakemake starts them."""
    order = sorted(sizes, key=lambda video: -sizes[video])
    return end_of([work(sizes[v], threads[v], detectors) for v in order], cores)


@pytest.mark.parametrize("detectors", [("haar",), ("mtcnn",), BOTH])
@pytest.mark.parametrize("cores", [1, 2, 3, 8])
def test_one_film_has_all_cores(cores: int, detectors: Sequence[str]) -> None:
    assert threads_of({"film": 7.0}, cores, detectors) == {"film": cores}


@pytest.mark.parametrize("cores", [1, 2, 8, 64])
def test_many_clips_have_one_thread_each(cores: int) -> None:
    clips = {number: 1 + number % 3 / 10 for number in range(3000)}
    assert set(threads_of(clips, cores, BOTH).values()) == {1}


def test_without_videos_there_is_nothing_to_choose() -> None:
    assert threads_of({}, 8, BOTH) == {}


def test_one_core_has_one_thread() -> None:
    assert set(threads_of({"film": 90.0, "clip": 1.0}, 1, BOTH).values()) == {1}


def test_a_film_among_clips_has_several() -> None:
    clips = {str(number): 1.0 for number in range(100)}
    threads = threads_of({"film": 100.0, **clips}, 8, BOTH)
    assert threads["film"] > 2
    assert {threads[clip] for clip in clips} == {1}


def test_few_of_many_are_longer() -> None:
    sizes = {number: 1000.0 if number < 5 else 1.0 for number in range(10_000)}
    threads = threads_of(sizes, 64, BOTH)
    assert threads[0] > 1
    assert {threads[number] for number in range(5, 10_000)} == {1}


@pytest.mark.parametrize("detectors", [("haar",), ("mtcnn",), BOTH])
def test_three_lengths_on_two_cores_keep_both_busy(detectors: Sequence[str]) -> None:
    sizes = {1: 20.0, 2: 5.0, 3: 1.0}
    threads = threads_of(sizes, 2, detectors)
    alone = sum(work(size, 1, detectors).core_time for size in sizes.values())
    assert alone / (2 * end(sizes, threads, 2, detectors)) > 0.8


def test_a_detector_of_ones_own_has_threads() -> None:
    assert threads_of({"film": 7.0}, 8, ["of_my_own"]) == {"film": 8}


def test_a_larger_video_never_has_fewer_threads() -> None:
    chosen = random.Random(0)  # noqa: S311
    for _ in range(100):
        sizes = {number: chosen.lognormvariate(0, 2) for number in range(chosen.randint(1, 60))}
        threads = threads_of(sizes, chosen.choice([1, 2, 3, 8, 24]), BOTH)
        order = sorted(sizes, key=sizes.__getitem__)
        assert [threads[v] for v in order] == sorted(threads.values())


def test_no_plan_is_much_worse_than_one_thread_each_or_all_for_each() -> None:
    chosen = random.Random(1)  # noqa: S311
    for _ in range(100):
        sizes = {number: chosen.lognormvariate(0, 1.5) for number in range(chosen.randint(1, 60))}
        cores, detectors = chosen.choice([2, 8, 16]), chosen.choice([("mtcnn",), BOTH])
        planned = end(sizes, threads_of(sizes, cores, detectors), cores, detectors)
        for each in (1, cores):
            assert planned <= 1.02 * end(sizes, dict.fromkeys(sizes, each), cores, detectors)


def test_detections_wait_for_their_video_and_go_before_other_videos() -> None:
    first, second = Work(1, 1.0, [5.0, 5.0]), Work(1, 2.0, [1.0])
    # 0 to 1 and 0 to 2: both are sampled; 1 to 6 and 2 to 7: the first's detections; 6 to 7.
    assert end_of([first, second], 2) == 7
    assert end_of([first], 2) == 6
    assert end_of([first], 1) == 11


def test_what_fits_starts_before_what_does_not() -> None:
    # The second waits for both cores; the third does not wait for it.
    assert end_of([Work(1, 2.0, []), Work(2, 1.0, []), Work(1, 1.0, [])], 2) == 3


def test_threads_shorten_all_but_a_part() -> None:
    one, two, many = (work(1.0, threads, BOTH) for threads in (1, 2, 1000))
    assert one.sampling > two.sampling > one.sampling / 2
    assert many.detections[0] > one.detections[0] / 20
    assert one.core_time < two.core_time < many.core_time
