"""Five people, including a hard pair, across cuts and side by side: who is who in a study."""

import json
import shutil
import stat
from base64 import b64encode
from collections import Counter
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
from facetally.faces.identities import UNKNOWN
from facetally.faces.identity_files import VideoFaces, read_references, read_video_faces
from facetally.faces.pictures import each_picture
from facetally.faces.who_is_who import TRACKS, who_is_who
from facetally.study.demo import draw
from facetally.study.outputs import PICTURES
from facetally.study.storyboard import Move
from facetally.video.frames import Frame
from support.clips import write_clip
from support.networks import Networks
from support.recordings import HEIGHT, RATE, STEP, WIDTH, Recording, recording, sampled
from support.snakemake_runs import GPU, jobs, lines, snakemake
from support.studies import write_config

MAN, OTHER = "single_face", "speaker_a"
"""The hard pair."""

WOMEN = ("woman2", "speaker_b", "speaker_c")
EVERYBODY = (MAN, OTHER, *WOMEN)

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
    ("speaker_c", 10),
    (OTHER, 10),
    ("speaker_c", 6),
    ("woman2", 1),
]
"""``woman2`` is away for more than 40 s."""

PORTRAITS = {
    MAN: ((40, 60, 150), Move("lfw54", (8.0, 9.0), (0.49, 0.5), (0.51, 0.5))),
    OTHER: ((190, 200, 210), Move("lfw0", (8.0, 9.0), (0.49, 0.5), (0.51, 0.5))),
    "speaker_b": ((120, 30, 20), Move("lfw93", (8.0, 9.0), (0.49, 0.5), (0.51, 0.5))),
    "speaker_c": ((60, 160, 70), Move("hopper", (0.7, 0.8), (0.5, 0.7), (0.52, 0.75))),
    "woman2": ((20, 20, 20), Move("astronaut", (1.6, 1.7), (0.56, 1.05), (0.58, 1.1))),
}
"""Who has the names in rendered clips, and the colour behind: five people too, the hard pair 0.55
apart."""

DETECTORS = ("haar", "mtcnn")
TRACKED = "results/identities/tracks.csv"
PAGE = "results/report/identities.html"
FACES = [f"results/faces/d/{detector}.parquet" for detector in DETECTORS]


def config(study: Path, **changed: object) -> None:
    settings = {
        "datasets": {"d": {"videos": "clips"}},
        "sampling": {"every_nth_frame": 1},
        "methods": ["majority"],
        "people": {"references": "people"},
    }
    write_config(study, **{**settings, **changed})


def rendered(name: str) -> list[Frame]:
    """The sampled frames of a rendered clip."""
    colour, move = PORTRAITS[name]
    frames = []
    for number, progress in enumerate(np.linspace(0, 1, 13)):
        bgr = np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
        draw(bgr, move, progress)
        frames.append(Frame(number, number * STEP, Fraction(1, RATE), bgr))
    return frames


@pytest.fixture(scope="module", params=["rendered", "real"])
def shown(request: pytest.FixtureRequest) -> Recording:
    """The pictures of the recording, and who is where in them."""
    if request.param == "rendered":
        return recording({name: rendered(name) for name in EVERYBODY}, SHOTS)
    videos: Path = request.getfixturevalue("real_videos")
    folders = (videos, videos.parent / "people")
    clips = {path.stem: path for folder in folders for path in folder.glob("*.mp4")}
    return recording({name: sampled(clips[name]) for name in EVERYBODY}, SHOTS)


@pytest.fixture(scope="module")
def study(shown: Recording, tmp_path_factory: pytest.TempPathFactory, networks: Networks) -> Path:
    """A study of the recording, with a picture of each person, as far as who is who."""
    folder = networks(tmp_path_factory.mktemp("identities"))
    times = [100 * frame.index // RATE for frame in shown.frames]
    write_clip(folder / "clips" / "debate.mp4", (frame.bgr for frame in shown.frames), times=times)
    for name in EVERYBODY:
        first = shown.people.index([name])
        (folder / "people" / name).mkdir(parents=True)
        cv2.imwrite(str(folder / "people" / name / "a.png"), shown.frames[first].bgr)
    config(folder)
    process = snakemake(folder, PAGE, "results/people/d/shares.csv", *GPU)
    assert process.returncode == 0, process.stdout
    # The faces say who is seen: no warning about several people.
    assert lines(process.stdout) == []
    return folder


def people_of(study: Path, detector: str, shown: Recording) -> list[tuple[str, str | None, bool]]:
    """Return for each face who it is, who it is said to be, and whether that is doubtful."""
    faces = pl.read_parquet(study / f"results/faces/d/{detector}.parquet").drop_nulls("face")
    return [
        (shown.person(row["frame"], row["x"] + row["width"] / 2), row["person"], row["doubtful"])
        for row in faces.iter_rows(named=True)
    ]


def video_faces(study: Path) -> dict[tuple[str, str, str], VideoFaces]:
    return {
        ("d", detector, "debate"): read_video_faces(
            study / f"results/identities/faces/d/{detector}/debate.npz"
        )
        for detector in DETECTORS
    }


@pytest.mark.parametrize("detector", DETECTORS)
def test_every_face_has_its_person(study: Path, shown: Recording, detector: str) -> None:
    found = people_of(study, detector, shown)
    assert len(found) > len(shown.frames)
    named = [(true, said) for true, said, _ in found if said is not None]
    assert all(true == said for true, said in named)
    assert not any(doubtful for _, _, doubtful in found)
    # Haar also finds things that are not faces.
    assert len(named) >= (1 if detector == "mtcnn" else 0.97) * len(found)
    assert {said for _, said in named} == set(EVERYBODY)


@pytest.mark.parametrize("stranger", EVERYBODY)
def test_without_a_picture_nobody_is_another(study: Path, stranger: str) -> None:
    known = read_references(study / "results/identities/references.npz")
    whole, _, _ = who_is_who(video_faces(study), known)
    del known[stranger]
    tracks, _, _ = who_is_who(video_faces(study), known)
    for true, row in zip(whole["person"], tracks.iter_rows(named=True), strict=True):
        if true == stranger:
            assert row["person"] == UNKNOWN or row["doubtful"]
        else:
            assert (row["person"], row["doubtful"]) == (true, False)


def test_people_have_rows_of_their_own_faces(study: Path, shown: Recording) -> None:
    people = pl.read_csv(study / "results/people/d/shares.csv").filter(detector="mtcnn")
    assert set(people["person"].drop_nulls()) == set(EVERYBODY)
    found = people_of(study, "mtcnn", shown)
    for row in people.drop_nulls("person").iter_rows(named=True):
        own = sum(said == row["person"] for _, said, _ in found)
        # Where she is without a face, nobody knows: no coverage is stated.
        assert (row["frames"], row["coverage"]) == (own, None)
    # Nobody has a row where there is a frame without a face, as in real clips alone.
    faces = pl.read_parquet(study / FACES[1])
    nobody = people.filter(pl.col("person").is_null())["coverage"]
    assert len(nobody) == (faces.drop_nulls("face")["frame"].n_unique() < len(shown.frames))
    assert all(0 <= coverage <= 1 for coverage in nobody)
    # Side by side, both count: more rows than frames.
    assert people["frames"].sum() > len(shown.frames)
    units = people.filter(person=MAN).row(0, named=True)
    assert (units["unit"], units["units"]) == ("turn", sum(MAN in names for names, _ in SHOTS))


def test_the_owner_alone_reads_them_and_the_report_has_no_vectors(study: Path) -> None:
    folder = study / "results" / "identities"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.rglob("*.npz"))
    assert len(files) == 1 + len(DETECTORS)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    page = (study / PAGE).read_text()
    for faces in video_faces(study).values():
        assert b64encode(faces.vectors.tobytes()).decode()[:40] not in page
        assert str(faces.vectors[0, 0]) not in page
    assert all(f"track {track}" in page for track in range(3))


def test_without_pictures_there_are_five(study: Path, shown: Recording) -> None:
    config(study, people={"identify": True})
    process = snakemake(study, *FACES, PAGE, *GPU)
    assert process.returncode == 0, process.stdout
    # Nothing is detected or looked at again.
    assert not {"sample_frames", "detect_emotions", "identify"} & set(jobs(process.stdout))
    names: Counter[tuple[str, str]] = Counter()
    for detector in DETECTORS:
        found = people_of(study, detector, shown)
        names.update((true, said) for true, said, _ in found if said is not None)
        assert not any(doubtful for _, _, doubtful in found)
    assert len(names) == len({true for true, _ in names}) == len({said for _, said in names}) == 5
    # By how many faces they have, of all detectors.
    by_faces = [said for (_, said), _ in names.most_common()]
    assert by_faces == [f"person_{number}" for number in range(1, 6)]
    # Seen side by side once, they are two people, without a question.
    said = dict(names.keys())
    alike = pl.read_csv(study / "results/identities/alike.csv")
    assert {said[MAN], said[OTHER]} not in [set(row[:2]) for row in alike.iter_rows()]


def corrections(study: Path, rows: list[dict[str, object]]) -> None:
    """Write corrections: rows of the table of tracks, whose person has been changed."""
    pl.DataFrame(rows).write_csv(study / "corrections.csv")


def test_the_face_of_the_person_counts_and_corrections_are_obeyed(study: Path) -> None:
    tracks = pl.read_csv(study / TRACKED, schema=TRACKS).filter(detector="mtcnn")
    row = tracks.row(0, named=True)
    track = row["track"]
    corrections(study, [{**row, "person": OTHER.upper()}])
    (study / "turns.csv").write_text(
        f"filename,start,end,person\ndebate,0,12,{MAN}\ndebate,12,14,speaker_b\ndebate,14,,{OTHER}\n"
    )
    told = {"references": "people", "corrections": "corrections.csv", "file": "turns.csv"}
    config(study, people=told, face="person")
    process = snakemake(study, FACES[1], PAGE, *GPU)
    assert process.returncode == 0, process.stdout
    assert not {"sample_frames", "detect_emotions", "identify"} & set(jobs(process.stdout))
    faces = pl.read_parquet(study / FACES[1]).drop_nulls("face")
    corrected = faces.filter(track=track)
    assert set(corrected["person"]) == {OTHER}
    for row in faces.iter_rows(named=True):
        turn = MAN if row["time"] < 12 else "speaker_b" if row["time"] < 14 else OTHER
        assert row["chosen"] == (row["person"] == turn)
    # The first track of the first turn is now someone else's; nobody was there in the second.
    others = pl.read_csv(study / "results/identities/disagreements.csv")
    others = others.filter(detector="mtcnn")
    seen = {(row["turn"], row["seen"]): row["frames"] for row in others.iter_rows(named=True)}
    assert seen[0, OTHER] >= corrected.height
    assert seen[1, "speaker_c"] > 0
    # Haar's track of the same face is corrected too, and no other.
    after = pl.read_csv(study / TRACKED, schema=TRACKS).filter(pl.col("corrected"))
    assert sorted(after["detector"]) == ["haar", "mtcnn"]
    assert after["start"].max() < SHOTS[0][1]
    # What is no face, wherever it is said of the only face, leaves none, and pictures follow.
    here = "results/galleries/thumbnails/d/debate.json"
    lost = {**row, "start": 30, "end": 30, "x": -90, "y": -90, "person": "not a face"}
    corrections(study, [{**row, "person": "Not a Face"}, lost])
    config(study, people={"references": "people", "corrections": "corrections.csv"})
    process = snakemake(study, *FACES, PAGE, here, *GPU)
    assert process.returncode == 0, process.stdout
    faces = pl.read_parquet(study / FACES[1])
    assert set(faces.filter(track=track)["left_out_by"]) == {"corrections"}
    assert not faces.filter(track=track)["chosen"].any()
    shown = json.loads((study / here).read_text())
    assert all(each["time"] >= SHOTS[0][1] for each in shown["mtcnn"])
    without = pl.read_csv(study / "results/identities/corrections_without_face.csv")
    assert without.select("file", "row", "video", "start").rows() == [
        ("corrections.csv", 3, "debate", 30)
    ]


def naming(study: Path) -> set[str]:
    """The files below results and .snakemake that have the name of the person to be forgotten."""
    return {
        str(path.relative_to(study))
        for folder in ("results", ".snakemake")
        for path in (study / folder).rglob("*")
        if path.is_file() and (OTHER in path.name or OTHER.encode() in path.read_bytes())
    }


def test_one_person_is_forgotten(study: Path) -> None:
    config(study)
    process = snakemake(study, PAGE, *GPU)
    assert process.returncode == 0, process.stdout
    forget = ("forget", "--config", "forget=")
    nobody = snakemake(study, *forget[:2], "forget=Nemo")
    assert nobody.returncode == 1
    assert "results: nothing is kept of Nemo; it has something of single_face" in nobody.stdout
    own = pl.read_csv(study / TRACKED, schema=TRACKS).filter(person=OTHER)
    before = video_faces(study)
    assert naming(study)
    process = snakemake(study, *forget[:2], f"forget={OTHER}")
    assert process.returncode == 0, process.stdout
    said = next(line for line in lines(process.stdout) if "removed" in line)
    assert f"removed {OTHER} ({own.height} tracks of faces)" in said
    assert f"your own files still have the name: people/{OTHER}/a.png" in said
    assert naming(study) == set()
    for place, faces in video_faces(study).items():
        gone = own.filter(detector=place[1])["track"].to_list()
        left, representatives = faces.representatives(), before[place].representatives()
        assert not left.keys() & set(gone)
        assert not any(faces.pictures[gone])
        assert len(faces.vectors) < len(before[place].vectors)
        assert (left[0] == representatives[0]).all()
        hers = set(before[place].places_of(gone))
        path = study / PICTURES.format(dataset=place[0], detector=place[1], video=place[2])
        kept = {picture.place: picture for picture in each_picture(path)}
        assert hers and hers < kept.keys()
        assert hers <= {each for each, picture in kept.items() if picture.grey is None}
        assert all(np.ptp(kept[each].bgr) == 0 for each in hers)
    shutil.rmtree(study / "people" / OTHER)
    process = snakemake(study, PAGE, *GPU)
    assert process.returncode == 0, process.stdout
    assert not {"sample_frames", "detect_emotions", "identify"} & set(jobs(process.stdout))
    assert OTHER not in read_references(study / "results/identities/references.npz")
    assert naming(study) == set()
    tracks = pl.read_csv(study / TRACKED, schema=TRACKS)
    assert OTHER not in tracks["person"].to_list()
    assert tracks.filter("doubtful").height == own.height


def test_off_by_default(study: Path) -> None:
    config(study, people=None)
    process = snakemake(study, "--dry-run", *GPU)
    planned = set(jobs(process.stdout))
    assert "collect_faces" in planned
    assert not {"identify", "reference_people", "who_is_who", "check_identities"} & planned


def test_corrections_hold_when_other_frames_are_sampled(study: Path) -> None:
    """Half as many, so that every track has another number."""
    tracks = pl.read_csv(study / TRACKED, schema=TRACKS).filter(detector="mtcnn")
    # Between shots so long, the cuts are seen in half of the frames too.
    rows = tracks.filter(pl.col("end") - pl.col("start") > 2).sort("start").rows(named=True)[1:4]
    corrections(study, [{**row, "person": f"Nemo {n}"} for n, row in enumerate(rows)])
    told = {"references": "people", "corrections": "corrections.csv"}
    config(study, people=told, sampling={"every_seconds": 0.6667})
    process = snakemake(study, *FACES, *GPU)
    assert process.returncode == 0, process.stdout
    for detector in DETECTORS:
        faces = pl.read_parquet(study / f"results/faces/d/{detector}.parquet").drop_nulls("face")
        middle = pl.col("x") + pl.col("width") / 2
        for number, row in enumerate(rows):
            there = pl.col("time").is_between(row["start"] - 0.3, row["end"] + 0.3)
            near = (middle - (row["x"] + row["width"] / 2)).abs() < 80
            own = faces.filter(person=f"Nemo {number}")
            assert own.height and own.equals(faces.filter(there & near))
        assert faces["track"].n_unique() > len(rows)
