"""Decode a video once and keep every n-th frame, losslessly, with index and time, in one file.

A small preview of each is kept for good, in a second one.
What is wrong with the video, if anything, goes into its status; a video that cannot be analysed
has an empty file of frames. Whether that stops the study is decided when all videos are done.
What is found must not depend on this file, which only names files and settings: see
facetally.study.code.
"""

import argparse
from fractions import Fraction
from pathlib import Path

from facetally.files import atomic_path
from facetally.run.job import logged_job
from facetally.study.steps import EveryNthFrame, EverySeconds
from facetally.video.sampling import sample_video, uneven
from facetally.video.status import write_status

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--video", type=Path, required=True, help="any file that FFmpeg can decode")
step = parser.add_mutually_exclusive_group(required=True)
step.add_argument("--every-nth-frame", type=int, metavar="N")
step.add_argument("--every-seconds", type=Fraction, metavar="S")
parser.add_argument("--max-frame-pixels", type=int, required=True, metavar="N")
parser.add_argument("--frames", type=Path, required=True, help="the sampled frames to write")
parser.add_argument("--index", type=Path, required=True, help="the frames' indices to write")
parser.add_argument("--previews", type=Path, help="the previews to write, unless they are there")
parser.add_argument("--status", type=Path, help="the status to write, unless it is there")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log) as terminal, atomic_path(options.frames) as partial:
    status = sample_video(
        options.video,
        partial,
        options.index,
        EverySeconds(options.every_seconds)
        if options.every_seconds
        else EveryNthFrame(options.every_nth_frame),
        options.max_frame_pixels,
        options.threads,
        options.previews,
    )
    if options.status:
        for line in (status.problem and status.problem.detail, uneven(options.video, status)):
            if line:
                print(f"facetally: {line}", file=terminal, flush=True)
        write_status(options.status, status)
