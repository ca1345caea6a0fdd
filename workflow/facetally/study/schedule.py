"""How many threads each video's jobs get, so that all cores are busy until the last job ends.

A job's threads are fixed: Snakemake starts a job when that many cores are free. For many short
videos, one thread each is best, since further threads shorten a job by less than they cost; but
one long film on one thread leaves all other cores idle. In between, several plans are compared by
simulating what Snakemake would do, and the one that ends first is chosen.

The model is the usual one for parallel jobs: a share of each job is serial (Amdahl 1967, doi
10.1145/1465482.1465560), and jobs start in order of size, the largest first (Graham 1969, doi
10.1137/0117039).
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
"""CPU time on one core, in ms, for each analysed frame of a 720p video of which one frame in 20 is
analysed. The last is for a detector that was not measured."""

SERIAL_SAMPLING: Final = 0.35
SERIAL_DETECTION: Final = 0.07
"""The share of a job that further threads do not shorten. For 5,000 frames of 720p, two threads
took 0.68 times as long as one for sampling, and 0.53 times as long for detection."""

APART: Final = 4
"""How many of the largest videos per core are simulated one by one; smaller ones fill the gaps
that these leave."""

GOOD_ENOUGH: Final = 1.02
"""One thread each is chosen at once if the run then takes at most this many times as long as with
no core ever idle."""


class Work(NamedTuple):
    """The threads and durations of one video's jobs.

    Attributes:
        threads: how many threads each of the jobs has.
        sampling: how long the first job takes on these threads.
        detections: how long each of the jobs takes that can start when the first has ended.
    """

    threads: int
    sampling: float
    detections: Sequence[float]

    @property
    def core_time(self) -> float:
        """The cores that the jobs keep busy times how long, summed over the jobs."""
        return self.threads * (self.sampling + sum(self.detections))


def threads_of(
    sizes: Mapping[Video, float], cores: int, detectors: Sequence[str]
) -> dict[Video, int]:
    """Choose the threads of each video's jobs.

    Args:
        sizes: the sizes of the videos, in any unit proportional to the frames to analyse; above
            0.
        cores: how many threads run at a time.
        detectors: the names of the detectors.

    Returns:
        The threads of each video's jobs, from 1 to ``cores``. A larger video never has fewer than
        a smaller one, so that a waiting job always fits where a larger one has ended.
    """
    if not sizes:
        return {}
    every = sorted(sizes.values(), reverse=True)
    largest = every[: APART * cores]
    a_size = work(1, 1, detectors).core_time
    smaller = sum(every[APART * cores :]) * a_size

    def end(limit: float) -> float:
        """Return about when all jobs are done, if no video's size per thread exceeds a limit."""
        plan = [work(size, _threads(size, limit, cores), detectors) for size in largest]
        busy = sum(each.core_time for each in plan) + smaller
        return max(busy / cores, end_of(plan, cores))

    best = largest[0]
    if end(best) > GOOD_ENOUGH * sum(every) * a_size / cores:
        # The largest video on 1, 2, ... cores; then the next ones too, and finally each, on all.
        limits = [largest[0] / threads for threads in range(1, cores + 1)]
        limits += [size / cores for size in largest[1 : cores + 1]] + [0]
        # Of plans that end at the same time, min takes the one with the fewest threads.
        best = min(limits, key=end)
    return {video: _threads(size, best, cores) for video, size in sizes.items()}


def work(size: float, threads: int, detectors: Sequence[str]) -> Work:
    """Return the durations of a video's jobs on a number of threads.

    Args:
        size: the size of the video, in frames to analyse or proportional to them.
        threads: how many threads each job has.
        detectors: the names of the detectors.
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
    """Return when the last job ends, if jobs are started in Snakemake's way.

    Each job starts as soon as there is room: detections before samplings, and among each of these
    the first video whose job fits.

    Args:
        videos: the jobs of each video, the largest first; none may have more threads than cores.
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
    """Return the duration, on some threads, of a job with a serial share and a duration on one."""
    return alone * (serial + (1 - serial) / threads)


def _threads(size: float, limit: float, cores: int) -> int:
    """Return the fewest threads for which the size per thread is within a limit."""
    # A quotient that differs from a whole number only in its last bits counts as that number.
    return min(cores, max(1, ceil(size / limit - 1e-9))) if limit else cores
