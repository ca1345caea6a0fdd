"""Prepare a video for the page where it is labelled.

Out: ``preview``, MP4, empty if browsers play the video itself or it cannot be read; ``clip``,
JSON: ``plays``, whether browsers play it themselves, and ``problem``, why it cannot be read, or
null.
"""

import argparse
import json
from pathlib import Path

from facetally.errors import VideoError
from facetally.files import atomic_path, write_text
from facetally.report.preview import plays_in_browsers, write_preview
from facetally.run.job import logged_job

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--video", type=Path, required=True, help="any file that FFmpeg can decode")
parser.add_argument("--always", action="store_true", help="write a preview in any case")
parser.add_argument("--max-frame-pixels", type=int, required=True)
parser.add_argument("--clip", type=Path, required=True, help="the JSON to write")
parser.add_argument("--preview", type=Path, required=True, help="the MP4 to write")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log):
    plays, problem = False, None
    try:
        plays = not options.always and plays_in_browsers(options.video)
        if not plays:
            with atomic_path(options.preview) as mp4:
                write_preview(options.video, mp4, options.threads, options.max_frame_pixels)
    except VideoError as error:
        problem = error.reason
        print(error)
    if plays or problem:
        write_text(options.preview, "")
    write_text(options.clip, json.dumps({"plays": plays, "problem": problem}) + "\n")
