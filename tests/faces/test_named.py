"""Who is who in the files of a study, with made-up vectors."""

import stat
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from facetally.detect.face import Box
from facetally.errors import PeopleError
from facetally.faces.identities import UNKNOWN
from facetally.faces.identity_files import (
    Place,
    VideoFaces,
    read_references,
    read_video_faces,
    write_references,
    write_video_faces,
)
from facetally.faces.named import twins_of, who_in
from facetally.faces.who_is_who import ALIKE, TRACKS, WITHOUT_TRACK, read_tracks, who_is_who
from facetally.study.identities import BOX, Correction

PEOPLE = {"Anna": 0, "Bert": 1, "Carl": 2}
"""The axis along which each person's vectors lie, 0.6 from the origin and so 0.85 apart."""


def vector(person: str, off: float = 0.02) -> np.ndarray:
    made = np.zeros(128, np.float32)
    made[PEOPLE[person]] = 0.6
    made[100 + PEOPLE[person]] = off
    return made


def box(track: int) -> Box:
    """Return where a track is, in all frames; tracks are next to each other."""
    return 100 * track, 10, 80, 90


def correction(place: Place, track: int, time: float, person: str, row: int = 2) -> Correction:
    return Correction(place[0], place[2], time, time, box(track), person, row)


def video(*tracks: tuple[str | None, list[int]]) -> VideoFaces:
    """The faces of a video: of each track the person, None without a vector, and its frames."""
    rows = sorted((frame, track) for track, (_, frames) in enumerate(tracks) for frame in frames)
    faces, numbers = [], {}
    for frame, track in rows:
        numbers[frame] = numbers.get(frame, -1) + 1
        faces.append((frame, numbers[frame], track))
    known = [place for place, (_, track) in enumerate(rows) if tracks[track][0]]
    return VideoFaces(
        faces=np.array(faces, np.int64),
        times=np.array([frame / 10 for frame, _ in rows]),
        boxes=np.array([box(track) for _, track in rows], np.int64),
        shots=np.array([0.0]),
        is_face=np.array([True] * len(tracks)),
        of=np.array(known, np.int64),
        chosen=np.array([True] * len(known)),
        vectors=np.array(
            [
                vector(tracks[rows[place][1]][0] or "", 0.02 + 0.02 * (n % 2))
                for n, place in enumerate(known)
            ],
            np.float32,
        ).reshape(-1, 128),
        pictures=np.array([b"jpeg" if person else b"" for person, _ in tracks], np.bytes_),
    )


VIDEOS = {
    ("d", "haar", "a"): video(("Anna", [0, 10]), ("Bert", [0]), (None, [20])),
    ("d", "haar", "b"): video(("Carl", [0, 10, 15, 20]), ("Anna", [30])),
    ("e", "haar", "a"): video(("Bert", [5])),
}
REFERENCES = {name: np.array([vector(name, 0)]) for name in ("Anna", "Bert")}


def test_files_are_as_they_were_and_their_owners(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "identities"
    (folder / "faces").mkdir(parents=True)
    for path, write, read, content in (
        (
            folder / "faces" / "a.npz",
            write_video_faces,
            read_video_faces,
            VIDEOS["d", "haar", "a"],
        ),
        (folder / "r.npz", write_references, read_references, REFERENCES),
    ):
        write(path, content)  # type: ignore[operator]
        first = path.read_bytes()
        again = read(path)
        write(path, again)  # type: ignore[operator]
        assert path.read_bytes() == first
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.write_bytes(first[:100])
        with pytest.raises(PeopleError, match="is cut off, or no file of face vectors; delete it"):
            read(path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_track_without_vectors_is_in_doubt() -> None:
    who = who_in(VIDEOS["d", "haar", "a"], REFERENCES, {})
    assert [(each.person, each.doubtful, each.surely) for each in who] == [
        ("Anna", False, "Anna"),
        ("Bert", False, "Bert"),
        (None, True, None),
    ]
    corrected = {0: correction(("d", "haar", "b"), 0, 0, "Anna")}
    who = who_in(VIDEOS["d", "haar", "b"], REFERENCES, corrected)
    assert [(each.person, each.doubtful) for each in who] == [("Anna", False), ("Anna", False)]
    assert np.isnan(who[0].distance)
    (unknown, _) = who_in(VIDEOS["d", "haar", "b"], REFERENCES, {})
    assert (unknown.person, unknown.doubtful, unknown.surely) == (UNKNOWN, False, None)


def test_the_table_of_tracks(tmp_path: Path) -> None:
    corrections = [correction(("d", "haar", "a"), 2, 2, "Anna")]
    tracks, alike, without = who_is_who(VIDEOS, REFERENCES, corrections)
    assert (tracks.schema, alike.schema) == (TRACKS, ALIKE)
    assert without.is_empty() and without.schema == WITHOUT_TRACK
    assert tracks.select(
        "dataset", "video", "track", "person", "doubtful", "corrected"
    ).rows() == [
        ("d", "a", 0, "Anna", False, False),
        ("d", "a", 1, "Bert", False, False),
        ("d", "a", 2, "Anna", False, True),
        ("d", "b", 0, UNKNOWN, False, False),
        ("d", "b", 1, "Anna", False, False),
        ("e", "a", 0, "Bert", False, False),
    ]
    assert tracks.select("faces", "start", "end").rows()[:2] == [(2, 0, 1), (1, 0, 0)]
    assert tracks.select(BOX).rows()[:2] == [box(0), box(1)]
    assert tracks["distance"].is_null().to_list() == [False, False, True, False, False, False]
    tracks.write_csv(tmp_path / "tracks.csv")
    read = read_tracks(tmp_path / "tracks.csv", "d", "haar")
    assert [each.person for each in read["a"]] == ["Anna", "Bert", "Anna"]
    assert list(read) == ["a", "b"]


def test_without_pictures_people_have_numbers_by_how_many_faces() -> None:
    tracks, alike, _ = who_is_who(VIDEOS, None)
    assert tracks["person"].to_list() == [
        "person_2",
        "person_3",
        None,
        "person_1",
        "person_2",
        "person_3",
    ]
    assert alike.is_empty()


def test_a_correction_of_what_is_not_there_is_kept_for_the_user() -> None:
    lost = correction(("e", "haar", "a"), 1, 0.5, "Anna", row=7)
    tracks, _, without = who_is_who(VIDEOS, None, [lost], "c.csv")
    assert not tracks["corrected"].any()
    assert without.rows() == [("c.csv", 7, "e", "a", 0.5, 0.5)]


def test_a_correction_is_for_all_detectors_and_lost_only_if_none_finds_the_face() -> None:
    """MTCNN finds Carl alone, under another number; nobody but him is corrected."""
    videos = VIDEOS | {("d", "mtcnn", "a"): video(("Bert", [0, 30]))}
    for track, number in ((0, 2), (1, 1)):
        own = [correction(("d", "any", "a"), track, 0, "Carl")]
        tracks, _, without = who_is_who(videos, REFERENCES, own)
        corrected = tracks.filter("corrected")
        assert set(corrected["person"]) == {"Carl"} and corrected.height == number
        assert without.is_empty()


def test_two_rows_that_name_two_people_for_one_track() -> None:
    """They say other times, so the file alone does not show it."""
    place = ("d", "haar", "b")
    rows = [correction(place, 0, 0.1, "Anna", row=9), correction(place, 0, 2, "Bert", row=3)]
    with pytest.raises(PeopleError, match=r"c.csv, rows 3 and 9: say of one face in b"):
        who_is_who(VIDEOS, REFERENCES, rows, "c.csv")


def test_what_is_forgotten_has_no_vectors() -> None:
    left = VIDEOS["d", "haar", "a"].without([0])
    assert {track: len(vectors) for track, vectors in left.representatives().items()} == {1: 1}
    assert left.pictures.tolist() == [b"", b"jpeg", b""]
    assert left.tracks == VIDEOS["d", "haar", "a"].tracks == {0: [0, 1], 10: [0], 20: [2]}


def test_a_thousand_tracks_of_thirty_people() -> None:
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(30, 128))
    centres *= 0.6 / np.linalg.norm(centres, axis=1, keepdims=True)
    videos = {}
    for number in range(300):
        own = rng.integers(0, 30, 4)
        noise = rng.normal(scale=0.02, size=(4, 128))
        videos["d", "haar", f"v{number}"] = VideoFaces(
            np.array([(track, 0, track) for track in range(4)], np.int64),
            np.arange(4.0),
            np.zeros((4, 4), np.int64),
            np.empty(0),
            np.ones(4, bool),
            np.arange(4),
            np.ones(4, bool),
            (centres[own] + noise).astype(np.float32),
            np.array([b""] * 4, np.bytes_),
        )
    tracks, _, _ = who_is_who(videos, None)
    assert tracks["person"].n_unique() == 30
    assert not tracks["doubtful"].any()
    assert pl.Series(tracks["video"]).n_unique() == 300


def test_two_detectors_that_find_the_same_faces_say_nothing_of_each_other() -> None:
    """Seen in one track only, a person is as doubtful as with one detector."""
    alone = {("d", "haar", "a"): video(("Anna", [0, 10]))}
    twice = {**alone, ("d", "mtcnn", "a"): video(("Anna", [0, 10]))}
    again = {**twice, ("d", "haar", "b"): video(("Anna", [0]))}
    assert twins_of(alone) == set()
    assert twins_of(twice) == {(0, 1), (1, 0)}
    distances = [
        who_is_who(videos, None)[0]["distance"].to_list() for videos in (alone, twice, again)
    ]
    assert distances == [[None], [None, None], [0.01, 0.01, 0.01]]


def test_other_places_videos_and_datasets_are_no_twins() -> None:
    def left(*frames: int) -> VideoFaces:
        return video((None, [0]), ("Anna", [*frames]))

    assert twins_of({("d", "haar", "a"): left(5), ("d", "mtcnn", "a"): left(7)}) == set()
    assert twins_of({("d", "haar", "a"): left(5), ("d", "mtcnn", "b"): left(5)}) == set()
    assert twins_of({("d", "haar", "a"): left(5), ("e", "mtcnn", "a"): left(5)}) == set()
    moved = left(5)
    moved.boxes[:, 0] += 45
    assert twins_of({("d", "haar", "a"): left(5), ("d", "mtcnn", "a"): moved}) == set()
    # Of three detectors, each pair.
    three = {("d", name, "a"): left(5) for name in ("haar", "mtcnn", "centerface")}
    assert len(twins_of(three)) == 6
