"""What made each output, kept beside the outputs, so that content alone decides freshness.

Snakemake records what made a file (rule, parameters, checksums of the input) below
``.snakemake/metadata``, which stays behind when results are cloned, pulled or copied, and which
does not change when an earlier commit is checked out; it keeps no checksum of the output. So a
:class:`Store` of these records travels with the results, each with the checksum of the file that
it describes. Snakemake reads its records through :class:`Records`: the one that belongs to the
file that is there, or one that says that something unknown made it, so that it is made again.
What is made again for another reason than a change of the study is said before the first job
(:mod:`facetally.snakemake_compat.reasons`).
That is all while the Snakefile is read and on a dry run. In a real run, once Snakemake holds its
lock, records that came with files are written to their place; at the end the stores are brought
up to date.

Upstream: snakemake/snakemake#2977 asks for records that travel (nextstrain/cli#374 carries
``.snakemake/metadata``), #2210 for a way to correct one; that outputs have no checksum, no issue
says. Tried with Snakemake 9.27; tests/snakemake_compat/test_records.py and
tests/workflow/test_dvc.py fail without it. Private to Snakemake are:

- ``snakemake/workflow.py``: ``Workflow._prepare_dag`` makes the object that reads records, and
  ``Workflow.log_missing_metadata_info`` counts jobs without.
- ``snakemake/persistence/__init__.py``: ``PersistenceBase._read_record``, ``_write_record``,
  ``_input`` and ``lock``; ``MetadataRecord`` and ``RECORD_FORMAT_VERSION``.
- ``snakemake/persistence/file.py``: a record is a file named after its output.
"""

import contextlib
import json
import os
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import filterfalse
from pathlib import Path
from typing import Any, BinaryIO, Final

from facetally.errors import ConfigError
from facetally.files import atomic_path, file_digest, writing
from facetally.run.refusal import refusing
from facetally.snakemake_compat.versions import is_tried
from facetally.study.contents import REWRITTEN, Digests, rewritten
from facetally.study.outputs import as_sampled, is_network

INCOMPLETE: Final = Path(".snakemake/incomplete")
SEALS: Final = Path(".snakemake/facetally_stores")
NAME_MAX: Final = 255
TIMES: Final = ("starttime", "endtime")
"""What may differ between records of the same job."""

OF_THIS_MACHINE: Final = ("job_hash", "code", "shellcmd")
"""What differs between processes, or has this folder's path in it. Code counts as a parameter."""

UNKNOWN: Final = "something unknown"
"""The parameter in the record of a file that no record describes: no rule has it."""

CHANGED: Final = "changed since"
"""The fault of a file that is not what its record describes."""

REMEMBERED: Final = 256
"""Records that are kept in memory: Snakemake asks for those of a job several times in a row."""

FIRST_KEY: Final = b'{"output": "'
DECODER: Final = json.JSONDecoder()

Record = dict[str, Any]


class Store:
    """The records of outputs that travel together: JSON Lines, sorted by output.

    The lines stay in the file. Of 100,000 videos they are 600 MB, and as Python's objects four
    times as much. Each line stands for itself: one that is broken, or that Git has put between
    two versions, does not affect the others, and of several lines for an output the one with its
    checksum counts.

    Args:
        path: the file that holds them.
        outputs: the outputs the study has in it, as Snakemake names them.
    """

    def __init__(self, path: Path, outputs: Iterable[str]) -> None:
        self.path = path
        self.outputs = list(outputs)
        self._file: BinaryIO | None = None
        self._places: dict[str, int] = {}
        self._others: dict[str, list[int]] = {}
        self._broken = 0
        self._opened = self._came = False

    def entry(self, output: str, digest: str = "") -> Record | None:
        """Return what is kept of an output: ``output``, ``sha256``, ``record``.

        Args:
            output: as Snakemake names it.
            digest: the checksum that the entry should have, if there are several.
        """
        self._open()
        if output not in self._places:
            return None
        places = [self._places[output], *self._others.get(output, ())]
        entries = [entry for entry in map(self._entry, places) if entry]
        of_content = [entry for entry in entries if entry["sha256"] == digest]
        return next(iter([*of_content, *entries]), None)

    def _entry(self, place: int) -> Record | None:
        try:
            entry = json.loads(self._line(place))
        except ValueError:
            return None
        return entry if {"sha256", "record"} <= entry.keys() else None

    @property
    def came(self) -> bool:
        """Whether the file is another than the one that was last kept here."""
        self._open()
        return self._came

    @property
    def fault(self) -> str:
        """What is wrong with the file, if it lacks a record, in a few words."""
        self._open()
        if not self._file:
            return f"{self.path} does not exist"
        if self._broken:
            return f"{self.path} is damaged in line {self._broken}"
        return f"{self.path} lists no such content"

    def keep(self, entries: Iterable[tuple[str, Record]]) -> None:
        """Bring the file up to date.

        Args:
            entries: with their output, of those that are there and whose record is known. The
                others that are there keep the entry they have, the rest are dropped.

        Raises:
            WriteError: if the file cannot be written.
        """
        self._open()
        there = {output: place for output, place in self._places.items() if Path(output).exists()}
        news = {
            output: json.dumps(entry, sort_keys=True).encode() + b"\n"
            for output, entry in entries
            # Times alone are not news: a store that was checked out stays as it is.
            if output in self._others or not _same(self._first(output), entry)
        }
        if news or self._broken or len(there) < len(self._places):
            with writing(self.path):
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(self.path) as partial, partial.open("wb") as file:
                for output in sorted(there | news):
                    if output in news:
                        file.write(news[output])
                    else:
                        places = [there[output], *self._others.get(output, ())]
                        file.writelines(map(self._line, places))
        self.close()
        if there or news:
            self.adopt()

    def _first(self, output: str) -> Record | None:
        return self._entry(self._places[output]) if output in self._places else None

    def adopt(self) -> None:
        """Know the file as it is from now on: what is written here later is newer.

        Raises:
            WriteError: if that cannot be noted.
        """
        if self.path.exists():
            seal = _place(SEALS, str(self.path))
            with writing(seal):  # If it is cut off, it is another than the file's.
                seal.parent.mkdir(parents=True, exist_ok=True)
                seal.write_text(file_digest(self.path), encoding="utf-8")
        self._came = False

    def close(self) -> None:
        """Close the file; it is read again when it is needed."""
        if self._file:
            self._file.close()
        self._file, self._places, self._others = None, {}, {}
        self._broken, self._opened = 0, False

    def _open(self) -> None:
        if self._opened:
            return
        self._opened = True
        with contextlib.suppress(OSError):
            self._file = self.path.open("rb")
        place = 0
        for number, line in enumerate(self._file or (), 1):
            try:
                output = _output_of(line)
                if not line.endswith(b"}\n"):
                    raise ValueError
            except (ValueError, KeyError, TypeError):
                self._broken = self._broken or number
            else:
                if output in self._places:
                    self._others.setdefault(output, []).append(place)
                else:
                    self._places[output] = place
            place += len(line)
        self._came = bool(self._places) and self._seal() != file_digest(self.path)

    def _line(self, place: int) -> bytes:
        assert self._file  # noqa: S101
        self._file.seek(place)
        return self._file.readline()

    def _seal(self) -> str:
        """Return the checksum of the file as it was when it was last kept here."""
        try:
            return _place(SEALS, str(self.path)).read_text(encoding="utf-8")
        except OSError:
            return ""


class Records:
    """The records of a study's outputs that belong to the files that are there.

    Args:
        stores: hold the records that travel.
        digest: returns checksums.
        derived: the outputs whose input is compared by content, too: Snakemake does that only
            where the input is newer, and files that come from elsewhere may have any time.
        accepted: for outputs that may be kept although other code made them, the digest of the
            code that makes them now.
        accept_code: the digests of that other code.
        beside: for outputs that may be missing although the job that makes them need not run
            again, another output of that job, whose record counts for them.
        unread: for outputs whose content is not compared, as that would take too long, another
            output of the same job, whose record is theirs.
    """

    def __init__(
        self,
        stores: Iterable[Store],
        digest: Digests,
        derived: Collection[str] = (),
        beside: Mapping[str, str] | None = None,
        unread: Mapping[str, str] | None = None,
        accepted: Mapping[str, str] | None = None,
        accept_code: Iterable[str] = (),
    ) -> None:
        self._stores = list(stores)
        self._store_of = {output: store for store in self._stores for output in store.outputs}
        self._digest = digest
        self._derived = set(derived)
        self._beside = beside or {}
        self._unread = unread or {}
        self._accepted = accepted or {}
        self._accept_code = set(map(repr, accept_code))
        self._found: dict[tuple[str, int], Record] = {}
        self._faults: dict[str, str] = {}
        self._rewritten = rewritten()

    @property
    def outputs(self) -> Collection[str]:
        """The outputs that the stores hold records of."""
        return self._store_of.keys()

    @property
    def faults(self) -> Mapping[str, str]:
        """Why outputs that are there have no record, of those that have been asked for."""
        return self._faults

    def record(self, output: str, here: Callable[[str], Record | None]) -> Record | None:
        """Return the record that belongs to an output.

        A file that was written here last has the record it has here, unless its store has come
        from elsewhere since and describes it, or its content has changed although its time has
        not. One that came from elsewhere has the record with its checksum; where there is none,
        something unknown made it.

        Args:
            output: as Snakemake names it.
            here: returns the record that Snakemake has of an output.

        Returns:
            The record, or None if there is none.
        """
        path = Path(output)
        try:
            status = path.stat()
        except OSError:
            if output in self._unread:
                return None
            # One that Snakemake still has may be of another commit.
            beside = self._beside.get(output)
            return self.record(beside, here) if beside else None
        if output in self._unread:
            own = self.record(self._unread[output], here)
            return own and {**own, "endtime": status.st_mtime}
        store = self._store_of.get(output)
        if store is None:
            return here(output)
        key = (output, status.st_mtime_ns)
        record = self._found.get(key)
        if record is None:
            record = self._belonging(store, output, status.st_mtime, here(output))
            if len(self._found) == REMEMBERED:
                self._found.clear()
            if record is not None:
                record = self._found[key] = self._as_accepted(output, record)
        return record

    def _as_accepted(self, output: str, record: Record) -> Record:
        """Return a record as that of a file made by this code, if the other is accepted."""
        code, params = self._accepted.get(output), record.get("params") or []
        if code is None or not self._accept_code.intersection(params):
            return record
        now = [repr(code) if each in self._accept_code else each for each in params]
        return {**record, "params": now}

    def was_there(self, output: str) -> bool:
        """Say whether an output that is missing was there at the end of an earlier run."""
        store = self._store_of.get(output)
        return store is not None and store.entry(output) is not None

    def is_unknown(self, output: str) -> bool:
        """Say whether what has no record is there, and should have one."""
        output = output if Path(output).exists() else self._beside.get(output, output)
        return output in self._store_of and Path(output).exists()

    def _belonging(
        self, store: Store, output: str, time: float, here: Record | None
    ) -> Record | None:
        if _place(INCOMPLETE, output).exists():
            return here  # Snakemake makes it again.
        path = Path(output)
        digest = self._digest(path)
        if output in self._rewritten:
            own = here or (store.entry(output) or {}).get("record")
            return {**own, "endtime": time} if own else None
        made_here = (
            here is not None and here.get("endtime") == time and not self._digest.has_changed(path)
        )
        record = here if made_here else None
        if not made_here or store.came:
            entry = store.entry(output, digest)
            if entry is not None and entry["sha256"] == digest:
                record = {**entry["record"], "endtime": time}
            elif not made_here:
                self._faults[output] = CHANGED if here or entry else store.fault
        if record is None or (output in self._derived and self._other_input(record)):
            return None
        return record

    def _other_input(self, record: Record) -> bool:
        """Say whether an output was made from outputs whose content is another now."""
        return any(
            name in self._store_of
            and name not in self._unread
            and Path(name).exists()
            and checksum.removeprefix("sha256:") != self._digest(Path(name))
            for name, checksum in (record.get("input_checksums") or {}).items()
        )

    def adopt(
        self, here: Callable[[str], Record | None], write: Callable[[str, Record], None]
    ) -> None:
        """Let Snakemake have the records that came with files.

        Args:
            here: returns the record that Snakemake has of an output.
            write: gives it another.

        Raises:
            WriteError: if a note of it cannot be written.
        """
        for store in self._stores:
            for output, own, record in self._all_belonging(store, here):
                if record != own:
                    write(output, record)
        for store in self._stores:
            store.adopt()
        self._found.clear()

    def _all_belonging(
        self, store: Store, here: Callable[[str], Record | None]
    ) -> Iterator[tuple[str, Record | None, Record]]:
        """Return the outputs of a store that are there, their record here, and the right one."""
        for output in store.outputs:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                time, own = Path(output).stat().st_mtime, here(output)
                if output in self._unread:
                    record = self.record(output, here)
                else:
                    record = self._belonging(store, output, time, own)
                if record is not None:
                    yield output, own, record

    def keep(
        self, here: Callable[[str], Record | None], write: Callable[[str, Record], None]
    ) -> None:
        """Bring the stores up to date.

        Args:
            here: returns the record that Snakemake has of an output.
            write: gives it another.

        Raises:
            WriteError: if one cannot be written.
        """
        self._found.clear()
        self._rewritten |= rewritten()
        for output in self._rewritten & self._store_of.keys():
            # The record that is kept of it here has its time.
            record = Path(output).exists() and self.record(output, here)
            if record:
                write(output, record)
        for store in self._stores:
            store.keep(self._entries(store, here))
        self._rewritten.clear()
        REWRITTEN.unlink(missing_ok=True)

    def _entries(
        self, store: Store, here: Callable[[str], Record | None]
    ) -> Iterator[tuple[str, Record]]:
        for output, _, record in self._all_belonging(store, here):
            if _place(INCOMPLETE, output).exists():
                continue
            if output in self._unread:  # That it was there is all there is to say.
                yield output, {"output": output, "sha256": "", "record": {}}
                continue
            kept = record | {key: None for key in OF_THIS_MACHINE if key in record}
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                digest = self._digest.keep(Path(output))
                yield output, {"output": output, "sha256": digest, "record": kept}


def travel(
    workflow: Any,
    records: Records,
    outputs: Collection[str],
    check: Callable[[Collection[str]], None] = lambda _: None,
    explain: Callable[[], Iterable[str]] = list,
) -> None:
    """Let a workflow read its records through others, and write them under its lock alone.

    Args:
        workflow: Snakemake's, of the main Snakefile.
        records: what it is to read.
        outputs: others whose times are corrected if they lie in the future, as a wrong clock
            leaves them.
        check: refuses targets, which are known once the Snakefile has been read.
        explain: returns lines on what a run is to do, which are printed before its first job.

    Raises:
        ConfigError: if Snakemake keeps its records elsewhere than in files.
    """
    if not is_tried("records do not travel with results"):
        return
    backend = workflow.workflow_settings.persistence_backend.name
    if backend != "FILE":
        raise ConfigError(
            f"--persistence-backend {backend.lower()}: records there do not travel with results; "
            "leave the option out"
        )
    prepare = workflow._prepare_dag

    def prepare_and_lay_over(*arguments: Any, **named: Any) -> None:
        with refusing():
            check(workflow.dag_settings.targets)
        prepare(*arguments, **named)
        _lay_over(workflow.persistence, records, outputs, explain, not named["lock_warn_only"])

    workflow._prepare_dag = prepare_and_lay_over
    # Every result has a record, or is made again. What has none is a video of the demo that is not
    # rendered yet, and there is nothing to be said of it.
    workflow.log_missing_metadata_info = lambda: None


def _lay_over(
    persistence: Any,
    records: Records,
    outputs: Collection[str],
    explain: Callable[[], Iterable[str]],
    writes: bool,
) -> None:
    """Put records between Snakemake and the object that reads its own."""
    from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord

    read, record_as = persistence._read_record, persistence._write_record
    inputs, lock = persistence._input, persistence.lock
    unknown = {"record_format_version": RECORD_FORMAT_VERSION, "params": [UNKNOWN]}

    def here(output: str) -> Record | None:
        record = read(output)
        return None if record is None else dict(record.items())

    def write(output: str, record: Record) -> None:
        persistence._write_record(output, MetadataRecord.model_validate(record))

    def belonging(output: str) -> Any:
        record = records.record(output, here)
        if record is None and records.is_unknown(output):
            record = unknown
        if record is None:
            return None
        names = filterfalse(is_network, record.get("input") or ())
        return MetadataRecord.model_validate({**record, "input": list(names)})

    # Frames that were sampled again are the same, and jobs that need not run have no networks that
    # are missing.
    def inputs_as_sampled(job: Any) -> list[str]:
        return sorted(map(as_sampled, filterfalse(is_network, inputs(job))))

    def write_as_sampled(output: str, record: Any) -> None:
        checksums = record.input_checksums or {}
        record.input_checksums = {as_sampled(name): each for name, each in checksums.items()}
        record_as(output, record)

    @contextmanager
    def explain_and_lock() -> Iterator[None]:
        for line in explain():
            print(line, file=sys.stderr, flush=True)
        with lock_and_write() if writes else lock():
            yield

    @contextmanager
    def lock_and_write() -> Iterator[None]:
        with lock():
            with refusing():
                correct_times([*records.outputs, *outputs], time.time())
                records.adopt(here, write)
            persistence._clear_cache()
            try:
                yield
            finally:
                persistence._clear_cache()
                with refusing():
                    records.keep(here, write)

    persistence._read_record = belonging
    persistence._input, persistence._write_record = inputs_as_sampled, write_as_sampled
    persistence.lock = explain_and_lock


def correct_times(outputs: Iterable[str], now: float) -> None:
    """Set the times of files that lie in the future, as a wrong clock leaves them, to now.

    Snakemake refuses a job whose output is older than its input.

    Args:
        outputs: as Snakemake names them.
        now: seconds since the epoch; one time for all, or one would be older than another.

    Raises:
        WriteError: if a file belongs to somebody else.
    """
    for output in outputs:
        path = Path(output)
        if path.exists() and path.stat().st_mtime > now:
            with writing(path):
                os.utime(path, (now, now))


def _output_of(line: bytes) -> str:
    """Return the output of a store's line, which is its first key."""
    if line.startswith(FIRST_KEY):
        output, _ = DECODER.raw_decode(line.decode(), len(FIRST_KEY) - 1)
    else:
        output = json.loads(line)["output"]
    return str(output)


def _same(old: Record | None, new: Record) -> bool:
    """Say whether two entries differ in times at most."""
    return old is not None and _without_times(old) == _without_times(new)


def _without_times(entry: Record) -> Record:
    record = {key: value for key, value in entry["record"].items() if key not in TIMES}
    return {**entry, "record": record}


def _place(folder: Path, output: str) -> Path:
    """Return the path of what Snakemake keeps of an output (snakemake/persistence/file.py)."""
    name = urlsafe_b64encode(output.encode()).decode()
    step = NAME_MAX - 1
    *parts, last = [name[start : start + step] for start in range(0, len(name), step)]
    return folder.joinpath(*(f"@{part}" for part in parts), last)
