"""Decode a video once and keep every n-th frame, losslessly, with index and time, in one file."""

import argparse
from pathlib import Path

from facetally.ahead import ahead
from facetally.files import atomic_path
from facetally.job import logged_job
from facetally.video import sample_frames, write_frames

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--video", type=Path, required=True, help="any file that FFmpeg can decode")
parser.add_argument("--every-nth-frame", type=int, required=True, metavar="N")
parser.add_argument("--frames", type=Path, required=True, help="the sampled frames to write")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log):
    step = options.every_nth_frame
    sampled = sample_frames(options.video, step, options.threads)
    with atomic_path(options.frames) as partial:
        write_frames(partial, ahead(sampled) if options.threads > 1 else sampled, step)
