"""Compute the vectors that identify the faces of a video.

In: a video's status, and of each detector the raw FER JSON and the kept pictures of faces.
Out: for each detector, NumPy's npz, readable only by the owner: see
facetally.faces.identity_files.
"""

import argparse
from pathlib import Path

from facetally.detect.embedding import Embedder
from facetally.detect.networks import Networks
from facetally.faces.identity_files import write_video_faces
from facetally.faces.raw import read_raw
from facetally.faces.video_faces import Detected, video_faces
from facetally.run.job import logged_job
from facetally.video.status import read_status

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--status", type=Path, required=True, help="of the video, with its shots")
parser.add_argument("--raw", type=Path, nargs="+", required=True, help="of each detector")
parser.add_argument("--pictures", type=Path, nargs="+", required=True, help="of each detector")
parser.add_argument("--onet", type=Path, required=True, help="mtcnn's network, for landmarks")
parser.add_argument("--recognition", type=Path, required=True, help="dlib's network")
parser.add_argument("--identities", type=Path, nargs="+", required=True, help="files to write")
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log):
    starts = [shot.start for shot in read_status(options.status).shots]
    detected = {
        path: Detected(read_raw(raw), pictures)
        for path, raw, pictures in zip(
            options.identities, options.raw, options.pictures, strict=True
        )
    }
    embedder = Embedder(Networks(options.onet.parent, "cpu"), options.recognition)
    for path, faces in video_faces(detected, starts, embedder).items():
        write_video_faces(path, faces)
