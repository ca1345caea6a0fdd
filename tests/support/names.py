"""Names of videos as people choose them, and the result for each."""

import os
import unicodedata
from pathlib import Path

COMPOSED = unicodedata.normalize("NFC", "Zoë")


DECOMPOSED = unicodedata.normalize("NFD", "Ångström")


WORKING = {
    "spaces, also at both ends": " a  space .mp4",
    "quotes of both kinds": "'single' \"double\".mp4",
    "precomposed accents (NFC)": f"{COMPOSED}.mp4",
    "combining accents (NFD)": f"{DECOMPOSED}.mp4",
    "other scripts and emoji": "日本語 😀.mkv",
    "a leading dash": "-i.mp4",
    "a command after a semicolon": "a; touch pwned.mp4",
    "a command in $( )": "$(touch pwned).mp4",
    "a command in backticks": "`touch pwned`.mp4",
    "& and < and >": "a & b > pwned < c.mp4",
    "a vertical bar": "a | touch pwned.mp4",
    "* and ? and [x]": "star* what? [x].mp4",
    "braces that are not a pair": "{{.mp4",
    "% and # and ! and @": "%s %2F #1 !x @y.mp4",
    "~": "~.mp4",
    "a backslash": "back\\slash.mp4",
    "a comma, a formula": "=1+1,2.mp4",
    "a dot at the end": "dot..mp4",
    "a name that Windows reserves": "con.mp4",
    "a number": "2019.mp4",
    "None": "None.mp4",
    "1e5": "1e5.mp4",
    "two extensions": "x.mp4.avi",
    "an extension in upper case": "Upper.MP4",
    "a camcorder's extension": "00001.MTS",
    "a protocol of FFmpeg": "concat:a.mp4",
    "one letter repeated 19 times": f"{'L' * 19}.mp4",
    "250 bytes without extension": f"{''.join(f'é{n:02}' for n in range(62))}é.mp4",
}


PASSED_OVER = {
    "a hidden file": ".hidden.mp4",
    "only an extension": ".mp4",
    "only dots": "....mp4",
    "a text file, `notes.TXT`": "notes.TXT",
    "a spreadsheet, `labels.xlsx`": "labels.xlsx",
    "subtitles, `clip.srt`": "clip.srt",
    "a description of a video, `clip.info.json`": "clip.info.json",
    "DVC's record of a video, `clip.mp4.dvc`": "clip.mp4.dvc",
    "Windows' thumbnails, `Thumbs.db`": "Thumbs.db",
}


LINKS = {
    "a link that leads nowhere": "absent.mp4",
    "a link to itself": "a.mp4",
}
"""Where links named a.mp4 point: to no content."""


NAMED = {
    "a sub-folder": "more",
    "a folder named like a video": "folder.mp4",
    "another extension": "clip.rm",
    "a picture": "clip.jpg",
    "an unfinished download": "clip.mp4.part",
    "no extension": "clip",
    "an invisible character after the extension": "clip.mp4\u200b",
    "a named pipe": "pipe.mp4",
}
"""What is skipped, and named in a line when a run starts."""


CONTROL = "has the control character {} in its name; rename it"


REFUSED = {
    "a line break": (["a\nb.mp4"], CONTROL.format(r"'\n'")),
    "a tab": (["a\tb.mp4"], CONTROL.format(r"'\t'")),
    "an escape sequence": (["a\x1b[31m.mp4"], CONTROL.format(r"'\x1b'")),
    "a line separator of Unicode": (["a\u2028b.mp4"], CONTROL.format(r"'\u2028'")),
    "a pair of braces": (["a{x}b.mp4"], "has { } or < > in its name, which Snakemake takes for a pattern; rename it"),
    "a pair of < and >": (["a<x>b.mp4"], "has { } or < > in its name, which Snakemake takes for a pattern; rename it"),
    "bytes that are not UTF-8": ([os.fsdecode(b"caf\xe9.mp4")], "is not named in UTF-8; rename it"),
    "251 bytes without extension": ([f"{'x' * 251}.mp4"], "has a name too long for its results: 251 bytes without extension, 250 at most; rename it"),
    "a name that ends in the same text repeated 20 times": ([f"x{'ab' * 20}.mp4"], "ends in the same text twenty times over, which Snakemake refuses; rename it"),
    "the same name with two extensions": (["a.mp4", "a.AVI"], "have the same name without extension; rename one of them"),
    "the same name, precomposed and combining": ([f"{unicodedata.normalize(form, 'Zoë')}.mp4" for form in ("NFC", "NFD")], "have the same name without extension, spelt with other characters of Unicode; rename one of them"),
}  # fmt: skip


def lay(clips: Path, case: str) -> None:
    """Put files that are refused into a folder, among others that are not."""
    (clips / "good.mp4").touch()
    for name in REFUSED[case][0]:
        (clips / name).touch()
