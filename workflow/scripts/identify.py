"""Compute the vectors that identify the faces of a video.

In: a video, its status, and the raw FER JSON of each detector.
Out: for each detector, NumPy's npz, readable only by the owner: see
facetally.faces.identity_files.
"""

import argparse
from pathlib import Path

from facetally.detect.embedding import Embedder
from facetally.detect.networks import Networks
from facetally.faces.identity_files import write_video_faces
from facetally.faces.raw import read_raw
from facetally.faces.video_faces import TrackedFaces, video_faces
from facetally.run.job import logged_job
from facetally.video.seek import each_frame_at
from facetally.video.status import read_status

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--video", type=Path, required=True, help="any file that FFmpeg can decode")
parser.add_argument("--status", type=Path, required=True, help="its status, with the shots")
parser.add_argument("--raw", type=Path, nargs="+", required=True, help="of each detector")
parser.add_argument("--onet", type=Path, required=True, help="mtcnn's network, for landmarks")
parser.add_argument("--recognition", type=Path, required=True, help="dlib's network")
parser.add_argument("--identities", type=Path, nargs="+", required=True, help="files to write")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--log", required=True)
options = parser.parse_args()

with logged_job(options.log):
    starts = [shot.start for shot in read_status(options.status).shots]
    detected = {
        path: TrackedFaces(read_raw(raw), starts)
        for path, raw in zip(options.identities, options.raw, strict=True)
    }
    wanted = {
        index: time for tracked in detected.values() for index, time in tracked.wanted.items()
    }
    embedder = Embedder(Networks(options.onet.parent, "cpu"), options.recognition)
    frames = each_frame_at(options.video, wanted, options.threads)
    for path, faces in video_faces(detected, frames, embedder).items():
        write_video_faces(path, faces)
