"""Cut the faces that count out of a video, as fer's network gets them, for training.

In: a video and the raw FER JSON of a detector.
Out: NumPy's npz: ``frames``, int64 (n,), indices in the decoded video; ``crops``, grey uint8
(n, 64, 64); ``sampled``, the number of sampled frames.
"""

import argparse
from pathlib import Path

from facetally.faces.counted import read_analysed
from facetally.faces.known import add_options, read_options
from facetally.learn.crop_files import counted_boxes, cut_crops, evenly_spaced, write_crops
from facetally.run.job import logged_job
from facetally.video.seek import each_frame_at

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--video", type=Path, required=True, help="any file that FFmpeg can decode")
parser.add_argument("--raw", type=Path, required=True, help="its raw FER JSON")
parser.add_argument("--most", type=int, required=True, help="maximum number of crops")
parser.add_argument("--crops", type=Path, required=True, help="the npz to write")
add_options(parser)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log):
    sampled = read_analysed(options.raw, *read_options(options)[0])
    found = counted_boxes(sampled)
    chosen = {index: found[index] for index in evenly_spaced(list(found), options.most)}
    wanted = {index: time for index, (time, _) in chosen.items()}
    boxes = {index: box for index, (_, box) in chosen.items()}
    frames = each_frame_at(options.video, wanted, options.threads)
    write_crops(options.crops, cut_crops(frames, boxes, len(sampled)))
