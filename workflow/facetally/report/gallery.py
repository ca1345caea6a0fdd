"""Pictures of the frames on which two detectors disagree."""

from base64 import b64encode
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import polars as pl

from facetally.detect.face import whole_box
from facetally.measure.agreement import disagreements, paired_frames
from facetally.report.drawing import draw_labelled_box
from facetally.video.kept import Preview, read_previews

EACH: Final = 4
"""The number of frames per kind of disagreement."""

WIDTH: Final = 360
"""Width of a picture in pixels."""

QUALITY: Final = 80
"""JPEG quality, in per cent."""

COLOURS: Final = ((200, 120, 40), (0, 94, 213))
"""Colours of the first and second detector's boxes, blue and orange, as blue, green, red."""


def galleries(
    faces: Mapping[str, pl.DataFrame], previews: Mapping[str, Path]
) -> list[dict[str, Any]]:
    """Choose and draw frames for every pair of detectors.

    Args:
        faces: the table of :func:`facetally.faces.table.face_table` of each detector.
        previews: the file of previews of each video.

    Returns:
        For each pair ``first``, ``second`` and ``frames``: the rows of
        :func:`facetally.measure.agreement.disagreements`, each with ``jpeg``, the picture in
        base64.
    """
    found = []
    for first, second in combinations(faces, 2):
        chosen = disagreements(paired_frames(faces[first], faces[second]), EACH)
        pictures = {}
        for (video,), rows in chosen.group_by("video"):
            for index, kept in read_previews(previews[str(video)], rows["frame"]).items():
                pictures[video, index] = kept
        frames = [
            row | {"jpeg": _picture(pictures[row["video"], row["frame"]], row, (first, second))}
            for row in chosen.iter_rows(named=True)
        ]
        found.append({"first": first, "second": second, "frames": frames})
    return found


def _picture(kept: Preview, row: Mapping[str, Any], detectors: tuple[str, str]) -> str:
    """Draw both detectors' faces that count on a frame, as wide as WIDTH: JPEG in base64."""
    scale = WIDTH / kept.width
    size = WIDTH, max(1, round(kept.height * scale))
    bgr = kept.bgr
    how = cv2.INTER_AREA if bgr.shape[1] > WIDTH else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(bgr, size, interpolation=how), np.uint8)
    for detector, suffix, colour in zip(detectors, ("", "_second"), COLOURS, strict=True):
        sides = [row[f"{side}{suffix}"] for side in ("x", "y", "width", "height")]
        if None not in sides:
            box = whole_box(side * scale for side in sides)
            small = draw_labelled_box(small, box, detector, colour, below=bool(suffix))
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return b64encode(jpeg.tobytes()).decode()
