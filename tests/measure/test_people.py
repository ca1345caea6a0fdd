"""What people show: shares by hand, intervals that cover, p values uniform under chance."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pytest
from facetally.emotions import CLASS_OF, EMOTIONS
from facetally.measure.counts import segment_of
from facetally.measure.expressions import EXPRESSIONS
from facetally.measure.intervals import expanded_interval, permutation_test, resampled
from facetally.measure.people import (
    PAIRS,
    PEOPLE,
    as_text,
    event_pairs_table,
    events_table,
    in_events,
    over_time,
    pairs_table,
    people_table,
)
from facetally.study.golden import LabelFiles
from facetally.study.people import Turn, by_faces
from scipy.stats import kstest

Turns = Mapping[tuple[str, str | None, int], str]
"""The top emotion of each frame, by its initial, of a turn: video, person and number.

``-`` is a frame without a face."""

INITIALS = {"a": "angry", "d": "disgust", "f": "fear", "h": "happy", "s": "sad", "u": "surprise"}


def shown(turns: Turns, detector: str = "haar") -> pl.DataFrame:
    """Frames, one a second, that show emotions with a score of 1."""
    rows = []
    times: dict[str, int] = {}
    for (video, person, turn), initials in turns.items():
        for initial in initials:
            time = times[video] = times.get(video, -1) + 1
            emotion = None if initial == "-" else INITIALS.get(initial, "neutral")
            rows.append(
                {
                    "dataset": "d", "detector": detector, "video": video, "person": person,
                    "turn": turn, "frame": time * 25, "time": float(time), "seconds": 1.0,
                    "emotion": emotion, "class": CLASS_OF.get(emotion or ""),
                    "width": None if emotion is None else 40,
                    "valence": emotion and {"happy": 1.0, "neutral": 0.0, "surprise": 0.0}.get(emotion, -1.0),
                    **{name: emotion and float(name == emotion) for name in EMOTIONS},
                }
            )  # fmt: skip
    return pl.DataFrame(rows, schema=EXPRESSIONS)


def test_shares_by_hand() -> None:
    frames = shown(
        {
            ("one", "Anna", 0): "hhhn",
            ("two", "Anna", 0): "a-nnnnnnn-",
            ("three", "Bert", 0): "-----",
            ("three", None, 1): "s",
        }
    )
    table = people_table("d", frames)
    assert table.schema == PEOPLE
    anna, bert, nobody = table.iter_rows(named=True)
    assert (anna["person"], bert["person"], nobody["person"]) == ("Anna", "Bert", None)
    assert (anna["videos"], anna["frames"], anna["minutes"]) == (
        2,
        14,
        pytest.approx(14 / 60, abs=1e-6),
    )
    assert anna["coverage"] == pytest.approx(12 / 14)
    assert anna["share_happy"] == pytest.approx(3 / 12)
    assert anna["share_pos"] == pytest.approx(3 / 12)
    assert anna["share_neg"] == pytest.approx(1 / 12)
    assert anna["share_neutral"] == anna["share_neut"] == pytest.approx(8 / 12)
    assert anna["video_share_happy"] == pytest.approx((3 / 4 + 0) / 2)
    assert anna["valence"] == pytest.approx((3 - 1) / 12)
    assert anna["score_angry"] == pytest.approx(1 / 12)
    assert (anna["unit"], anna["units"]) == ("video", 2)
    assert anna["share_happy_low"] <= anna["share_happy"] <= anna["share_happy_high"]
    assert (bert["coverage"], bert["share_happy"], bert["units"]) == (0, None, 0)
    assert (nobody["share_sad"], nobody["share_sad_low"]) == (1, None)


def test_turns_take_the_place_of_videos_where_there_is_one() -> None:
    turns: Turns = {("one", "Anna", number): "hn" * number for number in (1, 2, 3)}
    (anna,) = people_table("d", shown(turns)).iter_rows(named=True)
    assert (anna["unit"], anna["units"], anna["share_happy"]) == ("turn", 3, 0.5)
    assert anna["share_happy_low"] == anna["share_happy_high"] == 0.5
    # One video says nothing about a mean over videos.
    assert (anna["video_share_happy"], anna["video_share_happy_low"]) == (0.5, None)


def test_labels_are_those_of_a_persons_own_videos() -> None:
    frames = shown(
        {
            ("one", "Anna", 0): "h",
            ("two", "Anna", 0): "n",
            ("both", "Anna", 0): "n",
            ("both", "Bert", 1): "n",
        }
    )
    counts = pl.DataFrame(
        {
            "filename": ["one", "two", "both"],
            "predict": ["Pos", "Neut", "Neg"],
            "golden": ["Pos", None, "Neg"],
        }
    )
    anna, bert = people_table("d", frames, {"haar": counts}).iter_rows(named=True)
    assert (anna["predicted_pos"], anna["predicted_neg"], anna["predicted_neut"]) == (0.5, 0, 0.5)
    assert (anna["golden_pos"], bert["predicted_neg"]) == (1, None)


def test_a_network_of_classes_alone_has_no_shares_of_emotions() -> None:
    blank = [pl.lit(None).alias(name) for name in (*EMOTIONS, "emotion", "valence")]
    frames = shown({("one", "Anna", 0): "hn"}).with_columns(*blank).cast(EXPRESSIONS)
    (anna,) = people_table("d", frames).iter_rows(named=True)
    assert (anna["share_pos"], anna["share_happy"], anna["valence"]) == (0.5, None, None)
    (first,) = over_time("d", frames, segment_of(1000)).iter_rows(named=True)
    assert (first["share_pos"], first["share_happy"], first["valence"]) == (0.5, None, None)
    two = pl.concat([frames, frames.with_columns(pl.lit("Bert").alias("person"))])
    assert pairs_table("d", two)["shown"].to_list() == ["pos", "neg", "neut"]


def videos(person: str, each: Sequence[str]) -> Turns:
    return {(f"{person}{number}", person, 0): frames for number, frames in enumerate(each)}


def test_people_made_different_are_told_apart_and_others_are_not() -> None:
    happy = videos("Anna", ["hhhhhhhhnn", "hhhhhhhnnn"] * 6)
    calm = videos("Bert", ["nnnnnnnnnh", "nnnnnnnnnn"] * 6)
    like_anna = videos("Cora", ["hhhhhhhnnn", "hhhhhhhhnn"] * 6)
    table = pairs_table("d", shown({**happy, **calm, **like_anna}))
    assert table.schema == PAIRS
    of_happy = {
        (row["first"], row["second"]): row for row in table.filter(shown="happy").to_dicts()
    }
    apart = of_happy["Anna", "Bert"]
    assert apart["difference"] == pytest.approx(0.75 - 0.05)
    assert apart["difference_low"] > 0.6
    assert apart["p_holm"] < 0.001
    assert apart["finding"] == "different"
    alike = of_happy["Anna", "Cora"]
    assert (alike["difference"], alike["p"]) == (0, 1)
    assert (alike["finding"], alike["reason"]) == ("not told apart", None)


@pytest.mark.parametrize(
    ("each", "said"),
    [
        (["h", "h"], "2 and 2 videos can be dealt out in 6 ways, so p cannot be below 0.33"),
        (["h"] * 4, "4 and 4 videos can be dealt out in 70 ways, so p cannot be below 0.029, which 10 tests need smaller"),
        (["-"], "no face of Anna"),
    ],
)  # fmt: skip
def test_too_few_say_why(each: list[str], said: str) -> None:
    table = pairs_table("d", shown({**videos("Anna", each), **videos("Bert", ["n"] * len(each))}))
    assert set(table["finding"]) == {"too few"}
    assert set(table["reason"]) == {said}


def simulated(rng: np.random.Generator, number: int, rate: float) -> np.ndarray:
    """Videos of 5 to 40 frames, each with its own share of what is counted: (videos, 2)."""
    frames = rng.integers(5, 41, number)
    return np.column_stack(
        [frames, rng.binomial(frames, rng.beta(4 * rate, 4 - 4 * rate, number))]
    )


def share(sums: np.ndarray) -> np.ndarray:
    return sums[..., 1:] / sums[..., :1]


@pytest.mark.parametrize("number", [12, 30])
def test_p_is_uniform_where_chance_deals_people_out(number: int) -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(300):
        units = simulated(rng, number, 0.4).astype(float)
        found.append(permutation_test(units[: number // 2], units[number // 2 :], share, 999).p[0])
    assert kstest(found, "uniform").pvalue > 0.01


def test_p_of_what_no_shuffle_reaches_is_smaller_than_that_of_one_in_all() -> None:
    rng = np.random.default_rng(4)
    first, second = simulated(rng, 40, 0.9), simulated(rng, 40, 0.1)
    assert 1e-30 < permutation_test(first, second, share, 999).p[0] < 1e-5


def test_intervals_cover_in_studies_of_twenty_videos() -> None:
    rng = np.random.default_rng(5)
    true = 0.3
    covered = 0
    studies = 1000
    for number in range(studies):
        units = simulated(rng, 20, true).astype(float)
        low, high = expanded_interval(resampled(units, share, number), 20)
        covered += low[0] <= true <= high[0]
    assert 0.93 <= covered / studies <= 0.97


def test_shares_over_time() -> None:
    frames = shown({("one", "Anna", 0): "hhnn--", ("one", "Bert", 1): "aaa"})
    by_frames = over_time("d", frames, segment_of(100))
    assert by_frames.select(
        "person", "video", "segment", "start_time", "frames", "coverage", "share_happy"
    ).rows() == [
        ("Anna", "one", 0, 0, 4, 1, 0.5),
        ("Anna", "one", 1, 4, 2, 0, None),
        ("Bert", "one", 1, 6, 2, 1, 0),
        ("Bert", "one", 2, 8, 1, 1, 0),
    ]
    by_seconds = over_time("d", frames, segment_of(100, 4))
    assert by_seconds.equals(by_frames)


@pytest.mark.parametrize("length", [0.1, 0.3, 2.5])
def test_a_frame_at_the_start_of_a_segment_belongs_to_it(length: float) -> None:
    times = pl.DataFrame({"time": [round(number * length, 6) for number in range(50)]})
    assert times.select(segment_of(1000, length)).to_series().to_list() == list(range(50))


def test_coverage_is_not_stated_where_faces_decide_who_is_seen() -> None:
    frames = shown(
        {
            ("one", "Anna", 0): "hhhn",
            ("two", "Anna", 0): "a-nn",
            ("two", "Bert", 1): "nn--",
            ("one", None, None): "-h",
        }
    )
    labels = LabelFiles([])
    assert by_faces({"one", "two"}, labels, None) == set()
    seen = by_faces({"one", "Anna_2"}, labels, None, known=["anna"])
    assert seen == {"one"}
    coverage = dict(people_table("d", frames, by_faces=seen).select("person", "coverage").rows())
    assert coverage == {"Anna": None, "Bert": 0.5, None: 0.5}
    events = in_events(frames, {"two": [Turn("start", 0, 4)], "one": [Turn("start", 0, 4)]})
    by_event = events_table("d", events, seen).select("person", "coverage").rows()
    assert dict(by_event) == {"Anna": None}
    by_time = over_time("d", frames, segment_of(10**6), seen)
    assert by_time.select("person", "video", "coverage").rows() == [
        ("Anna", "one", None), ("Anna", "two", 0.75), ("Bert", "two", 0.5), (None, "one", 0.5)
    ]  # fmt: skip


def test_people_within_events() -> None:
    frames = shown(
        {("one", "Anna", 0): "hhhh", ("one", "Bert", 1): "nnnn", ("two", "Anna", 0): "aaaa"}
    )
    events = {
        "one": [Turn("tax", 0, 2), Turn("war", 1, 6)],
        "two": [Turn("tax", 0, 1), Turn("tax", 0.5, 2)],
    }
    by_event = in_events(frames, events)
    table = events_table("d", by_event)
    assert table.select("event", "person", "frames", "share_happy").rows() == [
        ("tax", "Anna", 4, 0.5),
        ("war", "Anna", 3, 1),
        ("war", "Bert", 2, 0),
    ]
    pairs = event_pairs_table("d", by_event)
    assert set(pairs["event"]) == {"war"}
    assert set(pairs["finding"]) == {"too few"}


def test_without_an_event_the_tables_have_their_columns() -> None:
    assert events_table("d", {}).columns[:3] == ["event", "person", "detector"]
    assert event_pairs_table("d", {}).columns[:3] == ["event", "first", "second"]


def test_the_table_to_read() -> None:
    frames = shown({("one", "A|B", 0): "hn", ("one", None, 1): "-"})
    assert as_text(people_table("d", frames)).splitlines()[2:] == [
        "| d       | A\\|B     | haar     |      2 |    0% |      0% |   0% |   50% |  0% |       0% |     50% |",
        "| d       | (nobody) | haar     |      1 |       |         |      |       |     |          |         |",
    ]  # fmt: skip
