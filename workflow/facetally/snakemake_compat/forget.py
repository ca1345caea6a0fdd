"""Leaves nothing of a person below results and .snakemake.

All that a study makes from who is seen may hold names, compressed ones in tables and pictures on
pages. So everything goes that the next run makes again from the raw FER JSON, and of the rest what
names the person. Private to Snakemake is where its records and logs are, and that the name of a
record is its output's in base64 (``snakemake/persistence/file.py``).
"""

import codecs
import contextlib
import json
import os
import re
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from facetally.errors import PeopleError
from facetally.faces.forget import forget_faces, people_kept
from facetally.files import write_text, writing
from facetally.study import outputs
from facetally.study.contents import DIGESTS
from facetally.study.csv_file import LONGEST_VALUE
from facetally.study.identities import NOT_A_FACE, UNKNOWN
from facetally.study.matching import alike, tidy
from facetally.study.mentions import mention_of
from facetally.study.names import counted, first, shown
from facetally.study.outputs import (
    IDENTITIES,
    MODEL,
    MODEL_VERSIONS,
    PICTURES,
    PREVIEWS,
    RAW,
    RECOGNITION,
    STATUS,
    TRACKS,
    as_expression,
)
from facetally.video.kept import FOLDER as KEPT_PICTURES

RESULTS: Final = "results"
SNAKEMAKE: Final = Path(".snakemake")
RECORDS: Final = ("metadata", "incomplete")
"""The folders of files that are named after an output."""

NOT_OURS: Final = ("conda", "conda-archive", "singularity", "locks", *RECORDS)
"""Folders of Snakemake's without names of people, that another run holds, or seen to apart."""

LARGE: Final = (RAW, PREVIEWS, PICTURES)
"""What may be large and names nobody but in its path."""

KEPT: Final = (*LARGE, STATUS, MODEL, MODEL_VERSIONS, RECOGNITION, IDENTITIES, TRACKS)
"""What stays unless it names the person: it takes long to make, and holds no names of people but
in paths. Of tracks, the person's own are removed, and in pictures the person is painted over."""

NOBODY: Final = frozenset({UNKNOWN, NOT_A_FACE})
"""What tables have in place of a name."""

STORE: Final = "provenance.jsonl"
LARGEST_TEXT: Final = 50_000_000
"""In bytes: larger files of the user's are not read."""


def forget(person: str | None, files: Iterable[str], videos: Iterable[str]) -> str:
    """Remove everything that names a person, and the person's vectors and pictures.

    Args:
        person: the name, in any case.
        files: the user's own files that the study reads, which stay, like all that are here.
        videos: the videos, which stay too.

    Returns:
        What has been done, and what is left to do, in one line.

    Raises:
        PeopleError: if nobody is named, or nothing is kept of the person.
    """
    if not person or not any(map(str.isalnum, tidy(person))):
        raise PeopleError("forget needs a person: snakemake forget --config forget=NAME --cores 1")
    if alike(person) in NOBODY:
        raise PeopleError(
            f"forget: {shown(tidy(person), LONGEST_VALUE)} is no person's name; name a person: "
            "snakemake forget --config forget=NAME --cores 1"
        )
    name, mention = shown(person, LONGEST_VALUE), mention_of(person)
    known = sorted(people_kept() - NOBODY)
    naming = _naming(mention)
    # Of a part of somebody's name, files would go, but not the faces.
    longer = [each for each in known if mention.search(each)]
    if not any(map(mention.fullmatch, known)) and (longer or not naming):
        others = longer or known
        raise PeopleError(
            f"{RESULTS}: nothing is kept of {name}"
            + (f"; it has something of {first(others, 20, shown)}" if others else "")
        )
    tracks = forget_faces(mention)
    removed = {path for path in _files(RESULTS) if _is_made_again(path)} | naming
    for path in removed:
        with writing(path):
            path.unlink(missing_ok=True)
    _forget_records(mention)
    _forget_digests(mention)
    for folder in sorted({folder for path in removed for folder in path.parents}, reverse=True):
        if folder != Path(RESULTS) and folder.is_relative_to(RESULTS):
            with contextlib.suppress(OSError):  # It has other files.
                folder.rmdir()
    done = (
        f"removed {name} ({counted(tracks, 'track')} of faces) and what the next run makes again "
        f"({counted(len(removed), 'file')})"
    )
    if not Path(TRACKS).is_file() and any(_files(KEPT_PICTURES)):
        done += (
            "; results/pictures still shows everybody in the other videos, since nothing says who "
            "is who there: delete it if the person is among them (docs/ethics.md)"
        )
    left = sorted({str(path) for path in _left(mention, files, videos)})
    if not left:
        return done
    return (
        f"{done}; your own files still have the name: {first(left, 10, shown)}; remove it there, "
        "or the next run writes it again"
    )


def _files(folder: str | Path) -> Iterator[Path]:
    """Yield all files below a folder, links to folders included."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(place))
        folders[:] = [each for each in folders if os.path.realpath(f"{place}/{each}") not in seen]
        yield from (Path(place, name) for name in names)


def _is_made_again(path: Path) -> bool:
    """Return whether the next run, or the next request, makes a file of the results again."""
    name = path.as_posix()
    if path.name.startswith(".partial-"):
        return True
    if any(as_expression(pattern).fullmatch(name) for pattern in KEPT):
        return False
    made = [each for each in vars(outputs).values() if str(each).startswith(f"{RESULTS}/")]
    return any(re.fullmatch(f"{as_expression(each).pattern}([./].*)?", name) for each in made)


def _naming(mention: re.Pattern[str]) -> set[Path]:
    """Return the files that name a person, and the outputs whose records do."""
    found = {
        path
        for path in _files(RESULTS)
        if mention.search(path.as_posix())
        or (path.name != STORE and not _is_large(path) and mention.search(_text(path)))
    }
    for store in _stores():
        for output, line in _lines(store):
            if mention.search(_readable(line)):
                found.add(Path(output))
    for path in _files(SNAKEMAKE):
        folder = path.parts[1]
        if folder in RECORDS:
            output = _output_of(path)
            if mention.search(output) or mention.search(_readable(_text(path))):
                found |= {path, *([Path(output)] if _is_result(output) else [])}
        elif folder not in NOT_OURS and path not in (DIGESTS, _this_script()):
            found |= {path} if mention.search(f"{path}\n{_text(path)}") else set()
    # The tracks of others stay, and the note that git brings.
    found -= {Path(TRACKS), Path(RESULTS, "README.md")}
    return {path for path in found if os.path.lexists(path)}


def _is_large(path: Path) -> bool:
    """Return whether a file is one of LARGE."""
    return any(as_expression(each).fullmatch(path.as_posix()) for each in LARGE)


def _is_result(output: str) -> bool:
    return output.startswith(f"{RESULTS}/")


def _this_script() -> Path:
    """Return the script that runs: Snakemake writes the parameters into it and removes it."""
    with contextlib.suppress(ValueError):
        return Path(sys.argv[0]).resolve().relative_to(Path.cwd())
    return Path(sys.argv[0])


def _text(path: Path) -> str:
    """Return the text of a file, in one of the encodings that people's files have."""
    try:
        if path.stat().st_size > LARGEST_TEXT:
            return ""
        content = path.read_bytes()
    except OSError:  # A dead link, or a folder.
        return ""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    with contextlib.suppress(UnicodeDecodeError):
        return content.decode()
    return content.decode("cp1252", errors="replace")


def _readable(text: str) -> str:
    """Return JSON without its escapes, and whatever else as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def _output_of(record: Path) -> str:
    """Return the output that a record of Snakemake's is named after."""
    name = "".join(part.removeprefix("@") for part in record.parts[2:])
    try:
        return urlsafe_b64decode(name).decode()
    except ValueError:
        return ""


def _stores() -> list[Path]:
    return sorted(path for path in _files(RESULTS) if path.name == STORE)


def _lines(store: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines of a store, each with its output; broken ones have none."""
    with store.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            entry: Any = None
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
            yield (str(entry.get("output", "")) if isinstance(entry, dict) else ""), line


def _forget_records(mention: re.Pattern[str]) -> None:
    """Remove the records of outputs that are gone, and of tracks if theirs has the name."""
    for store in _stores():
        kept = [
            line
            for output, line in _lines(store)
            if Path(output).exists() and not mention.search(_readable(line))
        ]
        write_text(store, "".join(kept))
    for folder in RECORDS:
        for path in list(_files(SNAKEMAKE / folder)):
            output = _output_of(path)
            if _is_result(output) and not Path(output).exists():
                path.unlink()


def _forget_digests(mention: re.Pattern[str]) -> None:
    """Remove the checksums of files that are gone or have the name in their paths."""
    if DIGESTS.is_file():
        known = json.loads(DIGESTS.read_text(encoding="utf-8"))
        kept = {
            path: state
            for path, state in known.items()
            if Path(path).exists() and not mention.search(path)
        }
        write_text(DIGESTS, json.dumps(kept))


def _left(mention: re.Pattern[str], files: Iterable[str], videos: Iterable[str]) -> Iterator[Path]:
    """Yield the user's files that have the name in their path or in their text."""
    here = (path for path in Path().iterdir() if path.is_file())
    texts = {*map(Path, files), *here}
    for path in {*texts, *map(Path, videos)}:
        if mention.search(path.as_posix()) or (path in texts and mention.search(_text(path))):
            yield path
