"""Files of face vectors that tell people apart: a video's, and those of pictures of people.

These files hold biometric data. Only their owner may read them.
"""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facetally.detect.face import Box, whole_box
from facetally.errors import PeopleError
from facetally.files import private_path

FOLDER: Final = "results/identities"
"""Where these files are: only their owner may open it."""

Place = tuple[str, str, str]
"""Dataset, detector and video."""

Vectors = npt.NDArray[np.float32]
"""The output of dlib's network for faces, float32, (n, 128)."""


@dataclass(frozen=True, slots=True)
class VideoFaces:
    """The faces that a detector found in a video, linked to tracks, and the tracks' vectors.

    Attributes:
        faces: int64, (n, 3): index of the frame in the decoded video, number of the face in
            the frame, and track, sorted in this order.
        times: the time of each face in seconds, float64, (n,).
        boxes: the box of each face: x, y, width and height in pixels, int64, (n, 4).
        shots: the times of the first frames of the video's shots in seconds, increasing, float64.
        is_face: for each track, whether any of it seems to be a face at all, bool, (t,).
        of: for each vector, the position of its face in ``faces``, int64, (k,), increasing.
        chosen: for each vector, whether its face is one of those that represent its track, bool,
            (k,).
        vectors: the vectors of all faces that are good enough, float32, (k, 128). Of a face that
            two detectors found, both have the same.
        pictures: the best face of each track as JPEG, or empty, (t,).
    """

    faces: npt.NDArray[np.int64]
    times: npt.NDArray[np.float64]
    boxes: npt.NDArray[np.int64]
    shots: npt.NDArray[np.float64]
    is_face: npt.NDArray[np.bool_]
    of: npt.NDArray[np.int64]
    chosen: npt.NDArray[np.bool_]
    vectors: Vectors
    pictures: npt.NDArray[np.bytes_]

    @property
    def tracks(self) -> dict[int, list[int]]:
        """The track of each face in a frame, by the frame's index."""
        found: dict[int, list[int]] = {}
        for frame, _, track in self.faces.tolist():
            found.setdefault(frame, []).append(track)
        return found

    def representatives(self) -> dict[int, Vectors]:
        """Return the vectors that represent each track that has some, in order of time.

        Returns:
            float32, (n, 128), by the number of the track, in order.
        """
        tracks, vectors = self.faces[self.of, 2][self.chosen], self.vectors[self.chosen]
        order = np.argsort(tracks, kind="stable")
        numbers, starts = np.unique(tracks[order], return_index=True)
        parts = np.split(vectors[order], starts[1:])
        return dict(zip(numbers.tolist(), parts, strict=False))

    def places_of(self, tracks: Sequence[int]) -> list[tuple[int, Box]]:
        """Return the index of the frame and the box in pixels of each face of some tracks."""
        own = np.isin(self.faces[:, 2], tracks)
        frames, boxes = self.faces[own, 0].tolist(), self.boxes[own].tolist()
        return [(frame, whole_box(box)) for frame, box in zip(frames, boxes, strict=True)]

    def without(self, forgotten: Sequence[int]) -> "VideoFaces":
        """Return a copy without the vectors and pictures of some tracks."""
        kept = ~np.isin(self.faces[self.of, 2], forgotten)
        pictures = self.pictures.copy()
        pictures[list(forgotten)] = b""
        return replace(
            self,
            of=self.of[kept],
            chosen=self.chosen[kept],
            vectors=self.vectors[kept],
            pictures=pictures,
        )


def write_video_faces(path: Path, faces: VideoFaces) -> None:
    """Write the faces of a video, readable by their owner only.

    Raises:
        WriteError: if the disk is full, or the folder cannot be written to.
    """
    _write(path, {each.name: getattr(faces, each.name) for each in fields(faces)})


def read_video_faces(path: Path) -> VideoFaces:
    """Read what :func:`write_video_faces` has written.

    Raises:
        PeopleError: if the file is of another kind.
    """
    return VideoFaces(**_read(path, [each.name for each in fields(VideoFaces)]))


def read_all_faces(paths: Iterable[Path | str]) -> dict[Place, VideoFaces]:
    """Read the files of several videos, whose paths end in DATASET/DETECTOR/VIDEO.npz.

    Raises:
        PeopleError: if one of the files is of another kind.
    """
    found = {}
    for path in map(Path, paths):
        dataset, detector = path.parts[-3:-1]
        found[dataset, detector, path.name.removesuffix(".npz")] = read_video_faces(path)
    return found


def write_references(path: Path, references: Mapping[str, Vectors]) -> None:
    """Write the vectors of pictures of people, at least one, readable by their owner only."""
    names = [name for name, own in references.items() for _ in own]
    vectors = np.concatenate(list(references.values()))
    _write(path, {"names": np.array(names, np.str_), "vectors": vectors})


def read_references(path: Path) -> dict[str, Vectors]:
    """Read what :func:`write_references` has written.

    Raises:
        PeopleError: if the file is of another kind.
    """
    found = _read(path, ["names", "vectors"])
    return {
        name: found["vectors"][found["names"] == name]
        for name in dict.fromkeys(found["names"].tolist())
    }


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    with private_path(path, FOLDER) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _read(path: Path, names: Sequence[str]) -> dict[str, Any]:
    try:
        with np.load(path) as file:
            return {name: file[name] for name in names}
    except (KeyError, OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise PeopleError(
            f"{path}: is cut off, or no file of face vectors; delete it and run again"
        ) from error
