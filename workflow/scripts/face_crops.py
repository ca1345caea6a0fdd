"""Choose crops of the faces that count in a video, as fer's network gets them, for training.

In: the raw FER JSON of a detector, and the kept pictures of its faces.
Out: NumPy's npz: ``frames``, int64 (n,), indices in the decoded video; ``crops``, grey uint8
(n, 64, 64); ``sampled``, the number of sampled frames.
"""

import argparse
from pathlib import Path

from facetally.faces.counted import read_analysed
from facetally.faces.known import add_options, read_options
from facetally.faces.pictures import read_pictures
from facetally.learn.crop_files import crops_of, evenly_spaced, write_crops
from facetally.run.job import logged_job

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--raw", type=Path, required=True, help="its raw FER JSON")
parser.add_argument("--pictures", type=Path, required=True, help="those of its faces")
parser.add_argument("--most", type=int, required=True, help="maximum number of crops")
parser.add_argument("--crops", type=Path, required=True, help="the npz to write")
add_options(parser)
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log):
    sampled = read_analysed(options.raw, *read_options(options)[0])
    faces = [(frame.index, frame.face.box) for frame in sampled if frame.face]
    pictures = read_pictures(options.pictures, evenly_spaced(faces, options.most))
    write_crops(options.crops, crops_of(pictures.values(), len(sampled)))
