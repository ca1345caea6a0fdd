"""Five real people, a hard pair among them, over cuts and side by side: nobody is another."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from facetally.detect.embedding import Embedder, Vectors, quality
from facetally.detect.engine import Engine, open_engine
from facetally.detect.networks import Networks
from facetally.errors import EnvironmentBrokenError
from facetally.faces.identities import UNKNOWN, Apart, Track, found, identified
from facetally.faces.portraits import portraits
from facetally.faces.tracks import linked_in_shots, seen_together
from facetally.video.cuts import Shots
from support.recordings import Recording, recording, sampled

pytestmark = pytest.mark.tensorflow

MAN, OTHER = "single_face", "speaker_a"
"""The hard pair."""

WOMEN = ("woman2", "speaker_b", "speaker_c")

SHOTS = [
    (MAN, 3),
    (OTHER, 2),
    ("speaker_b", 1),
    ("woman2", 2),
    (f"{OTHER}+{MAN}", 4),
    ("speaker_c", 3),
    (OTHER, 1),
    (MAN, 1),
    ("woman2+speaker_c", 2),
    (OTHER, 3),
    ("speaker_c", 10),
    ("speaker_b+speaker_a", 2),
    (MAN, 2),
    ("woman2", 1),
]


@dataclass(frozen=True)
class Seen:
    """Tracks, who is in each, which share a frame, and a picture of each person."""

    tracks: list[Track]
    people: list[str]
    apart: Apart
    references: dict[str, Vectors]


@pytest.fixture(scope="module", params=["mtcnn", "haar"])
def seen(request: pytest.FixtureRequest, models: Path, real_videos: Path) -> Seen:
    """A recording as far as it is known before anybody is told apart."""
    folders = (real_videos, real_videos.parent / "people")
    clips = {path.stem: path for folder in folders for path in folder.glob("*.mp4")}
    wanted = [MAN, OTHER, *WOMEN]
    if missing := [name for name in wanted if name not in clips]:
        pytest.skip(f"no real clips of {', '.join(missing)}")
    try:
        embedder = Embedder(Networks(models, "cpu"))
    except EnvironmentBrokenError as error:
        pytest.skip(str(error))
    engine = open_engine("onnx", request.param, models, "cpu")
    shown = {name: sampled(clips[name]) for name in wanted}
    made = recording(shown, SHOTS)
    shots = Shots()
    for frame in made.frames:
        shots.see(frame)
    starts = [shot.frame for shot in shots.found()]
    assert starts == made.starts
    # Any pictures, the first of each.
    references = {}
    for name, frames in shown.items():
        _, (face, *_) = next(iter(engine.faces(frames[:1])))
        aligned = embedder.align(frames[0].bgr, face.box, face.landmarks)
        references[name] = embedder.embed([aligned])
    return Seen(*_tracks(made, starts, engine, embedder), references)


def _tracks(
    made: Recording, starts: list[int], engine: Engine, embedder: Embedder
) -> tuple[list[Track], list[str], Apart]:
    analysed = list(engine.faces(made.frames))
    linked = linked_in_shots(
        [[face.box for face in faces] for _, faces in analysed],
        [frame.index for frame in made.frames],
        starts,
    )
    shown: dict[int, list[tuple[float, object, str]]] = {}
    for number, ((frame, faces), tracks) in enumerate(zip(analysed, linked, strict=True)):
        for face, track in zip(faces, tracks, strict=True):
            aligned = embedder.align(frame.bgr, face.box, face.landmarks)
            person = made.person(number, face.box[0] + face.box[2] / 2)
            shown.setdefault(track, []).append((quality(aligned), aligned, person))
    tracks, people = [], []
    places: dict[int, int] = {}
    for track in range(len(shown)):
        qualities, aligned, names = zip(*shown[track], strict=True)
        # Haar also finds what is no face.
        if chosen := [aligned[place] for place in portraits(qualities)]:
            places[track] = len(tracks)
            tracks.append(Track(embedder.embed(chosen), len(aligned)))
            assert len(set(names)) == 1
            people.append(names[0])
    return (
        tracks,
        people,
        seen_together([places[track] for track in some if track in places] for some in linked),
    )


def test_with_references_every_face_has_its_person(seen: Seen) -> None:
    for who, person in zip(
        identified(seen.tracks, seen.references, seen.apart), seen.people, strict=True
    ):
        assert (who.person, who.doubtful) == (person, False)


@pytest.mark.parametrize("stranger", [MAN, OTHER, *WOMEN])
def test_without_a_reference_nobody_is_another(seen: Seen, stranger: str) -> None:
    others = {name: own for name, own in seen.references.items() if name != stranger}
    for who, person in zip(identified(seen.tracks, others, seen.apart), seen.people, strict=True):
        expected = UNKNOWN if person == stranger else person
        assert who.person == expected or (who.doubtful and person == stranger)


def test_without_references_there_are_five(seen: Seen) -> None:
    who, alike = found(seen.tracks, seen.apart)
    pairs = Counter((each.person, person) for each, person in zip(who, seen.people, strict=True))
    assert len(pairs) == len({person for person, _ in pairs}) == 5
    assert not any(each.doubtful for each in who)
    names = {person: name for name, person in pairs}
    # Side by side once, they are two, and nobody need ask.
    assert {names[MAN], names[OTHER]} not in [{pair.one, pair.other} for pair in alike]
    assert np.isfinite([each.distance for each in who]).all()
