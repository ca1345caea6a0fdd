"""What a change of the source changes."""

import ast
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from facetally.study import code

SOURCES = {
    "scripts/job.py": '"""A job."""\n\nfrom one.a import x\nimport os\n\nprint(x())\n',
    "one/__init__.py": "",
    "one/a.py": 'def x():\n    """Return."""\n    from .two import b\n    return b.y  # here\n',
    "one/two/__init__.py": "",
    "one/two/b.py": "import three.c\n\ny = 1\n",
    "three/__init__.py": "",
    "three/c.py": "import jinja2\n",
    "three/templates/page.html": "page",
    "three/unused.py": "z = 1\n",
}


@pytest.fixture
def digest(tmp_path: Path) -> Callable[..., str]:
    """Writes sources other than the usual ones, and returns the digest of the job."""

    def write(**changed: str) -> str:
        for name, source in (SOURCES | changed).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
            os.utime(path, (1, 1))
        code._read.cache_clear()
        return code.digest_of(tmp_path, "scripts/job.py")

    return write


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("one/a.py", SOURCES["one/a.py"].replace("# here", "# there, and more")),
        ("one/a.py", "# A comment.\n\n\n" + SOURCES["one/a.py"]),
        (
            "one/a.py",
            SOURCES["one/a.py"].replace('"""Return."""', '"""Return é.\n\n    More.\n    """'),
        ),
        ("scripts/job.py", SOURCES["scripts/job.py"].replace("A job.", "Another.")),
        ("one/two/b.py", SOURCES["one/two/b.py"] + '"""What y is."""\n'),
        ("three/unused.py", "z = 2\n"),
    ],
)
def test_words_and_what_is_not_used_change_nothing(
    digest: Callable[..., str], name: str, source: str
) -> None:
    before = digest()
    assert source != SOURCES[name]
    assert digest(**{name: source}) == before


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("scripts/job.py", SOURCES["scripts/job.py"] + "print()\n"),
        ("one/__init__.py", "import os\n"),
        ("one/a.py", SOURCES["one/a.py"].replace("return b.y", 'return "b.y"')),
        ("one/two/b.py", SOURCES["one/two/b.py"].replace("1", "2")),
        ("one/two/b.py", SOURCES["one/two/b.py"].replace("y = 1", "y = 'é' # é")),
        ("three/c.py", "import jinja2\n\n\ndef z():\n    pass\n"),
        ("three/templates/page.html", "another page"),
    ],
)
def test_code_three_packages_away_changes_it(
    digest: Callable[..., str], name: str, source: str
) -> None:
    before = digest()
    assert digest(**{name: source}) != before


def test_how_a_card_is_read_is_no_part_of_detection() -> None:
    found, waiting = set(), [f"scripts/{name}.py" for name in ("detect_emotions", "face_crops")]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += code._read(code.WORKFLOW, name)[1]
    assert "facetally/study/recognizer.py" in found
    unused = {
        f"facetally/study/{name}.py" for name in ("cards", "schema", "config_file", "config")
    }
    assert not unused & found


def test_a_function_whose_docstring_is_all_counts() -> None:
    assert _what_counts('def f():\n    """Do."""\n') != _what_counts('def g():\n    """Do."""\n')


@pytest.mark.parametrize(
    "text", ['"#{}"', "'#{}'", r"'\'#{}'", '"""\n"#{}"""', "f'''{{x}}' #{}'''", 'rb"#{}"', '"é#{}"']
)  # fmt: skip
def test_a_number_sign_within_a_string_begins_no_comment(text: str) -> None:
    one, other = (_what_counts(f"y = {text.format(n)}  # {n}, isn't\n") for n in (1, 2))
    assert one != other
    assert _what_counts(f"y = {text.format(1)}\n") == one


def _what_counts(source: str) -> bytes:
    return code._without_words(source.encode(), code._statements(ast.parse(source)))
