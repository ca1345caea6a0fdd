"""Draw the faces from raw FER JSON on a video: an MP4 of all frames, a GIF of sampled ones."""

import argparse
from pathlib import Path

from facetally.faces.known import add_options, read_options
from facetally.files import atomic_path
from facetally.report.annotate import annotate, annotate_nothing
from facetally.run.job import logged_job
from facetally.video.status import read_status

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--video", type=Path, required=True, help="any file that FFmpeg can decode")
parser.add_argument("--raw", type=Path, required=True, help="the raw FER JSON of the video")
parser.add_argument("--mp4", type=Path, required=True, help="the video to write")
parser.add_argument("--gif", type=Path, required=True, help="the animation to write")
add_options(parser)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log), atomic_path(options.mp4) as mp4, atomic_path(options.gif) as gif:
    status = read_status(options.status)
    if status.is_bad:
        annotate_nothing(f"{status.file} · {status.reason}", mp4, gif)
    else:
        annotate(options.video, options.raw, mp4, gif, options.threads, *read_options(options)[0])
