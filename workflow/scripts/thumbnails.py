"""Cut out the face with the highest score for each detector and emotion.

In: a video and the raw FER JSON of each detector.
Out: JSON: for each detector, a list with an object per emotion, empty if no face was found:
``emotion``, ``score`` (0 to 1), ``frame``, ``time`` (seconds) and ``jpeg`` (base64).
"""

import argparse
import json
from pathlib import Path

from facetally.faces.counted import read_analysed
from facetally.faces.known import add_options, read_options
from facetally.files import write_text
from facetally.report.thumbnails import SIZE, thumbnail_records, top_frames
from facetally.run.job import logged_job
from facetally.video.seek import frames_at

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--video", type=Path, required=True, help="any file that FFmpeg can decode")
parser.add_argument("--detectors", nargs="+", required=True)
parser.add_argument("--raw", type=Path, nargs="+", required=True, help="of each detector")
parser.add_argument("--thumbnails", type=Path, required=True, help="the JSON to write")
add_options(parser)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log):
    tops = {
        detector: top_frames(read_analysed(raw, *counted))
        for detector, raw, counted in zip(
            options.detectors, options.raw, read_options(options), strict=True
        )
    }
    wanted = {top.frame: top.time for found in tops.values() for top in found}
    frames = frames_at(options.video, wanted, options.threads)
    pixels = {index: frame.bgr for index, frame in frames.items()}
    thumbnails = {
        detector: thumbnail_records(found, pixels, SIZE) for detector, found in tops.items()
    }
    write_text(options.thumbnails, json.dumps(thumbnails))
