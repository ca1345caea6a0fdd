"""How far raters agree, in the report."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from facetally.measure.raters import agreement, rater_pairs, ratings, unresolved
from facetally.measure.summary import SUMMARY, by_method, human
from facetally.report.dvc_plots import accuracies
from facetally.report.figures import accuracy_figure, methods_figure
from facetally.report.raters import MOST_PAIRS, RatersTables, raters_views
from facetally.study.golden import Labelled, golden_of
from support.tables import ANGRY, HAPPY, HOSTILE, Tables, study_tables

RUN = ("2019", "haar")
ANSWERS = {"a": "Pos Pos Pos", "b": "Pos Pos Neg", "c": "Neg Pos Neut"}


def study(
    folder: Path, raters: tuple[str, ...] = ("anna", "ben", "cleo")
) -> tuple[Tables, RatersTables]:
    """Three videos, labelled by three people."""
    labelled = {}
    for video, answers in ANSWERS.items():
        given = dict(zip(raters, answers.split(), strict=True))
        labelled[video] = Labelled(given, *golden_of(given), "", "")
    golden = {video: each.golden for video, each in labelled.items() if each.golden}
    frames = {video: [[HAPPY], [ANGRY], [HAPPY]] for video in ANSWERS}
    tables = study_tables(folder, {RUN: frames}, {"2019": golden})
    given = ratings("2019", labelled, {video: video for video in labelled})
    rows = pl.DataFrame(human("2019", given, 3), SUMMARY)
    people = RatersTables(
        agreement("2019", given), rater_pairs("2019", given), unresolved("2019", labelled)
    )
    return replace(tables, summary=pl.concat([tables.summary, rows])), people


def test_the_page_shows_agreement_and_what_is_open(tmp_path: Path) -> None:
    tables, people = study(tmp_path)
    page = tables.page(raters=people)
    assert "All raters of a video agree on 33.3% of 3 videos" in page
    # On a, all three agree with the others; on b, only cleo has others who agree; on c, nobody.
    assert "One rater agrees with the others&#39; majority on 75.0% of 4 labels" in page
    assert '<a href="#unresolved">' in page
    assert "anna: Neg, ben: Pos, cleo: Neut" in page
    for pair in ("anna against ben", "anna against cleo", "ben against cleo"):
        assert pair in page
    assert '<th scope="col">One rater</th>' in page


def test_without_several_raters_the_page_says_nothing_of_it(tmp_path: Path) -> None:
    tables, _ = study(tmp_path)
    page = replace(tables, summary=by_method(tables.summary)).page()
    said = ('id="raters-section"', "One rater", 'id="unresolved"')
    assert [words for words in said if words in page] == []


def test_people_are_a_tick_and_no_method(tmp_path: Path) -> None:
    tables, _ = study(tmp_path)
    for figure in (accuracy_figure(tables.summary), methods_figure(tables.summary)):
        assert figure.table["human"].unique().to_list() == [0.75]
        assert "one rater" in figure.title
        assert "One rater agrees with the others on 75.0% of 2019." in figure.caption
        assert not any("human" in run for run in figure.table["run"])
        alone = by_method(tables.summary)
        assert "human" not in accuracy_figure(alone).table.columns
        assert accuracy_figure(alone).title == "Accuracy (tick: guessing)"
    bars = dict(accuracies(tables.summary).iter_rows())
    assert bars["2019, one rater against the others"] == 0.75
    assert bars["2019, always guessing the commonest label"] == 1


def test_of_many_raters_the_first_pairs_are_drawn() -> None:
    people = {f"rater{number}": "Pos" for number in range(6)}
    labelled = {video: Labelled(people, "Pos", "", "", "") for video in "ab"}
    given = ratings("2019", labelled, {"a": "a", "b": "b"})
    tables = RatersTables(
        agreement("2019", given), rater_pairs("2019", given), unresolved("2019", labelled)
    )
    (view,) = raters_views(tables, pl.DataFrame(human("2019", given, 2), SUMMARY))
    assert (len(view.pairs), view.left_out) == (MOST_PAIRS, 15 - MOST_PAIRS)
    assert "alpha" not in view.finding
    assert view.human is not None
    assert view.human["accuracy"] == 1


@pytest.mark.parametrize("hostile", [HOSTILE, "a<b>c"])
def test_names_of_raters_are_text(tmp_path: Path, hostile: str) -> None:
    tables, people = study(tmp_path, (hostile, "ben", "cleo"))
    page = tables.page(raters=people)
    assert "<b onload" not in page
    assert "a<b>c" not in page
