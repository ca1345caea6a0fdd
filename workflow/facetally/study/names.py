"""Names of files as people give them: which can be used, which are the same, how to show them.

Only the standard library is imported: the workflow itself uses this.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

Item = TypeVar("Item")

NAME_MAX: Final = 255
"""The longest name of a file, in bytes, on the usual file systems."""

LONGEST_SUFFIX: Final = len(".json")
"""Of the files that are named after a video."""

UNPRINTABLE: Final = ("Cc", "Cs", "Zl", "Zp")
"""The Unicode categories of what breaks a line, or stands for bytes that are not UTF-8."""

FILLERS: Final = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)
"""What leaves no mark though its Unicode category is one of letters, marks or symbols."""

PATTERN: Final = re.compile(r"\{.*\}|<.*>")
"""What Snakemake takes for a wildcard or a variable, in any path, and a little more."""

PERIODIC: Final = re.compile(r"(.+)\1{19}$")
"""What Snakemake takes for rules that feed themselves without an end
(snakemake/snakemake#1769): an ending that is repeated twenty times."""

SPECIAL: Final = re.compile(r"[$`!]")
"""What shells do not take as it stands between double quotes, beside quotes and backslashes."""

MISTAKABLE: Final = re.compile(r"-|[^/]*:")


def normal(name: str) -> str:
    """Return the one form of a name that may be written in several, such as accents apart."""
    return unicodedata.normalize("NFC", name)


def visible(text: str) -> str:
    """Return a text without what leaves no mark, and with plain spaces alone."""
    if text.isascii():  # Most names, of which there may be a hundred thousand.
        return text
    return "".join(
        (" " if unicodedata.category(sign) == "Zs" else "") if _is_invisible(sign) else sign
        for sign in text
    )


def _is_invisible(sign: str) -> bool:
    """Say whether a character leaves no mark, or none but a space's, and is no plain space."""
    return (unicodedata.category(sign) in ("Cf", "Zs") and sign != " ") or sign in FILLERS


def shown(text: str, longest: int = 5000) -> str:
    """Return a text in one line that any terminal prints, shortened in the middle if long.

    What cannot be seen is named: ``clip1<ZERO WIDTH SPACE>``.
    """
    line = text if text.isascii() and text.isprintable() else "".join(map(_shown, text))
    half = longest // 2
    return line if len(line) <= longest else f"{line[:half]} … {line[-half:]}"


def _shown(sign: str) -> str:
    if unicodedata.category(sign) in UNPRINTABLE:
        return ascii(sign)[1:-1]
    if _is_invisible(sign):
        return f"<{unicodedata.name(sign)}>"
    return sign


def first(items: Sequence[Item], at_most: int, name: Callable[[Item], str] = str) -> str:
    """Name the first items, and say how many more there are."""
    more = len(items) - at_most
    return ", ".join(map(name, items[:at_most])) + (f" and {more:,} more" if more > 0 else "")


def fault_of(path: Path) -> str | None:
    """Say why the workflow cannot use a path, and what to do; None if it can."""
    text = str(path)
    if any(unicodedata.category(sign) == "Cs" for sign in text):
        return "is not named in UTF-8; rename it"
    wrong = [sign for sign in text if unicodedata.category(sign) in UNPRINTABLE]
    if wrong:
        return f"has the control character {wrong[0]!a} in its name; rename it"
    if PATTERN.search(text):
        return "has { } or < > in its name, which Snakemake takes for a pattern; rename it"
    return None


def fault_of_video(path: Path) -> str | None:
    """Say why no results can be named after a video, and what to do; None if they can."""
    longest = NAME_MAX - LONGEST_SUFFIX
    length = len(os.fsencode(path.stem))
    if length > longest:
        return (
            f"has a name too long for its results: {length} bytes without extension, "
            f"{longest} at most; rename it"
        )
    return fault_of(path) or fault_of_ending(path.stem)


def fault_of_ending(name: str) -> str | None:
    """Say why Snakemake refuses the name of a dataset or video, and what to do; None if not."""
    if PERIODIC.search(name):
        return "ends in one thing twenty times over, which Snakemake refuses; rename it"
    return None


def fault_on_a_cluster(path: Path) -> str | None:
    """Say why a cluster's jobs cannot be told of a video, and what to do; None if they can.

    Snakemake writes the names that it hands to them as Python would, which a shell then reads;
    and it separates them by commas.
    """
    written = repr(str(path))
    safe = (
        written[1:-1] == str(path)
        and str(path)[0] not in "'\""
        and "," not in path.stem
        and (written[0] == "'" or not SPECIAL.search(written))
    )
    if safe:
        return None
    return (
        "has a comma, an apostrophe, a backslash or an invisible character in its name, which "
        "Snakemake cannot hand to jobs of a cluster; rename it, or run the study on one machine"
    )


def unmistakable(path: Path) -> Path:
    """Make a path absolute that a program could take for a protocol or an option.

    To FFmpeg, ``concat:a.mp4`` is a protocol with an address, not a file.
    """
    return path.absolute() if MISTAKABLE.match(str(path)) else path
