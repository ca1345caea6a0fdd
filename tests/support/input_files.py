"""Label files and config.yaml as people write them, and the result for each."""

import unicodedata

VIDEOS = (
    "clip",
    "007",
    "a, b",
    "second one",
    unicodedata.normalize("NFC", "Zoë"),
    unicodedata.normalize("NFD", "Noël"),
    "take.mp4",
    "take",
    "Upper",
    "upper",
    "in\u200bner",
    "twin",
    "twin\u200b",
)
"""The videos that the label files are for."""


CLIP = {"clip": "Pos"}


TWO = {"clip": "Pos", "007": "Neg"}


NAMES_TWO = "could mean the videos"


NO_TEXT = "is not a text file; save it as CSV (UTF-8)"


MANY = "filename,label\n" + "".join(f"v{number},Happy\n" for number in range(12))


LABEL_FILES: dict[str, tuple[bytes, dict[str, str] | str]] = {
    "UTF-8": (b"filename,label\nclip,Positive\n007,Negative\n", TWO),
    "UTF-8 with a byte order mark": (b"\xef\xbb\xbffilename,label\nclip,Pos\n", CLIP),
    "UTF-16 with tabs: Excel's Unicode text": ("filename\tlabel\r\nclip\tPos\r\n007\tNeg\r\n".encode("utf-16"), TWO),
    "UTF-16, big-endian": (b"\xfe\xff" + "filename,label\nclip,Pos\n".encode("utf-16-be"), CLIP),
    "UTF-16 without its mark": ("filename,label\nclip,Pos\n".encode("utf-16-le"), NO_TEXT),
    "Windows-1252": ("filename,label\nZoë,Neutral\n".encode("cp1252"), {VIDEOS[4]: "Neut"}),
    "line ends of Windows": (b"filename,label\r\nclip,Pos\r\n007,Neg\r\n", TWO),
    "line ends of the old Mac OS": (b"filename,label\rclip,Pos\r007,Neg\r", TWO),
    "no line end after the last row": (b"filename,label\nclip,Pos", CLIP),
    "semicolons": (b"filename;label\nclip;Pos\n007;Neg\n", TWO),
    "semicolons, and commas in names": (b"filename;label\na, b;Pos\n", {"a, b": "Pos"}),
    "tabs": (b"filename\tlabel\nclip\tPos\n", CLIP),
    "fields in quotes": (b'"filename","label"\n"a, b","Pos"\n', {"a, b": "Pos"}),
    "a note of two lines, in quotes": (b'filename,label,note\nclip,Pos,"one\ntwo"\n007,Neg,\n', TWO),
    "spaces around fields": (b"filename , label\n  clip , Pos \n 007,Neg\n", TWO),
    "blank lines at the end": (b"filename,label\nclip,Pos\n\n\n  \n", CLIP),
    "blank lines before the header": (b"\n\nfilename,label\nclip,Pos\n", CLIP),
    "rows of empty cells": (b"filename;label;\nclip;Pos;\n;;\n ; ;\n", CLIP),
    "a header in another case, with spaces": (b"File Name, LABEL \nclip,Pos\n", CLIP),
    "other columns, in any order": (b"id,label,who,filename\n1,Pos,me,clip\n2,Neg,me,007\n", TWO),
    "names with extension": (b"filename,label\nclip.mp4,Pos\n", CLIP),
    "names in another case, with extension": (b"filename,label\nCLIP.MP4,Pos\n", CLIP),
    "labels in another case": (b"filename,label\nclip,pOSITIVE\n", CLIP),
    "the label file uses combining accents, the video's name precomposed ones": (unicodedata.normalize("NFD", "filename,label\nZoë,Pos\n").encode(), {VIDEOS[4]: "Pos"}),
    "the label file uses precomposed accents, the video's name combining ones": (unicodedata.normalize("NFC", "filename,label\nNoël,Pos\n").encode(), {VIDEOS[5]: "Pos"}),
    "two videos differ only in case; the label matches one exactly": (b"filename,label\nUpper,Pos\n", {"Upper": "Pos"}),
    "two videos differ only in case; the label matches neither exactly": (b"filename,label\nUPPER,Pos\n", "row 2: UPPER could mean the videos 'Upper' and 'upper'; rename one of them"),
    "a name that matches one video with its extension and another without": (b"filename,label\ntake.mp4,Pos\n", "row 2: take.mp4 could mean the videos 'take' and 'take.mp4'; rename one of them"),
    "a first line sep=;": (b"sep=;\r\nfilename;label\r\nclip;Pos\r\n007;Neg\r\n", TWO),
    "a first line sep=, in quotes, after a mark": (b'\xef\xbb\xbf"SEP=,"\nfilename,label\nclip,Pos\n', CLIP),
    "a first line that names another separator": (b"sep=|\nfilename|label\na, b|Pos\n", {"a, b": "Pos"}),
    "a first line sep=; above commas": (b"sep=;\nfilename,label\nclip,Pos\n", CLIP),
    "a first line sep=;, which spreadsheets do not count": (b"sep=;\nfilename;label\nclip;Happy\n", "row 2: label 'Happy' of clip is unknown; write Positive, Neutral or Negative, or name it in label_names"),
    "a first line sep=; alone": (b"sep=;\n", "is empty; write the header filename,label"),
    "invisible characters in the header": ("\u200efile\u200bname,la\xadbel\u2060\nclip,Pos\n".encode(), CLIP),
    "invisible characters in a label": ("filename,label\nclip,\u200fPosi\xadtive\u200b\xa0\n".encode(), CLIP),
    "invisible characters in a name": ("filename,label\n\u2066cl\u200dip\u2069,Pos\n007\u200b.mp4\u200b,Neg\n".encode(), TWO),
    "invisible characters in the video's name": (b"filename,label\ninner,Pos\n", {"in\u200bner": "Pos"}),
    "no-break spaces": ("filename,label\n\xa0second\xa0one,Pos\u202f\n\xa0,\xa0\n".encode(), {"second one": "Pos"}),
    "a byte order mark in the middle": (b'filename,label\nclip,Pos\n\xef\xbb\xbf"007","Neg"\n', TWO),
    "a name that matches one video exactly, and another once invisible characters are ignored": ("filename,label\ntwin\u200b,Pos\n".encode(), {"twin\u200b": "Pos"}),
    "a name that matches two videos once invisible characters are ignored": ("filename,label\ntwin\u2060,Pos\n".encode(), "row 2: twin<WORD JOINER> could mean the videos 'twin' and 'twin<ZERO WIDTH SPACE>'; rename one of them"),
    "labelled twice, once with invisible characters": ("filename,label\nclip,Pos\nclip\u200b,Pos\n".encode(), "row 3: clip<ZERO WIDTH SPACE> is labelled twice, as in row 2; remove one of the rows"),
    "an invisible name": ("filename,label\n\u200b,Pos\n".encode(), "row 2: the filename is empty; write it or remove the row"),
    "an unknown label with invisible characters": ("filename,label\nclip\u200e,Happy\xa0one\u3164\n".encode(), "row 2: label 'Happy<NO-BREAK SPACE>one<HANGUL FILLER>' of clip<LEFT-TO-RIGHT MARK> is unknown; write Positive, Neutral or Negative, or name it in label_names"),
    "another header, with invisible characters": ("vid\xadeo,class\n".encode(), "the header is 'vid<SOFT HYPHEN>eo,class'; it must name the columns filename,label"),
    "a label without a video, with invisible characters": ("filename,label\nclip1\u200b,Pos\n".encode(), "label without a video: clip1<ZERO WIDTH SPACE>; add the videos or remove the rows"),
    "header alone": (b"filename,label\n", {}),
    "empty file": (b"", "is empty; write the header filename,label"),
    "blank lines alone": (b"\n \n;;\n", "is empty; write the header filename,label"),
    "no header": (b"clip,Pos\n007,Neg\n", "row 1: the header is missing; write filename,label above the first row"),
    "another header": (b"video,class\nclip,Pos\n", "the header is 'video,class'; it must name the columns filename,label"),
    "a column twice": (b"filename,label,Label\nclip,Pos,Neg\n", "the header names the column label twice; rename one"),
    "labelled twice, alike": (b"filename,label\nclip,Pos\n007,Neg\nclip,pos\n", "row 4: clip is labelled twice, as in row 2; remove one of the rows"),
    "labelled twice, differently": (b"filename,label\nclip,Pos\nclip,Neg\n", "row 3: clip is labelled twice, Neg here and Pos in row 2; remove one of the rows"),
    "labelled twice, with and without extension": (b"filename,label\nclip,Pos\n\nclip.mp4,Neg\n", "row 4: clip.mp4 is labelled twice, Neg here and Pos in row 2; remove one of the rows"),
    "unknown label": (b"filename,label\r\n;;\r\nclip,Happy\r\n", "row 3: label 'Happy' of clip is unknown; write Positive, Neutral or Negative, or name it in label_names"),
    "rows wrong in two ways": (b"filename,label\n,Pos\nclip,Happy\n", "row 2: the filename is empty, row 3: label 'Happy' of clip is unknown; write it or remove the row, write Positive, Neutral or Negative, or name it in label_names"),
    "twelve unknown labels": (MANY.encode(), ", ".join(f"row {number + 2}: label 'Happy' of v{number} is unknown" for number in range(10)) + " and 2 more; write Positive, Neutral or Negative, or name it in label_names"),
    "a row without a label": (b"filename,label\nclip\n", "row 2: label '' of clip is unknown; write Positive, Neutral or Negative, or name it in label_names"),
    "a row without a name": (b"filename,label\n,Pos\n", "row 2: the filename is empty; write it or remove the row"),
    "a comma in a name without quotes": (b"label,filename\nPos,a, b\n", "row 2: has 3 fields, more than the header; put fields that have the separator in them between quotes"),
    "a quote that is not closed": (b'filename,label\n007,Neg\n"clip,Pos\n', "row 3: cannot be read as CSV (unexpected end of data); correct its quotes, or save it as CSV (UTF-8)"),
    "text after a quote": (b'filename,label\n"clip" one,Pos\n', "row 2: cannot be read as CSV (',' expected after '\"'); correct its quotes, or save it as CSV (UTF-8)"),
    "an enormous field": (b"filename,label\nclip," + b"x" * 200_000 + b"\n", "row 2: cannot be read as CSV (field larger than field limit (131072)); correct its quotes, or save it as CSV (UTF-8)"),
    "a long label": (b"filename,label\nclip," + b"x" * 500 + b"\n", f"row 2: label '{'x' * 40} … {'x' * 40}' of clip is unknown; write Positive, Neutral or Negative, or name it in label_names"),
    "a line end in a name": (b'filename,label\n"cl\nip",Pos\n', r"label without a video: cl\nip; add the videos or remove the rows"),
    "a label without a video": (b"filename,label\nclip,Pos\nclap,Neg\n", "label without a video: clap; add the videos or remove the rows"),
    "null bytes": (b"filename,label\nclip\0,Pos\n", NO_TEXT),
    "an Excel file (.xlsx)": (b"PK\x03\x04\x14\0\x06\0", "is a spreadsheet, not CSV; open it and save it as CSV (UTF-8)"),
    "an old Excel file (.xls)": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a spreadsheet, not CSV; open it and save it as CSV (UTF-8)"),
    "a video": (b"\0\0\0\x20ftypisom", NO_TEXT),
    "neither UTF-8 nor Windows-1252": (b"filename,label\n\x81\x8d,Pos\n", NO_TEXT),
}  # fmt: skip


WORKS = "works"


PLAIN = "datasets: {d: {videos: clips}}\n"


BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcd", "bcde", strict=True)
)  # fmt: skip


CONFIGS: dict[str, tuple[str | bytes, str]] = {
    "a minimal file": (PLAIN, WORKS),
    "a byte order mark": ("\ufeff" + PLAIN, WORKS),
    "line ends of Windows in config.yaml": (PLAIN.replace("\n", "\r\n"), WORKS),
    "JSON, with tabs": ('{\n\t"datasets": {"d": {"videos": "clips"}}\n}\n', WORKS),
    "anchors and merged keys": ("datasets:\n  d: &d {videos: clips}\n  e: {<<: *d}\n", WORKS),
    "a whole number with a decimal point": (PLAIN + "segment_frames: 50.0\n", WORKS),
    "a number as text": (PLAIN + "segment_frames: '50'\n", WORKS),
    "a number as text, nested": (PLAIN + "sampling: {every_nth_frame: '10'}\n", WORKS),
    "tabs for indentation": ("datasets:\n\td: {videos: clips}\n", r"row 2: is not YAML (found character '\t' that cannot start any token); indent with spaces, not tabs"),
    "a bracket that is not closed": ("datasets: {d: {videos: clips}\n", "row 2: is not YAML (expected ',' or '}', but got '<stream end>')"),
    "two documents": (PLAIN + "---\n" + PLAIN, "row 2: is not YAML (but found another document)"),
    "an empty config.yaml": ("", "is empty; name your videos in it, as the README shows"),
    "comments alone": ("# datasets\n", "is empty; name your videos in it, as the README shows"),
    "a list at top level": ("- d\n", "has no keys; begin it with 'datasets:'"),
    "a word at top level": ("hello\n", "has no keys; begin it with 'datasets:'"),
    "a key twice": (PLAIN + PLAIN, "row 2: key 'datasets' is given twice, in row 1 too; remove one"),
    "a dataset twice": ("datasets:\n  d: {videos: clips}\n  'd': {videos: clips}\n", "row 3: key 'd' is given twice, in row 2 too; remove one"),
    "a key twice in JSON": ('{"datasets": 1, "datasets": 2}', "key 'datasets' is given twice; remove one"),
    "Python objects": ("datasets: !!python/object/apply:os.system ['touch pwned']\n", "row 1: tag !!python/object/apply:os.system cannot be used; remove it"),
    "another tag": ("datasets: !secret x\n", "row 1: tag !secret cannot be used; remove it"),
    "a template of Python (yte)": ("__use_yte__: true\ndatasets: {?__import__('os').system('touch pwned'): 1}\n", "key '__use_yte__' is for Snakemake, not for a study; remove it"),
    "variables of Snakemake": ("pathvars: 3\n" + PLAIN, "key 'pathvars' is for Snakemake, not for a study; remove it"),
    "an alias that refers to its own parent": ("datasets: &d {d: *d}\n", "row 1: a value contains itself; write it out"),
    "aliases of aliases of aliases": (BOMB, "row 5: more than 100000 values; write fewer"),
    "ten thousand brackets": ("datasets: " + "[" * 10_000, "its values are nested too deep"),
    "a list as key": ("? [a]\n: b\n", "row 1: a key is not a word; put it in quotes"),
    "UTF-16": (PLAIN.encode("utf-16"), "is not UTF-8 text; save it as UTF-8"),
    "Latin-1": ("datasets: {é: {videos: clips}}\n".encode("latin-1"), "is not UTF-8 text; save it as UTF-8"),
    "control characters": ("datasets: \x07\n", "is not YAML (unacceptable character #x0007: special characters are not allowed in \"<unicode string>\", position 10)"),
    "an impossible date": ("datasets: {2019-13-45: {videos: clips}}\n", "row 1: 2019-13-45 is not a valid timestamp; correct it or put it in quotes"),
    "a number of 5,000 digits": (PLAIN + f"segment_frames: {'9' * 5000}\n", f"row 2: {'9' * 40} … {'9' * 40} is not a valid int; correct it or put it in quotes"),
    "a number of 5,000 digits in JSON": (f'{{"datasets": {"9" * 5000}}}', f"row 1: {'9' * 40} … {'9' * 40} is not a valid int; correct it or put it in quotes"),
    "a dataset named 0123 without quotes": ("datasets: {0123: {videos: clips}}\n", "row 1: dataset name 0123 is read as 83; put it in quotes"),
    "a dataset named yes without quotes": ("datasets: {yes: {videos: clips}}\n", "row 1: dataset name yes is read as True; put it in quotes"),
    "a dataset named 2019 without quotes": ("datasets: {2019: {videos: clips}}\n", WORKS),
    "a dataset name with a slash": ("datasets: {a/b: {videos: clips}}\n", "dataset name 'a/b' cannot be used; write it with letters, digits, '_' and '-' (A to Z, 100 at most), in quotes"),
    "a dataset name with an accent": ("datasets: {été: {videos: clips}}\n", "dataset name 'été' cannot be used; write it with letters, digits, '_' and '-' (A to Z, 100 at most), in quotes"),
    "a dataset name of 101 letters": (f"datasets: {{{'a' * 101}: {{videos: clips}}}}\n", f"dataset name '{'a' * 101}' cannot be used; write it with letters, digits, '_' and '-' (A to Z, 100 at most), in quotes"),
    "a folder named 2019 without quotes": ("datasets: {d: {videos: 2019}}\n", "datasets.d.videos: 2019 is not of type string; put it in quotes"),
    "a folder named as a date without quotes": ("datasets: {d: {videos: 2019-10-05}}\n", "datasets.d.videos: 2019-10-05 is not of type string; put it in quotes"),
    "labels: false": ("datasets: {d: {videos: clips, labels: false}}\n", "datasets.d.labels: False is not of type string; put it in quotes"),
    "a list of folders": ("datasets: {d: {videos: [clips]}}\n", "datasets.d.videos: ['clips'] is not of type string"),
    "not a number": (PLAIN + "segment_frames: .nan\n", "segment_frames: nan is not of type integer"),
    "infinity": (PLAIN + "segment_frames: .inf\n", "segment_frames: inf is not of type integer"),
    "a negative number": (PLAIN + "sampling: {every_nth_frame: -20}\n", "sampling.every_nth_frame: -20 is too small; it must be 1 or more"),
    "a huge number": (PLAIN + "sampling: {every_nth_frame: 1.0e+30}\n", "sampling.every_nth_frame: 1e+30 is too large; it must be 1000000000 or less"),
    "a word for a number": (PLAIN + "segment_frames: fifty\n", "segment_frames: 'fifty' is not of type integer"),
    "an invisible character in a key": (PLAIN + "segment_frames\u200b: 50\n", "unknown key 'segment_frames<ZERO WIDTH SPACE>'; did you mean 'segment_frames'? (known: datasets, golden, label_names, label, sampling, part, max_frame_pixels, on_bad_video, detectors, methods, face, mapping, mappings, segment_frames, segment_seconds, people, forget, events, engine, device, scratch, accept_code, finetuning, recognizer, min_confidence, min_face_height)"),
    "an invisible character in a folder's name": (PLAIN.replace("clips", "clips\u200b"), "dataset d: folder clips<ZERO WIDTH SPACE> does not exist; create it or correct datasets.d.videos"),
    "a detector without a list": (PLAIN + "detectors: haar\n", "detectors: 'haar' is not of type array"),
    "a value of two lines": (PLAIN + 'engine: "on\\nnx"\n', r"engine: 'on\nnx' is unknown (known: onnx, fer)"),
    "a mapping named yes without quotes": (PLAIN + "mappings: {yes: {fear: Negative}}\n", "mappings: name True cannot be used; write it with letters, digits, '_' and '-' (A to Z, 100 at most), in quotes"),
    "a mapping with a slash in its name": (PLAIN + "mappings: {a/b: {fear: Negative}}\n", "mappings: name 'a/b' cannot be used; write it with letters, digits, '_' and '-' (A to Z, 100 at most), in quotes"),
    "a mapping of an emotion to no class": (PLAIN + "mappings: {m: {fear: null}}\n", "mappings.m.fear: None is not of type string"),
    "a mapping as a list": (PLAIN + "mappings: {m: [fear]}\n", "mappings.m: ['fear'] is not of type object"),
    "videos: a file": ("datasets: {d: {videos: f.txt}}\n", "dataset d: f.txt is not a folder; correct datasets.d.videos"),
    "videos: a null byte": ('datasets: {d: {videos: "a\\0b"}}\n', r"dataset d: folder a\x00b does not exist; create it or correct datasets.d.videos"),
    "videos: a loop of links": ("datasets: {d: {videos: loop}}\n", "dataset d: folder loop cannot be read (Too many levels of symbolic links); correct datasets.d.videos"),
    "videos: 300 letters": (f"datasets: {{d: {{videos: {'x' * 300}}}}}\n", f"dataset d: folder {'x' * 300} cannot be read (File name too long); correct datasets.d.videos"),
    "labels: a folder": ("datasets: {d: {videos: clips, labels: clips}}\n", "clips: is a folder without a CSV file, but with one.mp4; put label files there, as CSV, or correct config.yaml"),
    "labels: a folder that is not there": ("datasets: {d: {videos: clips, labels: data/labels}}\n", "data/labels: does not exist; make the folder (mkdir -p data/labels) or correct config.yaml"),
    "labels: 300 letters": (f"datasets: {{d: {{videos: clips, labels: {'x' * 300}}}}}\n", f"{'x' * 300}: does not exist; make the folder (mkdir -p {'x' * 300}) or correct config.yaml"),
    "labels: a loop of links": ("datasets: {d: {videos: clips, labels: loop}}\n", "loop: cannot be read (Too many levels of symbolic links); correct it or config.yaml"),
    "labels: braces in the name": ("datasets: {d: {videos: clips, labels: '{x}.csv'}}\n", "{x}.csv has { } or < > in its name, which Snakemake takes for a pattern; rename it"),
}  # fmt: skip
