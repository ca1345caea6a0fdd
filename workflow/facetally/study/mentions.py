"""Finds a person's name in texts and paths, however files escape it."""

import html
import json
import re
import unicodedata
from typing import Final
from urllib.parse import quote

from facetally.study.matching import tidy

SPACE: Final = r"(?:\s|%20|\+|%C2%A0|\\+u00a0|&nbsp;|&#160;|&#xa0;)+"

STARTS: Final = r"(?:(?<![^\W_])|(?<=\\[nrt])|(?<=%[0-9a-f]{2}))"
"""Nothing of a word comes before: a line break or a sign may be escaped, as in JSON and URLs."""

ENDS: Final = r"(?![^\W_])"


def mention_of(name: str) -> re.Pattern[str]:
    """Return an expression that finds a name in a text.

    It finds the name as words of their own, in any case, with any space between them, in composed
    and decomposed Unicode, and as JSON, URLs and HTML escape it. ``_`` ends a word: ``ahlers_1``
    has the name ``Ahlers``, ``person_21`` does not have ``person_2``.
    """
    return re.compile(
        f"{STARTS}{SPACE.join(map(_forms, tidy(name).split()))}{ENDS}", re.IGNORECASE
    )


def _forms(word: str) -> str:
    """Return an expression for the ways in which files spell a word."""
    # What is escaped differs by case in more than the case of letters.
    forms = {
        unicodedata.normalize(form, case(word))
        for form in ("NFC", "NFD")
        for case in (str, str.lower, str.upper, str.capitalize)
    }
    escaped = {
        escape(form)
        for form in forms
        for escape in (str, quote, html.escape, lambda form: json.dumps(form)[1:-1])
    }
    # JSON within JSON has more than one backslash.
    return f"(?:{'|'.join(sorted(map(re.escape, escaped)))})".replace(r"\\u", r"\\+u")
