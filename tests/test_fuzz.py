"""Whatever is in a configuration, a file of labels or events, or raw FER JSON: it is used, or refused by name.

python -m pytest tests/test_fuzz.py                              in a few seconds
python -m pytest tests/test_fuzz.py --hypothesis-profile=long    120,000 inputs
"""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from facetally.emotions import CANNOT_TELL, CLASSES, EMOTIONS
from facetally.errors import (
    ConfigError,
    FacetallyError,
    LabelError,
    PeopleError,
    RawFormatError,
)
from facetally.faces.raw import read_raw
from facetally.faces.table import SCHEMA, face_table
from facetally.measure.counts import count_labels, count_segments
from facetally.study.config import Study, load_study
from facetally.study.config_file import read_config
from facetally.study.labels import read_rows
from facetally.study.people import read_events
from hypothesis import given
from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["haar", "mtcnn", "clips", "labels.csv", "..", "/", "~", "${x}", "{x}", ""]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = (
    "datasets", "sampling", "detectors", "segment_frames", "engine", "device", "on_bad_video",
    "max_frame_pixels", "dataset", "face", "mapping", "mappings",
)  # fmt: skip
GOOD = {"datasets": {"d": {"videos": "clips", "labels": "labels.csv"}}}
DATASETS = st.dictionaries(
    st.one_of(st.text(max_size=6), st.integers(), st.booleans(), st.none()),
    st.one_of(
        ANYTHING,
        st.fixed_dictionaries(
            {"videos": ANYTHING}, optional={"labels": ANYTHING, "label": ANYTHING}
        ),
    ),
    max_size=3,
)
CONFIGS = st.one_of(
    st.dictionaries(st.text(max_size=6), ANYTHING, max_size=3),
    st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=5),
    st.dictionaries(st.sampled_from(KEYS[1:]), ANYTHING, max_size=4).map(lambda more: GOOD | more),
    DATASETS.map(lambda datasets: {"datasets": datasets}),
)

YAML_PIECES = st.sampled_from(
    ["datasets:", "  d:", "    videos: clips", "    labels: labels.csv", "detectors: [haar]", "a: &a",
     "b: *a", "- x", "? y", "!!python/object:os.system", "!x {}", "{", "}", "[", "]", "'", '"', "\t",
     "#", "---", "...", "%YAML 1.2", "<<: *a", "segment_frames: 010", "x: 2020-01-01", "|", ">"]
)  # fmt: skip
CONFIG_FILES = st.one_of(
    st.binary(max_size=60),
    st.lists(YAML_PIECES | st.text(max_size=8), max_size=8).map(
        lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass")
    ),
    CONFIGS.map(lambda config: json.dumps(config, default=str).encode()),
)

FIELDS = st.one_of(
    st.text(max_size=10),
    st.sampled_from(
        ["filename", "label", "Label", " filename", "clip", "clip.MP4", "Positive", "neut", "NEG",
         "", " ", '"', '""', "\ufeff", "\x00", "é", "\r", "\u2028"]
    ),
)  # fmt: skip
TABLES = st.tuples(
    st.lists(st.lists(FIELDS, max_size=4), max_size=6),
    st.sampled_from([",", ";", "\t", "|", ", "]),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from(["", "filename,label\n", "filename;label\r\n", "\ufefffilename\tlabel\n"]),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-16-le"]),
).map(
    lambda parts: (
        parts[3] + parts[2].join(parts[1].join(row) for row in parts[0])
    ).encode(parts[4], "surrogatepass")
)  # fmt: skip
LABEL_FILES = st.one_of(st.binary(max_size=60), TABLES)

CUE_PIECES = st.sampled_from(
    ["1", "00:00:01,000 --> 00:00:02,000", "00:01.000 --> 00:02.000 line:0", "0:01-->0:02 x", "-->",
     "9" * 400 + " --> 1:00", "WEBVTT", "WEBVTT x", "NOTE", "NOTE x", "STYLE", "REGION", "", " ",
     "X-TIMESTAMP-MAP=LOCAL:0", "<i>", "<v Anna>", "</v>", "<00:01.000>", "{\\an8}", "{x", "&amp;",
     "&#x110000;", "&#0;", "&#xd800;", "\u2028", "\x85", "war"]
)  # fmt: skip
SUBTITLES = st.one_of(
    st.binary(max_size=60),
    st.tuples(
        st.lists(CUE_PIECES | st.text(max_size=8), max_size=12),
        st.sampled_from(["\n", "\r\n", "\r"]),
        st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-16-le"]),
    ).map(lambda parts: parts[1].join(parts[0]).encode(parts[2], "surrogatepass")),
)
NAMES = st.sampled_from(["a", "b", "c", "", "a\n", "é"])
TIMES = st.sampled_from(["", "0", "5", "-5", "9" * 30, "x", "1.5"])
KINDS = st.sampled_from(["", "Symbolic_Subdivision", "Symbolic_Association", "Time_Subdivision"])


def element(tag: str, inner: st.SearchStrategy[str], **values: st.SearchStrategy[str]) -> Any:
    """Return elements of XML, each with some of the attributes."""
    optional = {name.upper(): value for name, value in values.items()}
    return st.tuples(st.fixed_dictionaries({}, optional=optional), inner).map(
        lambda parts: (
            f"<{tag}{''.join(f' {name}={quoteattr(value)}' for name, value in parts[0].items())}>"
            f"{parts[1]}</{tag}>"
        )
    )


def many(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=4).map("".join)


WORDS = element("ANNOTATION_VALUE", st.sampled_from(["war", "", " ", "&#133;", "&amp;"]))
ANNOTATIONS = st.one_of(
    element("ALIGNABLE_ANNOTATION", WORDS, annotation_id=NAMES, time_slot_ref1=NAMES, time_slot_ref2=NAMES),
    element("REF_ANNOTATION", WORDS, annotation_id=NAMES, annotation_ref=NAMES, previous_annotation=NAMES),
    element("X", WORDS, annotation_id=NAMES),
    element("REF_ANNOTATION", st.just("")),
)  # fmt: skip
ELAN_FILES = st.one_of(
    st.binary(max_size=60),
    st.tuples(
        st.sampled_from(["", '<?xml version="1.0" encoding="ascii"?>', '<?xml encoding="zip"?>', "<!DOCTYPE x>"]),
        element(
            "ANNOTATION_DOCUMENT",
            st.tuples(
                element("HEADER", many(element("MEDIA_DESCRIPTOR", st.just(""), media_url=NAMES, time_origin=TIMES)), time_units=TIMES | st.just("milliseconds")) | st.just(""),
                element("TIME_ORDER", many(element("TIME_SLOT", st.just(""), time_slot_id=NAMES, time_value=TIMES))),
                many(element("TIER", many(element("ANNOTATION", ANNOTATIONS)), tier_id=NAMES, parent_ref=NAMES, linguistic_type_ref=NAMES)),
                many(element("LINGUISTIC_TYPE", st.just(""), linguistic_type_id=NAMES, constraints=KINDS)),
            ).map("".join),
        ),
    ).map(lambda parts: "".join(parts).encode()),
)  # fmt: skip

NUMBERS = st.one_of(st.integers(-5, 2000), st.floats(0, 1), st.integers(), st.floats())
VALUES = st.one_of(NUMBERS, ANYTHING)
FACE_KEYS = [f"{key}{number}" for number in (0, 1) for key in ("box", "confidence", *EMOTIONS)]
FACES = st.fixed_dictionaries(
    {"box0": st.lists(st.integers(-5, 500), min_size=4, max_size=4)}
    | {f"{emotion}0": st.floats(0, 1) for emotion in EMOTIONS}
)
RECORDS = st.one_of(
    ANYTHING,
    st.fixed_dictionaries({"frame": VALUES, "time": VALUES}),
    st.tuples(st.integers(0, 500), st.floats(0, 100), FACES).map(
        lambda parts: {"frame": parts[0], "time": parts[1]} | parts[2]
    ),
    st.tuples(FACES, st.dictionaries(st.sampled_from(FACE_KEYS), VALUES, max_size=3)).map(
        lambda parts: {"frame": 0, "time": 0.0} | parts[0] | parts[1]
    ),
)
RAW_FILES = st.one_of(
    st.binary(max_size=40),
    st.lists(RECORDS, max_size=4).map(lambda records: json.dumps(records).encode()),
    ANYTHING.map(lambda value: json.dumps(value).encode()),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "clips").mkdir()
    (folder / "clips" / "clip.mp4").touch()
    (folder / "labels.csv").write_text("filename,label\nclip,Positive\n")
    return folder


def used_or_refused(
    use: Callable[[], Any], refusals: type[FacetallyError] | tuple[type[FacetallyError], ...]
) -> Any:
    """Return a function's result for its input, or None if it refuses it in one line."""
    try:
        return use()
    except refusals as refusal:
        assert len(str(refusal).splitlines()) == 1
        assert not any(unicodedata.category(character) == "Cc" for character in str(refusal))
        return None


@given(config=CONFIGS)
def test_any_configuration(
    folder: Path, config: Any, monkeypatch_module: pytest.MonkeyPatch
) -> None:
    monkeypatch_module.chdir(folder)
    study = used_or_refused(lambda: load_study(config), (ConfigError, LabelError))
    if study is not None:
        assert isinstance(study, Study)
        assert study.step.number >= 1
        assert study.datasets


@given(content=CONFIG_FILES)
def test_any_configuration_file(
    folder: Path, content: bytes, monkeypatch_module: pytest.MonkeyPatch
) -> None:
    monkeypatch_module.chdir(folder)
    path = folder / "any.yaml"
    path.write_bytes(content)
    config = used_or_refused(lambda: read_config(path), ConfigError)
    if config is not None:
        used_or_refused(lambda: load_study(config), (ConfigError, LabelError))


@given(content=LABEL_FILES)
def test_any_label_file(folder: Path, content: bytes) -> None:
    path = folder / "any.csv"
    path.write_bytes(content)
    rows = used_or_refused(lambda: read_rows(path), LabelError)
    if rows is not None:
        assert {row.label for row in rows} <= {*CLASSES, CANNOT_TELL}
        assert all(row.name.strip() and row.rater for row in rows)


@pytest.mark.parametrize("name", ["clip.srt", "clip.vtt", "clip.eaf"])
@given(data=st.data())
def test_any_file_of_events(folder: Path, name: str, data: st.DataObject) -> None:
    path = folder / name
    path.write_bytes(data.draw(ELAN_FILES if name.endswith(".eaf") else SUBTITLES))
    events = used_or_refused(lambda: read_events([path], ["clip"]), PeopleError)
    if events is not None:
        assert list(events) == ["clip"]
        for event in events["clip"]:
            assert event.name == event.name.strip() != ""
            assert not any(unicodedata.category(character) == "Cc" for character in event.name)
            assert event.start < event.end


@given(content=RAW_FILES)
def test_any_raw_file(folder: Path, content: bytes) -> None:
    path = folder / "any.json"
    path.write_bytes(content)
    faces = used_or_refused(lambda: face_table({"clip": path}), RawFormatError)
    if faces is not None:
        assert faces.schema == SCHEMA
        assert count_labels(faces, {}).height == 1
        count_segments(faces, {}, 1000)
    frames = used_or_refused(lambda: read_raw(path), RawFormatError)
    assert (frames is None) == (faces is None)


@pytest.fixture(scope="module")
def monkeypatch_module() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield patch
