"""Names of files that people choose: which can be used, which are the same, how to show them.

Imports only the standard library, because the workflow uses this when it is parsed.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

Item = TypeVar("Item")

NAME_MAX: Final = 255
"""The longest name of a file, in bytes, on common file systems."""

LONGEST_SUFFIX: Final = len(".json")
"""The longest extension of the files that are named after a video."""

UNPRINTABLE: Final = ("Cc", "Cs", "Zl", "Zp")
"""The Unicode categories of control characters, line breaks, and bytes that are not UTF-8."""

FILLERS: Final = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)
"""Characters that leave no mark although their Unicode category is letter, mark or symbol."""

PATTERN: Final = re.compile(r"\{.*\}|<.*>")
"""What Snakemake takes for a wildcard or a variable in any path, and a little more."""

PERIODIC: Final = re.compile(r"(.+)\1{19}$")
"""What Snakemake takes for a sign of rules that feed themselves endlessly
(snakemake/snakemake#1769): an ending that is repeated twenty times."""

SPECIAL: Final = re.compile(r"[$`!]")
"""Characters, besides quotes and backslashes, that shells interpret within double quotes."""

MISTAKABLE: Final = re.compile(r"-|[^/]*:")


def normal(name: str) -> str:
    """Return the normal form of a name that has several, such as accents written separately."""
    return unicodedata.normalize("NFC", name)


def visible(text: str) -> str:
    """Return a text without characters that leave no mark, and with plain spaces only."""
    if text.isascii():  # Most names are, and there may be a hundred thousand of them.
        return text
    return "".join(
        (" " if unicodedata.category(sign) == "Zs" else "") if _is_invisible(sign) else sign
        for sign in text
    )


def _is_invisible(sign: str) -> bool:
    """Return whether a character leaves no mark, or is a space other than the plain one."""
    return (unicodedata.category(sign) in ("Cf", "Zs") and sign != " ") or sign in FILLERS


def shown(text: str, longest: int = 5000) -> str:
    """Return a text as one line that any terminal can print, shortened in the middle if long.

    Invisible characters are shown by name: ``clip1<ZERO WIDTH SPACE>``.
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
    """Return the names of the first items, and how many more there are."""
    more = len(items) - at_most
    return ", ".join(map(name, items[:at_most])) + (f" and {more:,} more" if more > 0 else "")


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number with what it counts: ``1 video``, ``1,320 videos``.

    Args:
        number: how many.
        one: the word for one of them.
        several: the word for any other number of them; by default with an s.
    """
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def is_or_are(number: int) -> str:
    """Return the verb that follows a number of things."""
    return "is" if number == 1 else "are"


def fault_of(path: Path) -> str | None:
    """Return why the workflow cannot use a path, and what to do; None if it can."""
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
    """Return why results cannot be named after a video, and what to do; None if they can."""
    longest = NAME_MAX - LONGEST_SUFFIX
    length = len(os.fsencode(path.stem))
    if length > longest:
        return (
            f"has a name too long for its results: {length} bytes without extension, "
            f"{longest} at most; rename it"
        )
    return fault_of(path) or fault_of_ending(path.stem)


def fault_of_ending(name: str) -> str | None:
    """Return why Snakemake refuses a dataset's or video's name, and what to do; None if not."""
    if PERIODIC.search(name):
        return "ends in the same text twenty times over, which Snakemake refuses; rename it"
    return None


def fault_on_a_cluster(path: Path) -> str | None:
    """Return why a video's name cannot be passed to a cluster's jobs, and what to do; else None.

    Snakemake writes the names that it passes to these jobs as Python literals, separated by
    commas, which a shell then reads.
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
    """Make a path absolute if a program could take it for a protocol or an option.

    For FFmpeg, ``concat:a.mp4`` is a protocol with an address, not a file.
    """
    return path.absolute() if MISTAKABLE.match(str(path)) else path
