"""What the readers of events have in common: times as people write them, and cues.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from facetally.errors import PeopleError
from facetally.study.csv_file import Kind

EVENTS: Final = Kind("a file of events", ("filename", "start", "end", "event"), PeopleError)

CLOCK: Final = re.compile(r"(?:(?P<h>\d+):)??(?:(?P<m>\d+):)?(?P<s>\d+(?:[.,]\d+)?)")
"""A time: seconds, m:ss or h:mm:ss, each with or without decimals."""


@dataclass(frozen=True)
class Cue:
    """An event in a file that is named after its video, before it is checked.

    Attributes:
        place: where it is in the file, for messages, such as "line 7".
        start: in seconds from the first picture.
        end: in seconds.
        text: what it is about, perhaps of several lines.
    """

    place: str
    start: float
    end: float
    text: str


def seconds_of(text: str) -> float | None:
    """Read a time: seconds, m:ss or h:mm:ss, with or without decimals.

    Returns:
        The time in seconds; None if the text is not a time.
    """
    if not (read := CLOCK.fullmatch(text.strip())):
        return None
    hours, minutes, seconds = (
        float((read[part] or "0").replace(",", ".")) for part in ("h", "m", "s")
    )
    if read["m"] and (seconds >= 60 or (read["h"] and minutes >= 60)):
        return None
    time = round(hours * 3600 + minutes * 60 + seconds, 6)
    return time if math.isfinite(time) else None  # Of hundreds of digits.
