"""Rows of files of people and events that no sampled frame belongs to, so no table has them."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from facetally.study.csv_file import LONGEST_VALUE, Kind, title
from facetally.study.cues import EVENTS
from facetally.study.matching import VideoNames
from facetally.study.names import counted, first, is_or_are, shown
from facetally.study.people import PEOPLE, Turn, read_rows

SHOWN_AT_MOST: Final = 5

FRAMES: Final = ["dataset", "video", "time"]
"""The columns of the table of all frames that say which frames there are."""

Times = Mapping[str, Sequence[Sequence[float]]]
"""The times of sampled frames, sorted, by the name of the video: for each dataset that has it."""


def unused_rows(
    people: Iterable[Path | str],
    events: Iterable[Path | str],
    videos: Collection[str],
    frames: pl.DataFrame,
) -> list[str]:
    """Say which rows no sampled frame belongs to, and why: one line for each file with some.

    Args:
        people: files of people.
        events: files of events.
        videos: the names of all videos of the study, analysed or not.
        frames: the columns FRAMES of the table of all datasets.
    """
    files = [(Path(path), PEOPLE) for path in people]
    files += [(Path(path), EVENTS) for path in events]
    if not files:
        return []
    times: dict[str, list[list[float]]] = {}
    by_video = frames.select(FRAMES).unique().sort(FRAMES)
    for (_, video), own in by_video.partition_by(
        "dataset", "video", as_dict=True, maintain_order=True
    ).items():
        times.setdefault(str(video), []).append(own["time"].to_list())
    names = VideoNames(set(videos))
    return [line for path, kind in files if (line := _of_file(path, kind, names, times))]


def _of_file(path: Path, kind: Kind, names: VideoNames, times: Times) -> str:
    """Return the line about one file; empty if every row has a frame."""
    rows = read_rows(path, kind)
    unused = []
    for row in rows:
        # A row is about the videos of that name in all datasets; it may be meant for one of them.
        sampled = [own for video in names.meant(row.filename) for own in times.get(video, ())]
        reasons = list(_reasons(row.turn, sampled))
        if len(reasons) == len(sampled):
            reason = reasons[0] if reasons else "not analysed, see results/problems.csv"
            unused.append(f"{row.place} ({shown(row.filename, LONGEST_VALUE)}: {reason})")
    if not unused:
        return ""
    what = "event" if kind is EVENTS else "row"
    number = f"{len(unused):,} of {counted(len(rows), what)} {is_or_are(len(unused))}"
    return (
        f"{title(path)}: {number} in no table: {first(unused, SHOWN_AT_MOST)}; correct or "
        f"remove {'it' if len(unused) == 1 else 'them'}, or sample more frames"
    )


def _reasons(turn: Turn, sampled: Iterable[Sequence[float]]) -> Iterator[str]:
    """Yield, for each video in which no sampled frame belongs to a turn, why."""
    for times in sampled:
        place = bisect_left(times, turn.start)
        if place == len(times):
            yield (
                f"begins at {_seconds(turn.start)}, after the last sampled frame at "
                f"{_seconds(times[-1])}"
            )
        elif turn.end is not None and times[place] >= turn.end:
            yield (
                f"no frame is sampled from {_seconds(turn.start)} to {_seconds(turn.end)}"
                if place
                else f"ends at {_seconds(turn.end)}, before the first frame"
            )


def _seconds(time: float) -> str:
    return f"{round(time, 3):.10g} s"
