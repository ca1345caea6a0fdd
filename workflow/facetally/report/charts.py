"""Building blocks for the figures: Vega-Lite charts made with Altair.

Colours are mid tones, with a contrast of 3 or more on white and on near black, so that one chart
works on a light and on a dark page. Channels are objects: as strings, each would take Altair ten
milliseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import altair as alt
import polars as pl
import vl_convert
from altair.typing import ChartType

from facetally.emotions import COLOURS, EMOTIONS

BLUE: Final = "#2878C8"
ORANGE: Final = "#D55E00"
GREY: Final = "#808080"
GOLD: Final = "#C28400"
BARS_HEIGHT: Final = 180
"""Height of most charts, in pixels."""

ROW_HEIGHT: Final = 30
"""Height of a row in pixels, for charts with one row per value."""

SVG_WIDTH: Final = 480
"""Width of a chart as a file, in pixels."""

VEGA_LITE: Final = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version that Altair writes, in vl-convert's notation."""

FRACTION: Final = alt.Scale(domain=[0, 1])
SHARES: Final = alt.Axis(format="%")
EMOTION_COLOURS: Final = alt.Scale(
    domain=list(EMOTIONS), range=[COLOURS[emotion] for emotion in EMOTIONS]
)


@dataclass(frozen=True)
class Figure:
    """A figure of the report.

    Attributes:
        name: unique in the report; letters, digits, '_', '-' and '/'.
        title: what it shows.
        caption: the finding in words, for readers who cannot see the chart.
        chart: the chart in Vega-Lite, or None if there is nothing to show; the caption then says
            why.
        table: the data of the chart.
        weight: the column of the table that says how much there is to see. If only one row has
            any, the chart would be a single bar or bin, and the page shows only the caption.
    """

    name: str
    title: str
    caption: str
    chart: Mapping[str, Any] | None
    table: pl.DataFrame
    weight: str | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether the page shows the chart."""
        several = self.weight is None or (self.table[self.weight] > 0).sum() > 1
        return self.chart is not None and bool(several)

    def spec(self, width: int | Literal["container"] = "container") -> dict[str, Any]:
        """Return the chart, or its caption if there is no chart, at a width.

        Args:
            width: in pixels, or ``container`` for that of the element around it.
        """
        chart = self.chart
        if chart is None:
            words = alt.Chart().mark_text(text=self.caption, limit=SVG_WIDTH)
            chart = words.properties(height=40).to_dict()
        return {**chart, "width": width, "autosize": {"type": "fit-x", "contains": "padding"}}

    def svg(self) -> str:
        """Draw the chart, title included, as SVG."""
        spec = self.spec(SVG_WIDTH) | {"title": self.title, "background": "white"}
        return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)


def heatmap(
    table: pl.DataFrame,
    rows: tuple[str, Sequence[str]],
    columns: tuple[str, Sequence[str]],
    count: str,
    form: str = "",
    titles: tuple[str, str] | None = None,
) -> ChartType:
    """Show numbers as a matrix.

    Args:
        table: the numbers.
        rows: the column that names the rows, and the order of its values.
        columns: the same for the columns.
        count: the column that holds the numbers.
        form: how to format the numbers, in d3-format's notation.
        titles: the names of rows and columns to show, if not those of their columns.
    """
    row_title, column_title = titles or (rows[0], columns[0])
    most = max(table[count]) or 1
    base = alt.Chart(table).encode(
        x=alt.X(
            f"{columns[0]}:N",
            sort=list(columns[1]),
            title=column_title,
            axis=alt.Axis(labelAngle=-40),
        ),
        y=alt.Y(f"{rows[0]}:N", sort=list(rows[1]), title=row_title),
        tooltip=[
            alt.Tooltip(f"{rows[0]}:N"),
            alt.Tooltip(f"{columns[0]}:N"),
            alt.Tooltip(f"{count}:Q", format=form),
        ],
    )
    return alt.layer(
        base.mark_rect().encode(
            color=alt.Color(
                f"{count}:Q", scale=alt.Scale(scheme="blues", domain=[0, most]), legend=None
            )
        ),
        base.mark_text().encode(
            text=alt.Text(f"{count}:Q", format=form),
            # Readable on the cell, whatever the page behind it.
            color=alt.condition(
                f"datum['{count}'] > {most / 2}", alt.value("white"), alt.value("black")
            ),
        ),
    ).properties(height=len(rows[1]) * ROW_HEIGHT)


def histogram(table: pl.DataFrame, by: str, count: str, title: str) -> ChartType:
    """Show counts as bars, in the order of the table."""
    chart: ChartType = (
        alt.Chart(table)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X(
                f"{by}:N", sort=table[by].to_list(), title=title, axis=alt.Axis(labelAngle=-40)
            ),
            y=alt.Y(f"{count}:Q", title=count, axis=alt.Axis(tickMinStep=1)),
            tooltip=[alt.Tooltip(f"{by}:N"), alt.Tooltip(f"{count}:Q")],
        )
        .properties(height=BARS_HEIGHT)
    )
    return chart


def legend(columns: int = 2) -> alt.Legend:
    """Return a legend below the chart, where it fits on a phone."""
    return alt.Legend(orient="bottom", title=None, columns=columns)
