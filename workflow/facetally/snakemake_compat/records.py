"""What made each output, kept beside the outputs, so that content alone decides freshness.

Snakemake records what made a file (rule, parameters, checksums of the input) below
``.snakemake/metadata``, which stays behind when results are cloned, pulled or copied, and which
does not change when an earlier commit is checked out. So a store of these records travels with
the results, each with the checksum of the file that it describes. At the start of a run
:meth:`Store.restore` gives Snakemake the records of the files that are there; what has no record
that belongs to it is made anew. :meth:`Store.keep` brings the store up to date.

Only the standard library is imported: the workflow itself uses this.
"""

import contextlib
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from facetally.files import atomic_path, cannot_write, file_digest
from facetally.study.contents import Digests

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

FIRST_KEY: Final = b'{"output": "'
DECODER: Final = json.JSONDecoder()

Record = dict[str, Any]


class Store:
    """The records of outputs that travel together.

    Args:
        path: the file that holds them, JSON Lines, sorted by output.
        outputs: the outputs the study has in it, as Snakemake names them.
    """

    def __init__(self, path: Path, outputs: Iterable[str]) -> None:
        self._path = path
        self._outputs = list(outputs)
        self._unkept: list[str] = []

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
        came = []
        self._unkept = []
        with _Lines(self._path) as kept:
            checked_out = bool(kept) and self._seal() != file_digest(self._path)
            for output in self._outputs:
                path = Path(output)
                if not path.exists() or _place(INCOMPLETE, output).exists():
                    continue
                time = path.stat().st_mtime
                record = _read_record(output)
                made_here = record.get("endtime") == time
                entry = kept.entry(output)
                if made_here and not checked_out:
                    if not _same(entry, _entry(output, record, digest)):
                        self._unkept.append(output)
                    continue
                described = entry is not None and entry["sha256"] == digest(path)
                if made_here and not described:
                    self._unkept.append(output)
                    continue
                came.append(output)
                if entry is not None and described:
                    _write_record(output, {**entry["record"], "endtime": time})
                else:
                    disown(output, version)
        return came

    def keep_unkept(self, digest: Digests) -> None:
        """Bring the store up to date with what :meth:`restore` has just seen that it lacks.

        Raises:
            WriteError: if the store cannot be written.
        """
        self._keep(self._unkept, digest)

    def keep(self, digest: Digests) -> None:
        """Bring the store up to date with the records that Snakemake has here.

        Raises:
            WriteError: if the store cannot be written.
        """
        self._keep(self._outputs, digest)

    def _keep(self, outputs: Iterable[str], digest: Digests) -> None:
        with _Lines(self._path) as kept:
            there = {output for output in kept if Path(output).exists()}
            news: dict[str, bytes] = {}
            for output in outputs:
                path = Path(output)
                record = _read_record(output)
                if not path.exists() or record.get("endtime") != path.stat().st_mtime:
                    continue
                entry = _entry(output, record, digest)
                # Times alone are not news: a checked-out store stays as it is.
                if not _same(kept.entry(output), entry):
                    news[output] = json.dumps(entry, sort_keys=True).encode() + b"\n"
            there.update(news)
            if news or len(there) < len(kept):
                _make_folder_of(self._path)
                with atomic_path(self._path) as partial, partial.open("wb") as file:
                    for output in sorted(there):
                        file.write(news[output] if output in news else kept.line(output))
        if there:
            _write(_place(SEALS, str(self._path)), file_digest(self._path))

    def _seal(self) -> str:
        """Give the checksum of the store as it was when it was last kept here."""
        try:
            return _place(SEALS, str(self._path)).read_text(encoding="utf-8")
        except OSError:
            return ""


class _Lines:
    """A store's lines by output; none if it is broken: what it described is made anew.

    They stay in the file. Of 100,000 videos they are 600 MB, and as Python's objects four times
    as much.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO | None = None
        self._places: dict[str, int] = {}
        with contextlib.suppress(OSError):
            self._file = path.open("rb")
        place = 0
        try:
            for line in self._file or ():
                self._places[_output_of(line)] = place
                place += len(line)
        except (ValueError, KeyError, TypeError):
            self._places = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def line(self, output: str) -> bytes:
        """Give the line of an output that is among them."""
        assert self._file  # noqa: S101
        self._file.seek(self._places[output])
        return self._file.readline().rstrip(b"\n") + b"\n"

    def entry(self, output: str) -> Record | None:
        """Give what is kept of an output."""
        if output not in self._places:
            return None
        try:
            entry: Record = json.loads(self.line(output))
        except ValueError:
            return None
        return entry if {"sha256", "record"} <= entry.keys() else None


def _output_of(line: bytes) -> str:
    """Give the output of a store's line, which is its first key."""
    if line.startswith(FIRST_KEY):
        output, _ = DECODER.raw_decode(line.decode(), len(FIRST_KEY) - 1)
    else:
        output = json.loads(line)["output"]
    return str(output)


def _entry(output: str, record: Record, digest: Digests) -> Record:
    """Give what a store keeps of an output."""
    if "job_hash" in record:
        record = {**record, "job_hash": None}  # Differs from process to process.
    return {"output": output, "sha256": digest(Path(output)), "record": record}


def _same(old: Record | None, new: Record) -> bool:
    """Tell whether two entries differ in times at most."""
    return old is not None and _without_times(old) == _without_times(new)


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
