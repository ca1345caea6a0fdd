"""Command-line options by which scripts choose the face that counts in a video."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from facetally.faces.corrected import corrected
from facetally.faces.counted import FIRST, IN_WORDS, Counting, Known
from facetally.faces.identity_files import read_references, read_video_faces
from facetally.faces.named import who_in
from facetally.study.identities import belonging
from facetally.video.status import read_status


def add_options(parser: ArgumentParser) -> None:
    """Add the options that say how the face that counts is chosen; lists have one per detector."""
    parser.add_argument(
        "--status", type=Path, required=True, help="the video's status, with its shots"
    )
    parser.add_argument(
        "--face", default=FIRST, choices=IN_WORDS, help="which of a frame's faces counts"
    )
    parser.add_argument(
        "--min-confidence", type=float, nargs="+", default=[0], help="of a face that counts"
    )
    parser.add_argument(
        "--min-face-height", type=int, default=0, help="of a face that counts, in pixels"
    )
    parser.add_argument(
        "--belongs", nargs="*", default=[], help="to whom the video belongs, as JSON"
    )
    parser.add_argument(
        "--identities", type=Path, nargs="*", default=[], help="the vectors of its faces"
    )
    parser.add_argument(
        "--references", type=Path, nargs="*", default=[], help="the vectors of people's pictures"
    )


def read_options(options: Namespace) -> list[tuple[Counting, Known]]:
    """Read these options.

    Returns:
        For each detector, how the face that counts is chosen, and what the choice depends on.
    """
    starts = [shot.start for shot in read_status(options.status).shots]
    references = [read_references(path) for path in options.references]
    found = []
    for place, confidence in enumerate(options.min_confidence):
        counting = Counting(options.face, confidence, options.min_face_height)
        known = Known(starts)
        if options.identities:
            faces = read_video_faces(options.identities[place])
            belongs = belonging(options.belongs[place])
            by_track = corrected(faces, belongs.corrections).by_track
            # Without pictures, all that counts here is what is not a face.
            who = who_in(faces, references[0] if references else {}, by_track)
            known = Known(starts, faces.tracks, who, belongs)
        found.append((counting, known))
    return found
