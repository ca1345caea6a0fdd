"""Cut out the face with the highest score for each detector and emotion.

In: the raw FER JSON of each detector, and the kept pictures of faces.
Out: JSON: for each detector, a list with an object per emotion, empty if no face was found:
``emotion``, ``score`` (0 to 1), ``frame``, ``time`` (seconds) and ``jpeg`` (base64).
"""

import argparse
import json
from pathlib import Path

from facetally.faces.counted import read_analysed
from facetally.faces.known import add_options, read_options
from facetally.faces.pictures import read_pictures
from facetally.files import write_text
from facetally.report.thumbnails import SIZE, thumbnail_records, top_frames
from facetally.run.job import logged_job

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--detectors", nargs="+", required=True)
parser.add_argument("--raw", type=Path, nargs="+", required=True, help="of each detector")
parser.add_argument("--pictures", type=Path, nargs="+", required=True, help="of each detector")
parser.add_argument("--thumbnails", type=Path, required=True, help="the JSON to write")
add_options(parser)
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log):
    thumbnails = {}
    for detector, raw, pictures, counted in zip(
        options.detectors, options.raw, options.pictures, read_options(options), strict=True
    ):
        tops = top_frames(read_analysed(raw, *counted))
        kept = read_pictures(pictures, {(top.frame, top.box) for top in tops})
        thumbnails[detector] = thumbnail_records(tops, kept, SIZE)
    write_text(options.thumbnails, json.dumps(thumbnails))
