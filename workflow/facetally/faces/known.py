"""What scripts are told of one video beside its faces, so that the right one counts."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from facetally.faces.counted import FIRST, IN_WORDS, Counting, Known
from facetally.faces.identity_files import read_references, read_video_faces
from facetally.faces.named import who_in
from facetally.study.identities import belonging
from facetally.video.status import read_status


def add_options(parser: ArgumentParser) -> None:
    """Let a script be told how the face that counts is chosen; each option once a detector."""
    parser.add_argument("--status", type=Path, required=True, help="of the video: its shots")
    parser.add_argument(
        "--face", default=FIRST, choices=IN_WORDS, help="which of a frame's counts"
    )
    parser.add_argument("--min-confidence", type=float, nargs="+", default=[0], help="of a face")
    parser.add_argument("--min-face-height", type=int, default=0, help="the same, in pixels")
    parser.add_argument("--belongs", nargs="*", default=[], help="whose the video is, as JSON")
    parser.add_argument("--identities", type=Path, nargs="*", default=[], help="of its faces")
    parser.add_argument("--references", type=Path, nargs="*", default=[], help="of people")


def told(options: Namespace) -> list[tuple[Counting, Known]]:
    """Read these options: how the face that counts is chosen, for each detector."""
    starts = [shot.start for shot in read_status(options.status).shots]
    references = [read_references(path) for path in options.references]
    found = []
    for place, confidence in enumerate(options.min_confidence):
        counting = Counting(options.face, confidence, options.min_face_height)
        known = Known(starts)
        if references:
            faces = read_video_faces(options.identities[place])
            belongs = belonging(options.belongs[place])
            who = who_in(faces, references[0], belongs.corrected)
            known = Known(starts, faces.tracks, who, belongs)
        found.append((counting, known))
    return found
