"""The last line of a run of the tests."""

from support.skipped import skipped_line


def test_the_last_line_says_what_was_skipped_and_why() -> None:
    assert skipped_line([]) == "facetally: no test was skipped"
    assert (
        skipped_line(["Skipped: no Rscript"]) == "facetally: 1 test was skipped: 1 for no Rscript"
    )
    assert skipped_line(["Skipped: a", "b", "Skipped: b"]) == (
        "facetally: 3 tests were skipped: 2 for b; 1 for a"
    )
