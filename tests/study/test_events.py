"""Events in CSV files, subtitles and ELAN's annotations: each is read, or refused by its place."""

import unicodedata
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from facetally.errors import PeopleError
from facetally.study.cues import EVENTS
from facetally.study.people import Turn, check_names, read_events
from hypothesis import given, settings
from hypothesis import strategies as st

VIDEOS = ("debate", "anna_1", "talk")

SRT = """\
1
00:00:01,500 --> 00:00:04,000
the economy,
at home

2
00:01:00,000 --> 00:02:00,250
<i>war</i>
"""


def eaf(
    slots: dict[str, Any], *tiers: str, media: str = "", units: str = ' TIME_UNITS="milliseconds"'
) -> str:
    """Return an ELAN file: times of slots in milliseconds, or None; and its tiers."""
    times = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{name}"'
        + ("" if time is None else f' TIME_VALUE="{time}"')
        + "/>"
        for name, time in slots.items()
    )
    types = "".join(
        f'<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="{name}" CONSTRAINTS="{name}"/>'
        for name in ("Symbolic_Association", "Symbolic_Subdivision", "Time_Subdivision")
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT><HEADER{units}>{media}'
        f"</HEADER><TIME_ORDER>{times}</TIME_ORDER>{''.join(tiers)}{types}"
        '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="main"/></ANNOTATION_DOCUMENT>'
    )


def tier(name: str, *annotations: str, kind: str = "main", parent: str = "") -> str:
    above = f" PARENT_REF={quoteattr(parent)}" if parent else ""
    rows = "".join(f"<ANNOTATION>{each}</ANNOTATION>" for each in annotations)
    return f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="{kind}"{above}>{rows}</TIER>'


def aligned(name: str, start: str, end: str, text: str) -> str:
    return (
        f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" TIME_SLOT_REF1="{start}" '
        f'TIME_SLOT_REF2="{end}"><ANNOTATION_VALUE>{escape(text)}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION>"
    )


def referring(name: str, parent: str, text: str, previous: str = "") -> str:
    before = f' PREVIOUS_ANNOTATION="{previous}"' if previous else ""
    return (
        f'<REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{parent}"{before}>'
        f"<ANNOTATION_VALUE>{escape(text)}</ANNOTATION_VALUE></REF_ANNOTATION>"
    )


TALK = eaf({"ts1": 0, "ts2": 2500}, tier("topic", aligned("a1", "ts1", "ts2", "health")), units="")


def written(folder: Path, content: str | bytes, name: str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def events(folder: Path, content: str | bytes, name: str) -> list[tuple[str, float, float | None]]:
    """Read a file of events about one video."""
    (turns,) = read_events([written(folder, content, name)], VIDEOS).values()
    return [(turn.name, turn.start, turn.end) for turn in turns]


def refusal(folder: Path, content: str | bytes, name: str) -> str:
    """Return why a file of events is refused, without its path."""
    path = written(folder, content, name)
    with pytest.raises(PeopleError) as refused:
        check_names(path, EVENTS, VIDEOS)
    said = str(refused.value)
    assert said.isprintable()
    assert said.startswith(str(path))
    return said.removeprefix(str(path)).lstrip(":, ")


def test_events_of_all_kinds_of_files(tmp_path: Path) -> None:
    paths = [
        written(tmp_path, "filename,start,end,event\ndebate,0:02,3,applause\n", "events.csv"),
        written(tmp_path, SRT, "debate.srt"),
        written(tmp_path, TALK, "talk.eaf"),
    ]
    assert read_events(paths, VIDEOS) == {
        "debate": [
            Turn("the economy, at home", 1.5, 4),
            Turn("applause", 2, 3),
            Turn("war", 60, 120.25),
        ],
        "talk": [Turn("health", 0, 2.5)],
    }


def test_spellings_of_one_event_are_one_event(tmp_path: Path) -> None:
    zoe = unicodedata.normalize("NFD", "Zoë speaks")
    paths = [
        written(tmp_path, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{zoe}\n", "talk.vtt"),
        written(tmp_path, "filename,start,end,event\ndebate,2,3,zoë\xa0\u200b SPEAKS\n", "e.csv"),
        written(tmp_path, "1\n0:05 --> 0:06\nZoë\nspeaks\n", "debate.srt"),
    ]
    expected = unicodedata.normalize("NFC", zoe)
    read = read_events(paths, VIDEOS)
    assert {turn.name for own in read.values() for turn in own} == {expected}
    # It does not depend on which videos are asked for.
    assert read_events(paths, ["debate"])["debate"] == read["debate"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("talk.srt", "1\n00:00:01,000 --> 00:00:02,000\nZoë\u2019s turn\n"),
        ("talk.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nZoë\u2019s turn\n"),
        (
            "talk.eaf",
            eaf({"a": 1000, "b": 2000}, tier("t", aligned("a1", "a", "b", "Zoë\u2019s turn"))),
        ),
    ],
)
def test_encodings_and_line_ends_are_those_of_csv(
    tmp_path: Path, name: str, content: str, line_end: str, encoding: str
) -> None:
    text = content.replace("\n", line_end).encode(encoding)
    assert events(tmp_path, text, name) == [("Zoë\u2019s turn", 1, 2)]


def test_the_encoding_that_an_annotation_file_declares(tmp_path: Path) -> None:
    text = eaf({"a": 0, "b": 9}, tier("t", aligned("a1", "a", "b", "здоровье")))
    content = text.replace("UTF-8", "windows-1251").encode("cp1251")
    assert events(tmp_path, content, "talk.eaf") == [("здоровье", 0, 0.009)]
    for wrong in ("UTF-16", "UTF-16LE", "UTF-16BE", "none"):
        content = text.replace("UTF-8", wrong).encode()
        assert events(tmp_path, content, "talk.eaf") == [("здоровье", 0, 0.009)], wrong


@pytest.mark.parametrize(
    ("times", "start", "end"),
    [
        ("00:00:01,500 --> 00:00:04,000", 1.5, 4),
        ("00:00:01.5-->00:00:04", 1.5, 4),
        ("00:01 --> 00:04", 1, 4),
        ("1:02 --> 61:02", 62, 3662),
        ("100:00:00,000 --> 1234:00:00,001", 360000, 4442400.001),
        ("00:00:01,000 --> 00:00:02,000 X1:100 X2:200 Y1:1 Y2:2", 1, 2),
        ("00:01.000 --> 00:02.000 align:start position:10%,line-left region:a", 1, 2),
        ("00:01.000\t-->\t00:02.000\tline:0", 1, 2),
    ],
)
def test_times_of_cues(tmp_path: Path, times: str, start: float, end: float) -> None:
    assert events(tmp_path, f"1\n{times}\nwar\n", "talk.srt") == [("war", start, end)]
    assert events(tmp_path, f"WEBVTT\n\n{times}\nwar\n", "talk.vtt") == [("war", start, end)]


def test_what_is_no_cue_is_not_in_a_cue(tmp_path: Path) -> None:
    content = """\
WEBVTT - debates
Kind: captions
Language: en

STYLE
::cue { color: red }

REGION
id:left

NOTE a comment

NOTE
of two lines: 5
and no cue

the first cue
00:01.000 --> 00:02.000 align:start
one
\x20

\x20

2
00:03.000 --> 00:04.000
two

NOTE the last
"""
    assert events(tmp_path, content, "talk.vtt") == [("one", 1, 2), ("two", 3, 4)]
    content = (
        "opening\n0:01 --> 0:02\none\n \nthe 2nd\n0:03 --> 0:04\n2\n\n\n3\n0:05 --> 0:06\nNOTE\n"
    )
    assert events(tmp_path, content, "talk.srt") == [
        ("one", 1, 2),
        ("2", 3, 4),
        ("NOTE", 5, 6),
    ]
    assert events(tmp_path, "WEBVTT\n0:01 --> 0:02\none", "talk.vtt") == [("one", 1, 2)]


@pytest.mark.parametrize(
    ("written_as", "text"),
    [
        ("<i>war</i> <b.loud>and</b> <font color=red>peace</font>", "war and peace"),
        ("<economy>", "<economy>"),
        ("{applause} {b}x", "{applause} {b}x"),
        ("{\\an8}war", "war"),
        ("a < b > c", "a < b > c"),
        ("<b minus c>", "<b minus c>"),
        ("<00:00:01.500><c>one</c> <1:02.000>two", "one two"),
        ("<v Ms Ahlers>no</v>", "Ms Ahlers: no"),
        ("<v.loud.high Ms Ahlers>no <v Mr Brandt>yes", "Ms Ahlers: no Mr Brandt: yes"),
        ("<ruby>WWW<rt>World Wide Web</rt></ruby>", "WWW World Wide Web"),
        ("<lang en-GB>lift</lang>", "lift"),
        ("R&amp;D&nbsp;&lt;1&gt; &#233;&#xe9;", "R&D <1> éé"),
        ("AT&T &nothing; &copy", "AT&T &nothing; &copy"),
        ("a\u200bb\u00ad  c\td", "ab c d"),
    ],
)
def test_text_of_cues(tmp_path: Path, written_as: str, text: str) -> None:
    content = f"1\n0:01 --> 0:02\n{written_as}\n"
    assert events(tmp_path, content, "talk.srt") == [(text, 1, 2)]
    assert events(tmp_path, f"WEBVTT\n\n{content}", "talk.vtt") == [(text, 1, 2)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nothing", "line 1: 'nothing' belongs to no cue, because no line start --> end is above it; remove the empty line before it, or add its times"),
        ("\n\n", "has no event; add some or remove the file"),
        (f"{SRT}\nmore\n", "line 10: 'more' belongs to no cue, because"),
        ("1\n00:00:04,000 --> 00:00:01,000\nx\n", "line 2: ends at 1 s, not after its start (4 s); correct the times"),
        ("1\n0:01 --> 0:01\nx\n", "line 2: ends at 1 s, not after its start (1 s); correct the times"),
        ("1\n0:01 --> 0:02\n\n2\n0:03 --> 0:04\nx\n", "line 2: the event is empty; write it or remove it"),
        ("1\n0:01 --> 0:02\n<i></i>\u200b\n", "line 2: the event is empty; write it or remove it"),
        ("1\n0:01 --> 0:02\nx\n2\n0:03 --> 0:04\ny\n", "line 5: a cue begins within that of line 2; put an empty line before it"),
        ("0:01 --> 0:05\nhappy --> sad\n", "line 2: a cue begins within that of line 1; put an empty line before it, or write --&gt; if this is text"),
        (f"0:01 --> {'9' * 400}\nx\n", "line 1: end '999"),
        ("1\n0:01 --> 0:61\nx\n", "line 2: end '0:61' is not a time; write m:ss or h:mm:ss"),
        ("1\n-0:01 --> 0:06\nx\n", "line 2: start '-0:01' is not a time; write m:ss or h:mm:ss"),
        ("1\n0:00:01:12 --> 0:00:02:00\nx\n", "line 2: start '0:00:01:12' is not a time; write m:ss or h:mm:ss"),
        ("1\n0:01 -->\nx\n", "line 2: end '' is not a time; write m:ss or h:mm:ss"),
        ("1\n0:01 --> 0:02 war\n", "line 2: 'war' after the times is not a setting of the cue; write the text on a line of its own"),
        ("x\0", "is not a text file; save it as text (UTF-8)"),
    ],
)  # fmt: skip
def test_subtitles_are_refused_by_their_line(tmp_path: Path, content: str, said: str) -> None:
    assert refusal(tmp_path, content, "debate.srt").startswith(said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("1\n00:01.000 --> 00:02.000\nx\n", "line 1: is '1'; a WebVTT file begins with WEBVTT"),
        ("WEBVTTx\n\n", "line 1: is 'WEBVTTx'; a WebVTT file begins with WEBVTT"),
        ("WEBVTT\n\nNOTE\n00:01.000 --> 00:02.000\nx\n", "line 3: a cue belongs to this NOTE; put an empty line between them, or remove the cue"),
        ("WEBVTT\n\nNOTES\n", "line 3: 'NOTES' belongs to no cue, because"),
        ("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n", "line 2: X-TIMESTAMP-MAP counts times by the clock of a stream; remove this line if they are from the first picture, or correct them"),
        ("WEBVTT\n", "has no event; add some or remove the file"),
    ],
)  # fmt: skip
def test_webvtt_is_refused_by_its_line(tmp_path: Path, content: str, said: str) -> None:
    assert refusal(tmp_path, content, "debate.vtt").startswith(said)


def test_time_slots_without_a_time_are_spaced_evenly(tmp_path: Path) -> None:
    slots = {"t1": 0, "t2": None, "t3": None, "t4": 3000, "t5": 9000, "x": None}
    content = eaf(
        slots,
        # A tier below another one may be before it in the file.
        tier(
            "words",
            aligned("a4", "t1", "x", "one"),
            aligned("a5", "x", "t2", "two"),
            kind="Time_Subdivision",
            parent="topic",
        ),
        tier(
            "topic",
            aligned("a2", "t2", "t3", "war"),
            aligned("a1", "t1", "t2", "health"),
            aligned("a3", "t3", "t4", "peace"),
            aligned("a6", "t4", "t5", "end"),
        ),
    )
    assert events(tmp_path, content, "talk.eaf") == [
        ("one", 0, 0.5),
        ("health", 0, 1),
        ("two", 0.5, 1),
        ("war", 1, 2),
        ("peace", 2, 3),
        ("end", 3, 9),
    ]


def test_annotations_that_refer_to_others_divide_or_have_their_time(tmp_path: Path) -> None:
    content = eaf(
        {"t1": 1000, "t2": 4000},
        tier("words", aligned("a1", "t1", "t2", "all of it")),
        tier(
            "parts",
            referring("b3", "a1", "third", "b2"),
            referring("b1", "a1", "first"),
            referring("b2", "a1", "second", "b1"),
            kind="Symbolic_Subdivision",
            parent="words",
        ),
        tier("gloss", referring("c1", "b2", "2nd"), kind="Symbolic_Association", parent="parts"),
        tier("only", referring("d1", "a1", "the whole"), kind="unknown", parent="words"),
    )
    assert events(tmp_path, content, "talk.eaf") == [
        ("all of it", 1, 4),
        ("first", 1, 2),
        ("the whole", 1, 4),
        ("second", 2, 3),
        ("2nd", 2, 3),
        ("third", 3, 4),
    ]


TIER = tier("t", aligned("a1", "a", "b", "x"))


def medium(name: str, origin: str) -> str:
    return f'<MEDIA_DESCRIPTOR MEDIA_URL="file:///d/{name}" TIME_ORIGIN="{origin}"/>'


@pytest.mark.parametrize(
    ("media", "start"),
    [
        ("", 1),
        (medium("x.mp4", "0"), 1),
        (medium("x.mp4", "2500"), 3.5),
        (medium("x.mp4", "-500"), 0.5),
        (medium("x.wav", "0") + medium("Talk.mp4", "2500"), 3.5),
        (medium("x.wav", "2500") + medium("talk.mp4", "2500"), 3.5),
    ],
)
def test_the_time_at_which_the_video_begins(tmp_path: Path, media: str, start: float) -> None:
    content = eaf({"a": 1000, "b": 2000}, TIER, media=media)
    assert events(tmp_path, content, "talk.eaf") == [("x", start, start + 1)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<a>", "line 1: the XML breaks off or is broken here; open it in ELAN and save it again"),
        ("<a/>", "begins with 'a', not ANNOTATION_DOCUMENT, so it is not a file of ELAN's; correct config.yaml"),
        ("", "line 1: the XML breaks off"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "has a document type, which ELAN's files have not; open it in ELAN and save it again"),
        ("<ANNOTATION_DOCUMENT/>", "has no event; add some or remove the file"),
        (eaf({"a": 2000, "b": 1000}, TIER), "annotation a1 of tier t: ends at 1 s, not after its start (2 s); correct the times"),
        (eaf({"a": 0, "b": None}, TIER), "annotation a1 of tier t: its end, time slot b, has no time, and none follows from annotations beside it; align it in ELAN"),
        (eaf({"a": None, "b": 5}, TIER), "annotation a1 of tier t: its start, time slot a, has no time"),
        (eaf({"a": 0}, TIER), "annotation a1 of tier t: its end is time slot b, which is not in the file; open it in ELAN"),
        (eaf({"a": 0, "b": "soon"}, TIER), "time slot b is 'soon', not a number of milliseconds; correct it in ELAN"),
        (eaf({"a": 0, "b": 9}, tier("t", aligned("a1", "a", "b", " "))), "annotation a1 of tier t: the event is empty; write it or remove it"),
        (eaf({"a": 0, "b": 9}, TIER, TIER), "annotation a1 of tier t is there twice; open it in ELAN"),
        (eaf({"a": 0, "b": 9}, tier("t", "<ALIGNABLE_ANNOTATION/>")), "an annotation of tier t has no ANNOTATION_ID; open it"),
        (eaf({"a": 0, "b": 9}, tier("t", '<NEW_ANNOTATION ANNOTATION_ID="n"/>')), "annotation n of tier t is a NEW_ANNOTATION, which ELAN's format has not"),
        (eaf({}, tier("t", referring("r1", "r2", "x"), referring("r2", "r1", "y"))), "annotation r1 of tier t refers to annotation r2, which has no time; correct it in ELAN"),
        (eaf({"a": 0, "b": 9}, TIER, tier("u", referring("r1", "a1", "x"), referring("r2", "a1", "y"))), "annotation r2 of tier u: its tier does not say how annotations divide the time of annotation a1; give"),
        (eaf({"a": 0, "b": 9}, TIER, tier("u", referring("r1", "a1", "x"), referring("r2", "a1", "y", "r9"), kind="Symbolic_Subdivision")), "annotation r2 of tier u: the annotation before it, PREVIOUS_ANNOTATION 'r9', does not fit its neighbours"),
        (eaf({"a": 0, "b": 9}, TIER, units=' TIME_UNITS="PAL-frames"'), "TIME_UNITS is 'PAL-frames', not milliseconds, which alone ELAN knows; convert the times or write a CSV file"),
        (eaf({"a": 0, "b": 9}, TIER, media=medium("x.mp4", "1") + medium("y.mp4", "2")), "its media begin at different times (TIME_ORIGIN), and none is named like this file; link the video under that name in ELAN"),
        (eaf({"a": 0, "b": 9}, TIER, media=medium("x.mp4", "1 s")), "the TIME_ORIGIN of a medium is '1 s', not a number of milliseconds"),
    ],
)  # fmt: skip
def test_annotations_are_refused_by_their_identifier(
    tmp_path: Path, content: str, said: str
) -> None:
    assert refusal(tmp_path, content, "talk.eaf").startswith(said)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("other.srt", SRT, "no such video: other; name the file after its video"),
        ("e.csv", "filename,start,end,event\ndebate,,4,x\n", "row 2: start '' is not a time"),
        ("e.csv", "filename,start,end,event\nx,1,4,x\n", "no such video: x; correct the names or remove the rows"),
    ],
)  # fmt: skip
def test_files_of_events_that_cannot_be_used(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    assert refusal(tmp_path, content, name).startswith(said)


@pytest.mark.parametrize("name", ["debate.srt", "debate.vtt", "debate.eaf"])
def test_a_file_that_is_not_there_or_is_a_folder(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(PeopleError, match="file of events does not exist; create it or correct"):
        check_names(path, EVENTS, VIDEOS)
    path.mkdir()
    with pytest.raises(PeopleError, match=r"is a folder; name a file of events in config\.yaml"):
        check_names(path, EVENTS, VIDEOS)


TEXTS = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="<>{}&\u2800"), min_size=1
).filter(lambda text: text.strip() and "-->" not in text)
CUES = st.lists(
    st.tuples(st.integers(0, 10**9), st.integers(1, 10**6), TEXTS), min_size=1, max_size=5
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("events")


@settings(max_examples=60)
@given(cues=CUES)
def test_what_is_written_is_read(folder: Path, cues: list[tuple[int, int, str]]) -> None:
    def clock(time: int, mark: str) -> str:
        return f"{time // 3600000:02}:{time // 60000 % 60:02}:{time // 1000 % 60:02}{mark}{time % 1000:03}"

    def cue(number: int, mark: str) -> str:
        start, length, text = cues[number]
        return f"{number}\n{clock(start, mark)} --> {clock(start + length, mark)}\n{text}\n\n"

    numbers = range(len(cues))
    slots = {}
    for number, (start, length, _) in enumerate(cues):
        slots |= {f"a{number}": start, f"b{number}": start + length}
    rows = [aligned(f"x{n}", f"a{n}", f"b{n}", cues[n][2]) for n in numbers]
    expected: list[Any] = [
        (start / 1000, (start + length) / 1000, unicodedata.normalize("NFC", text))
        for start, length, text in cues
    ]
    for name, content in (
        ("talk.srt", "".join(cue(number, ",") for number in numbers)),
        ("talk.vtt", "WEBVTT\n\n" + "".join(cue(number, ".") for number in numbers)),
        ("talk.eaf", eaf(slots, tier("t", *rows))),
    ):
        read = events(folder, content, name)
        assert sorted((start, end) for _, start, end in read) == sorted(
            each[:2] for each in expected
        )
        # Spellings of one name are the first of them.
        assert sorted(name.casefold() for name, _, _ in read) == sorted(
            each[2].casefold() for each in expected
        )
