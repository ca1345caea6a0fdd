"""What is left of a person in the files of videos: nothing, while the files stay usable."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from facetally.detect.face import Box, Face
from facetally.errors import PeopleError, PicturesError
from facetally.faces.forget import PAINT, forget_faces
from facetally.faces.identity_files import VideoFaces, read_video_faces, write_video_faces
from facetally.faces.pictures import each_picture, face_pictures, pictures_to
from facetally.faces.who_is_who import TRACKS as COLUMNS
from facetally.study.contents import rewritten
from facetally.study.outputs import IDENTITIES, PICTURES, PREVIEWS, TRACKS
from facetally.video.frames import Frame
from facetally.video.kept import previews_to, read_previews
from support.clips import noise
from support.raw_files import scores

ANNA: Box = (50, 60, 40, 50)
NEAR: Box = (54, 62, 40, 50)
BESIDE: Box = (105, 60, 40, 50)
FAR: Box = (400, 60, 40, 50)
PLACE = {"dataset": "d", "video": "talk"}
MENTION = re.compile("ms anna", re.IGNORECASE)

Tracks = Sequence[tuple[Box, Sequence[int]]]
"""The box of each track, in all its frames."""


def lay(detected: Mapping[str, Tracks], people: Mapping[str, Sequence[str | None]]) -> None:
    """Write what a study keeps of a video, in the working directory."""
    rows = []
    frames = [
        Frame(20 * n, 20 * n, Fraction(1, 25), bgr) for n, bgr in enumerate(noise(3, 240, 480))
    ]
    previews = Path(PREVIEWS.format(**PLACE))
    previews.parent.mkdir(parents=True)
    with previews_to(previews) as keep:
        for frame in frames:
            keep(frame)
    for detector, tracks in detected.items():
        found = sorted((frame, track) for track, (_, own) in enumerate(tracks) for frame in own)
        path = Path(PICTURES.format(**PLACE, detector=detector))
        path.parent.mkdir(parents=True, exist_ok=True)
        with pictures_to(path) as keep_face:
            for frame in frames:
                boxes = [tracks[track][0] for index, track in found if index == frame.index]
                for picture in face_pictures(frame, [Face(box, scores()) for box in boxes]):
                    keep_face(picture)
        identities = Path(IDENTITIES.format(**PLACE, detector=detector))
        identities.parent.mkdir(parents=True)
        write_video_faces(
            identities,
            VideoFaces(
                faces=np.array([(frame, 0, track) for frame, track in found], np.int64),
                times=np.array([frame / 25 for frame, _ in found]),
                boxes=np.array([tracks[track][0] for _, track in found], np.int64),
                shots=np.array([0.0]),
                is_face=np.ones(len(tracks), bool),
                of=np.arange(len(found)),
                chosen=np.ones(len(found), bool),
                vectors=np.array([[track] * 128 for _, track in found], np.float32),
                pictures=np.array([b"jpeg"] * len(tracks), np.bytes_),
            ),
        )
        rows += [
            ("d", detector, "talk", track, person) for track, person in enumerate(people[detector])
        ]
    table = pl.DataFrame(rows, list(COLUMNS)[:5], orient="row")
    missing = [pl.lit(None).alias(name) for name in COLUMNS if name not in table.columns]
    table.with_columns(missing).select(list(COLUMNS)).write_csv(TRACKS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path(".snakemake").mkdir()
    return tmp_path


@pytest.fixture
def study() -> None:
    haar = [(ANNA, (0, 20)), (BESIDE, (0, 40)), (FAR, (0, 20))]
    mtcnn = [(FAR, (0,)), (NEAR, (20,))]
    lay(
        {"haar": haar, "mtcnn": mtcnn},
        {"haar": ["Ms Anna", "Mr Brandt", None], "mtcnn": ["Mr Brandt", None]},
    )


def kept(detector: str) -> dict[tuple[int, Box], tuple[bytes, bool]]:
    """The picture of each face, and whether there is what fer's network gets."""
    path = Path(PICTURES.format(**PLACE, detector=detector))
    return {each.place: (each.jpeg, each.grey is not None) for each in each_picture(path)}


def painted(bgr: np.ndarray, box: Box) -> bool:
    x, y, width, height = box
    return bool((bgr[y : y + height, x : x + width] == PAINT).mean() > 0.9)


@pytest.mark.usefixtures("study")
def test_a_person_is_painted_over_everywhere_and_others_stay() -> None:
    before = {detector: kept(detector) for detector in ("haar", "mtcnn")}
    previews = read_previews(Path(PREVIEWS.format(**PLACE)), (0, 20, 40))
    assert forget_faces(MENTION) == 1
    after = {detector: kept(detector) for detector in ("haar", "mtcnn")}
    hers = {("haar", (0, ANNA)), ("haar", (20, ANNA)), ("mtcnn", (20, NEAR))}
    for detector, faces in after.items():
        assert list(faces) == list(before[detector])
        for place, (jpeg, grey) in faces.items():
            was, _ = before[detector][place]
            if (detector, place) in hers:
                assert not grey
                (picture,) = {
                    each.bgr.tobytes()
                    for each in each_picture(Path(PICTURES.format(**PLACE, detector=detector)))
                    if each.place == place
                }
                assert set(picture) == {PAINT}
            else:
                # What another's picture shows of her is painted over too.
                assert grey
                assert (jpeg == was) == (place != (0, BESIDE))
    for frame, preview in read_previews(Path(PREVIEWS.format(**PLACE)), (0, 20, 40)).items():
        assert painted(preview.bgr, ANNA) == (frame < 40)
        assert not painted(preview.bgr, FAR)
        assert (preview.jpeg == previews[frame].jpeg) == (frame == 40)


@pytest.mark.usefixtures("study")
def test_the_files_stay_readable_by_their_owner_and_have_their_records() -> None:
    forget_faces(MENTION)
    for path in (PREVIEWS.format(**PLACE), PICTURES.format(**PLACE, detector="haar")):
        assert Path(path).stat().st_mode & 0o777 == 0o600
    identities = IDENTITIES.format(**PLACE, detector="haar")
    assert rewritten() == {identities}
    faces = read_video_faces(Path(identities))
    assert set(faces.representatives()) == {1, 2}
    assert faces.pictures.tolist() == [b"", b"jpeg", b"jpeg"]
    assert pl.read_csv(TRACKS)["person"].to_list() == ["Mr Brandt", None, "Mr Brandt", None]


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize("fault", ["no vectors", "damaged pictures"])
def test_what_is_needed_and_missing_is_named_before_the_tracks_go(fault: str) -> None:
    path = Path(
        (IDENTITIES if fault == "no vectors" else PICTURES).format(**PLACE, detector="haar")
    )
    content = path.read_bytes()
    before = [kept("mtcnn"), Path(TRACKS).read_text()]
    if fault == "no vectors":
        path.unlink()
        with pytest.raises(PeopleError, match=r"haar/talk\.npz: is missing, .* and forget again$"):
            forget_faces(MENTION)
    else:
        path.write_bytes(content[:-10])
        with pytest.raises(PicturesError, match="is cut off, or no file of pictures"):
            forget_faces(MENTION)
    assert [kept("mtcnn"), Path(TRACKS).read_text()] == before
    path.write_bytes(content)
    assert forget_faces(MENTION) == 1


@pytest.mark.usefixtures("study")
def test_pictures_that_were_deleted_are_not_missed() -> None:
    Path(PREVIEWS.format(**PLACE)).unlink()
    Path(PICTURES.format(**PLACE, detector="haar")).unlink()
    assert forget_faces(MENTION) == 1
    assert not Path(PREVIEWS.format(**PLACE)).exists()
