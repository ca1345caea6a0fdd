"""Subtitles, SubRip (.srt) and WebVTT (.vtt), as events: each cue is read, or refused by its line.

Libraries made for players pass over what they cannot read: a cue without milliseconds becomes part
of the text before it, and so does a comment. Here nothing may be lost without a word.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from html.entities import html5
from pathlib import Path
from typing import Final

from facetally.study.csv_file import LONGEST_VALUE, read_text, title
from facetally.study.cues import EVENTS, Cue, seconds_of
from facetally.study.names import shown, visible

SAVE_AS: Final = "save it as text (UTF-8)"

WEBVTT: Final = ".vtt"
"""The extension of WebVTT; SubRip has the other one."""

LINE_END: Final = re.compile(r"\r\n|\r|\n")
ARROW: Final = "-->"

SIGNATURE: Final = re.compile(r"WEBVTT(?:[ \t].*)?")
"""The first line of WebVTT."""

STREAM_CLOCK: Final = "X-TIMESTAMP-MAP"
"""The line of WebVTT's header that shifts all cues to the clock of a stream (RFC 8216, 3.5)."""

ASIDE: Final = re.compile(r"(?:NOTE(?:[ \t].*)?|(?:STYLE|REGION)[ \t]*)")
"""The first line of a block of WebVTT that is no cue: a comment, or how cues look."""

SETTING: Final = re.compile(r"[A-Za-z][\w-]*:\S+")
"""Where a cue is shown: ``align:start`` in WebVTT, ``X1:100`` in SubRip."""

MARKUP: Final = re.compile(
    r"</?(?:i|b|u|s|c|ruby|rt)(?:\.[^\s<>]*)*\s*>|</?(?:font|lang)(?:\.[^\s<>]*)*(?:\s[^<>]*)?>"
    r"|</v>|<v(?:\.[^\s<>]*)*\s*>|<(?:\d+:)?\d+:\d+[.,]\d+>|\{\\[^{}]*\}",
    re.IGNORECASE,
)
"""How parts of a cue look, and when words of it light up. Anything else in brackets or braces,
such as ``<economy>``, is text."""

VOICE: Final = re.compile(r"<v(?:\.[^\s<>]*)*\s+([^<>]+)>", re.IGNORECASE)
"""Who speaks, in WebVTT."""

GLOSS: Final = re.compile(r"<rt(?:\.[^\s<>]*)*\s*>", re.IGNORECASE)
"""What begins the small text beside another, which would run into it."""

ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|(?P<name>\w+));")


def read_subtitles(path: Path) -> Iterator[Cue]:
    """Read subtitles.

    A cue is any number of lines without an empty one among them: a number or another identifier,
    if there is one; the line of times; and the text. Times are m:ss or h:mm:ss with any number of
    hours, with or without decimals. A WebVTT file may also have comments, styles and regions,
    which are no cues.

    Yields:
        The cues in the order of the file, each with its line.

    Raises:
        PeopleError: if the file is not such a file, or a part of it is not a cue.
    """
    lines = LINE_END.split(read_text(path, EVENTS, SAVE_AS))
    is_webvtt = path.suffix.lower() == WEBVTT
    start = _after_header(path, lines) if is_webvtt else 0
    for number, block in _blocks(lines, start, is_webvtt):
        if not (is_webvtt and ASIDE.fullmatch(block[0])):
            yield _cue(path, number, block)
        elif any(ARROW in line for line in block):
            raise _refused(
                path,
                number,
                f"a cue belongs to this {block[0].split()[0]}; put an empty line between them, "
                "or remove the cue",
            )


def _refused(path: Path, number: int, problem: str) -> Exception:
    return EVENTS.error(f"{title(path)}, line {number}: {problem}")


def _after_header(path: Path, lines: Sequence[str]) -> int:
    """Return the place of the first line after WebVTT's header.

    Raises:
        PeopleError: if it is missing, or moves all cues by a clock that the file does not have.
    """
    if not SIGNATURE.fullmatch(lines[0]):
        raise _refused(
            path, 1, f"is '{shown(lines[0], LONGEST_VALUE)}'; a WebVTT file begins with WEBVTT"
        )
    for place, line in enumerate(lines[1:], 1):
        if not line or ARROW in line:
            return place
        if line.startswith(STREAM_CLOCK):
            raise _refused(
                path,
                place + 1,
                f"{STREAM_CLOCK} counts times by the clock of a stream; remove this line if they "
                "are from the first picture, or correct them",
            )
    return len(lines)


def _blocks(
    lines: Sequence[str], start: int, is_webvtt: bool
) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the parts between empty lines, each with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*lines[start:], ""], start + 1):
        # In WebVTT, a line of spaces is not empty.
        if line if is_webvtt else visible(line).strip():
            block.append(line)
            continue
        if visible("".join(block)).strip():
            yield number - len(block), block
        block = []


def _cue(path: Path, number: int, block: Sequence[str]) -> Cue:
    """Read a cue.

    Args:
        path: the file.
        number: the number of the first line.
        block: the lines.

    Raises:
        PeopleError: if it is not a cue.
    """
    places = [place for place, line in enumerate(block) if ARROW in line]
    if not places or places[0] > 1:
        raise _refused(
            path,
            number,
            f"'{shown(block[0], LONGEST_VALUE)}' belongs to no cue, because no line start "
            f"{ARROW} end is above it; remove the empty line before it, or add its times",
        )
    at = number + places[0]
    if places[1:]:
        raise _refused(
            path,
            number + places[1],
            f"a cue begins within that of line {at}; put an empty line before it, or write "
            "--&gt; if this is text",
        )
    first, _, second = block[places[0]].partition(ARROW)
    end, *settings = second.split() or [""]
    times = [_time(path, at, what, written) for what, written in (("start", first), ("end", end))]
    if other := next((each for each in settings if not SETTING.fullmatch(each)), None):
        raise _refused(
            path,
            at,
            f"'{shown(other, LONGEST_VALUE)}' after the times is not a setting of the cue; write "
            "the text on a line of its own",
        )
    return Cue(f"line {at}", times[0], times[1], plain("\n".join(block[places[0] + 1 :])))


def _time(path: Path, number: int, what: str, written: str) -> float:
    """Read a time in seconds.

    Raises:
        PeopleError: if it is not one.
    """
    time = seconds_of(written)
    if time is None:
        text = shown(written.strip(), LONGEST_VALUE)
        raise _refused(path, number, f"{what} '{text}' is not a time; write m:ss or h:mm:ss")
    return time


def plain(text: str) -> str:
    """Return the text of a cue without markup, with ``&amp;`` and others as the character.

    The name in ``<v NAME>`` stays, with a colon.
    """
    text = VOICE.sub(lambda voice: f"{voice[1].strip()}: ", text)
    text = MARKUP.sub("", GLOSS.sub(" ", text))
    return ENTITY.sub(_character, text)


def _character(entity: re.Match[str]) -> str:
    name = entity["name"]
    return html5.get(f"{name};", entity[0]) if name else unescape(entity[0])
