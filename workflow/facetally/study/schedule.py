"""How many threads each video's jobs get, so that all cores are busy until the last job ends.

Jobs are rigid for Snakemake: it starts one when as many cores as it has threads are free. Of many
short videos, one thread each is best, since further ones shorten a job by less than they cost;
one long film on one thread leaves all other cores idle. In between, the plan that ends first is
chosen of a few, by working through what Snakemake would do.

The model is the usual one of parallel jobs: a share of each job is serial (Amdahl 1967, doi
10.1145/1465482.1465560), and jobs start in the order of their size, the largest first (Graham
1969, doi 10.1137/0117039).
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Hashable, Mapping, Sequence
from math import ceil
from typing import Final, NamedTuple, TypeVar

Video = TypeVar("Video", bound=Hashable)

SAMPLING_MS: Final = 40.0
DETECTION_MS: Final = {"haar": 190.0, "mtcnn": 90.0, "centerface": 150.0}
ANOTHER_MS: Final = 100.0
"""CPU time on one core for each frame of 720p that is analysed, of 20; the last of a detector that
was not measured."""

SERIAL_SAMPLING: Final = 0.35
SERIAL_DETECTION: Final = 0.07
"""The share of a job that further threads do not shorten: of 5,000 frames of 720p, two threads
took 0.68 times as long as one to sample and 0.53 times as long to detect."""

APART: Final = 4
"""For each core as many of the largest videos are looked at one by one; what is smaller fills the
gaps they leave."""

GOOD_ENOUGH: Final = 1.02
"""How many times as long as with no core ever idle may one thread each take, to be chosen at
once."""


class Work(NamedTuple):
    """What the jobs of one video take.

    Attributes:
        threads: of each of the jobs.
        sampling: how long the first takes, on these threads.
        detections: how long each of those takes that may start once it has ended.
    """

    threads: int
    sampling: float
    detections: Sequence[float]

    @property
    def core_time(self) -> float:
        """For how long the jobs keep how many cores, added up."""
        return self.threads * (self.sampling + sum(self.detections))


def threads_of(
    sizes: Mapping[Video, float], cores: int, detectors: Sequence[str]
) -> dict[Video, int]:
    """Choose the threads of each video's jobs.

    Args:
        sizes: of the videos, in any unit that grows with the frames to analyse; above 0.
        cores: how many threads run at a time.
        detectors: by name.

    Returns:
        From 1 to ``cores`` for each video. A larger one never has fewer than a smaller one, so
        that whatever waits finds room where a larger one has ended.
    """
    if not sizes:
        return {}
    every = sorted(sizes.values(), reverse=True)
    largest = every[: APART * cores]
    a_size = work(1, 1, detectors).core_time
    smaller = sum(every[APART * cores :]) * a_size

    def end(limit: float) -> float:
        """Return about when all are done, if no size a thread is to be above a limit."""
        plan = [work(size, _threads(size, limit, cores), detectors) for size in largest]
        busy = sum(each.core_time for each in plan) + smaller
        return max(busy / cores, end_of(plan, cores))

    best = largest[0]
    if end(best) > GOOD_ENOUGH * sum(every) * a_size / cores:
        # The largest on 1, 2, ... of the cores; then also the next ones, and at last each, on all.
        limits = [largest[0] / threads for threads in range(1, cores + 1)]
        limits += [size / cores for size in largest[1 : cores + 1]] + [0]
        # Of plans that end together, the one with the fewest threads.
        best = min(limits, key=end)
    return {video: _threads(size, best, cores) for video, size in sizes.items()}


def work(size: float, threads: int, detectors: Sequence[str]) -> Work:
    """Return what the jobs of a video take on some threads.

    Args:
        size: of the video, in frames to analyse or in proportion to them.
        threads: of each job.
        detectors: by name.
    """
    return Work(
        threads,
        size * shortened(threads, SAMPLING_MS, SERIAL_SAMPLING),
        [
            size * shortened(threads, DETECTION_MS.get(name, ANOTHER_MS), SERIAL_DETECTION)
            for name in detectors
        ],
    )


def end_of(videos: Sequence[Work], cores: int) -> float:
    """Return when the last job ends, each started as Snakemake does.

    That is as soon as there is room: detections first, and of these and of samplings the one of
    the first video that fits.

    Args:
        videos: what their jobs take, the largest first; none may have more threads than cores.
        cores: how many threads run at a time.
    """
    samplings: dict[int, deque[int]] = defaultdict(deque)
    detections: dict[int, deque[tuple[int, float]]] = defaultdict(deque)
    for number, video in enumerate(videos):
        samplings[video.threads].append(number)
    running: list[tuple[float, int, int]] = []  # When it ends, its threads, the video it samples.
    now, free = 0.0, cores
    while True:
        while ready := [
            queue for threads, queue in detections.items() if queue and threads <= free
        ]:
            number, duration = min(ready, key=lambda queue: queue[0][0]).popleft()
            free -= videos[number].threads
            heapq.heappush(running, (now + duration, videos[number].threads, -1))
        ready_samplings = [
            queue[0] for threads, queue in samplings.items() if queue and threads <= free
        ]
        if ready_samplings:
            first = min(ready_samplings)
            video = videos[first]
            samplings[video.threads].popleft()
            free -= video.threads
            heapq.heappush(running, (now + video.sampling, video.threads, first))
            continue
        if not running:
            return now
        now, threads, sampled = heapq.heappop(running)
        free += threads
        if sampled >= 0:
            detections[threads].extend((sampled, each) for each in videos[sampled].detections)


def shortened(threads: int, alone: float, serial: float) -> float:
    """Return how long takes on some threads what takes so long on one, with a serial share."""
    return alone * (serial + (1 - serial) / threads)


def _threads(size: float, limit: float, cores: int) -> int:
    """Return the threads for which a size is within a limit a thread."""
    # A quotient that is a whole number but for its last bits counts as that number.
    return min(cores, max(1, ceil(size / limit - 1e-9))) if limit else cores
