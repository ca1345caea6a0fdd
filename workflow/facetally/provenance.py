"""What made each output, kept beside the outputs, so that content alone decides freshness.

Snakemake records what made a file (rule, parameters, checksums of the input) below
``.snakemake/metadata``, which stays behind when results are cloned, pulled or copied, and which
does not change when an earlier commit is checked out. So a store of these records travels with
the results, each with the checksum of the file that it describes. At the start of a run
:meth:`Store.restore` gives Snakemake the records of the files that are there; what has no record
that belongs to it is made anew. :meth:`Store.keep` brings the store up to date.

Only the standard library is imported: the workflow itself uses this.
"""

import ast
import contextlib
import hashlib
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from facetally.errors import WriteError
from facetally.files import atomic_path, cannot_write, file_digest

PACKAGE: Final = Path(__file__).parent
SCRIPTS: Final = PACKAGE.parent / "scripts"
TEMPLATES: Final = PACKAGE / "templates"
RECORDS: Final = Path(".snakemake/metadata")
INCOMPLETE: Final = Path(".snakemake/incomplete")
DIGESTS: Final = Path(".snakemake/facetally_digests.json")
SEALS: Final = Path(".snakemake/facetally_stores")
NAME_MAX: Final = 255
TIMES: Final = ("starttime", "endtime")
"""What may differ between records of the same job."""

Record = dict[str, Any]


class Digests:
    """Checksums of files, kept so that only what has changed is read again.

    A file counts as unchanged while its size, inode and times do. Its change time is among
    them, which no program can set back.
    """

    def __init__(self, kept: Path = DIGESTS) -> None:
        self._path = kept
        self._news = False
        self._known: dict[str, list[Any]] = {}
        with contextlib.suppress(OSError, ValueError):
            self._known = json.loads(kept.read_text(encoding="utf-8"))

    def __call__(self, path: Path) -> str:
        """Give the SHA-256 of a file's content in hexadecimal."""
        status = path.stat()
        state = [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]
        known = self._known.get(str(path))
        if not known or known[0] != state:
            known = self._known[str(path)] = [state, file_digest(path)]
            self._news = True
        return str(known[1])

    def save(self) -> None:
        """Keep the checksums taken, beside those that were kept before, where there is room."""
        if self._news and self._path.parent.is_dir():
            with contextlib.suppress(WriteError), atomic_path(self._path) as partial:
                partial.write_text(json.dumps(self._known), encoding="utf-8")


@cache
def code_digest(*scripts: str) -> str:
    """Give the SHA-256 of the source of scripts and of all this package's modules they use.

    Where one of them uses Jinja2, the templates count as source too.
    """
    sources: dict[Path, bytes] = {}
    waiting = [SCRIPTS / f"{script}.py" for script in scripts]
    while waiting:
        path = waiting.pop()
        if path not in sources:
            sources[path] = path.read_bytes()
            if path.suffix == ".py":
                waiting += _imported(sources[path])
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.name.encode() + b"\0" + sources[path] + b"\0")
    return digest.hexdigest()[:16]


def _imported(source: bytes) -> Iterator[Path]:
    """Find the modules and templates of this package that a source uses, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name == "jinja2":
                yield from TEMPLATES.iterdir()
            path = PACKAGE.parent / f"{name.replace('.', '/')}.py"
            if name.startswith("facetally.") and path.is_file():
                yield path


class Store:
    """The records of outputs that travel together.

    Args:
        path: the file that holds them, JSON Lines, sorted by output.
        outputs: the outputs the study has in it, as Snakemake names them.
    """

    def __init__(self, path: Path, outputs: Iterable[str]) -> None:
        self._path = path
        self._outputs = list(outputs)

    def restore(self, digest: Digests, version: int) -> list[str]:
        """Give Snakemake the records of the files that are there.

        A file that was written here last keeps the record it has here, unless the store has
        come from elsewhere since and describes it. One that came from elsewhere gets the record
        with its checksum; where there is none, Snakemake is told that something unknown made
        it, so that it is made anew.

        Args:
            digest: gives checksums.
            version: the format version of Snakemake's records.

        Returns:
            The files that came from elsewhere.

        Raises:
            WriteError: if Snakemake's records cannot be written.
        """
        kept = self._read()
        checked_out = bool(kept) and self._seal() != file_digest(self._path)
        came = []
        for output in self._outputs:
            path = Path(output)
            if not path.exists() or _place(INCOMPLETE, output).exists():
                continue
            time = path.stat().st_mtime
            made_here = _read_record(output).get("endtime") == time
            if made_here and not checked_out:
                continue
            entry = kept.get(output)
            described = entry is not None and entry["sha256"] == digest(path)
            if made_here and not described:
                continue
            came.append(output)
            if entry is not None and described:
                _write_record(output, {**entry["record"], "endtime": time})
            else:
                disown(output, version)
        return came

    def keep(self, digest: Digests) -> None:
        """Bring the store up to date with the records that Snakemake has here.

        Raises:
            WriteError: if the store cannot be written.
        """
        old = self._read()
        new = {output: entry for output, entry in old.items() if Path(output).exists()}
        for output in self._outputs:
            path = Path(output)
            record = _read_record(output)
            if not path.exists() or record.get("endtime") != path.stat().st_mtime:
                continue
            if "job_hash" in record:
                record["job_hash"] = None  # Differs from process to process.
            entry = {"output": output, "sha256": digest(path), "record": record}
            # Times alone are not news: a checked-out store stays as it is.
            if output not in old or _without_times(old[output]) != _without_times(entry):
                new[output] = entry
        if new != old:
            _make_folder_of(self._path)
            lines = (json.dumps(new[output], sort_keys=True) for output in sorted(new))
            with atomic_path(self._path) as partial:
                partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        if new:
            _write(_place(SEALS, str(self._path)), file_digest(self._path))

    def _seal(self) -> str:
        """Give the checksum of the store as it was when it was last kept here."""
        try:
            return _place(SEALS, str(self._path)).read_text(encoding="utf-8")
        except OSError:
            return ""

    def _read(self) -> dict[str, Record]:
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
            return {entry["output"]: entry for entry in map(json.loads, lines)}
        except (OSError, ValueError, KeyError, TypeError):
            return {}  # What it described is made anew.


def correct_times(outputs: Iterable[str], now: float) -> None:
    """Set the times of files that lie in the future, as a wrong clock leaves them, to now.

    Snakemake refuses a job whose output is older than its input.

    Args:
        outputs: as Snakemake names them.
        now: seconds since the epoch; one time for all, or one would be older than another.

    Raises:
        WriteError: if a file belongs to somebody else, or its record cannot be written.
    """
    for output in outputs:
        path = Path(output)
        if not path.exists() or (time := path.stat().st_mtime) <= now:
            continue
        try:
            os.utime(path, (now, now))
        except OSError as error:
            raise cannot_write(path, error) from error
        record = _read_record(output)
        if record.get("endtime") == time:
            _write_record(output, {**record, "endtime": path.stat().st_mtime})


def forget(outputs: Iterable[str]) -> None:
    """Remove Snakemake's records of those outputs that are not there.

    Of a temporary file, whose record may be of another commit than the files made from it.
    """
    for output in outputs:
        if not Path(output).exists():
            _place(RECORDS, output).unlink(missing_ok=True)


def disown(output: str, version: int) -> None:
    """Tell Snakemake that something unknown made a file."""
    _write_record(
        output, {"record_format_version": version, "params": ["something unknown"], "code": ""}
    )


def disown_outdated(outputs: Collection[str], digest: Digests, version: int) -> None:
    """Disown the files made from input whose content is another now.

    Snakemake compares the content of input only where it is newer than the output, and files
    that come from elsewhere may have any time.
    """
    for output in outputs:
        made_from: Mapping[str, str] = _read_record(output).get("input_checksums") or {}
        for name, checksum in made_from.items():
            path = Path(name)
            if path.exists() and checksum.removeprefix("sha256:") != digest(path):
                disown(output, version)
                break


def _place(folder: Path, output: str) -> Path:
    """Give the path of Snakemake's record of an output (snakemake/persistence/file.py, 9.27)."""
    name = urlsafe_b64encode(output.encode()).decode()
    step = NAME_MAX - 1
    *parts, last = [name[start : start + step] for start in range(0, len(name), step)]
    return folder.joinpath(*(f"@{part}" for part in parts), last)


def _read_record(output: str) -> Record:
    try:
        record: Record = json.loads(_place(RECORDS, output).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record


def _write_record(output: str, record: Record) -> None:
    _write(_place(RECORDS, output), json.dumps(record))


def _write(place: Path, text: str) -> None:
    """Write a file that is ignored if it is cut off."""
    _make_folder_of(place)
    try:
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise cannot_write(place, error) from error


def _make_folder_of(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def _without_times(entry: Record) -> Record:
    record = {key: value for key, value in entry["record"].items() if key not in TIMES}
    return {**entry, "record": record}


def prune(
    results: Path, datasets: Mapping[str, Collection[str]], detectors: Iterable[str]
) -> list[Path]:
    """Remove what there is of videos that are no longer in their dataset's folder.

    Args:
        results: the results folder.
        datasets: the names of the videos of each dataset.
        detectors: the detectors of the study.

    Returns:
        The files removed: statuses, raw files, thumbnails, pages and annotated clips.
    """
    detectors = list(detectors)
    removed = []
    for dataset, videos in datasets.items():
        places = [
            (f"videos/{dataset}", ".json"),
            (f"pictures/thumbnails/{dataset}", ".json"),
            (f"report/videos/{dataset}", ".html"),
        ]
        for detector in detectors:
            places.append((f"raw/{dataset}/{detector}", ".json"))
            places += [(f"annotated/{dataset}/{detector}", suffix) for suffix in (".mp4", ".gif")]
        for place, suffix in places:
            for path in sorted((results / place).glob(f"*{suffix}")):
                if path.name.removesuffix(suffix) not in videos:
                    path.unlink()
                    removed.append(path)
    return removed
