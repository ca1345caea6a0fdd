"""Building blocks of the figures: Vega-Lite charts made with Altair.

Colours are mid tones, with a contrast of 3 or more on white and on near black, so that one chart
does for a light and a dark page. Channels are objects: text in their place takes Altair ten
milliseconds each.
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
"""Height of a row where there is one a value, in pixels."""

SVG_WIDTH: Final = 480
"""Width of a chart as a file, in pixels."""

VEGA_LITE: Final = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version that Altair writes, as vl-convert names it."""

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
        caption: the finding in words, for those who cannot see the chart.
        chart: the chart in Vega-Lite, or None where there is nothing to show; then the caption
            says why.
        table: the data of the chart.
        weight: the column of the table that says how much there is to see. Where one row alone has
            any, the chart is a single bar or bin, and the page leaves it to the caption.
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
        """Return the chart, or its caption where there is none, in a width.

        Args:
            width: in pixels, or as wide as the element it is put into.
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
) -> ChartType:
    """Show numbers as a matrix; rows and columns are each a column of the table and its order.

    Args:
        table: the numbers.
        rows: the column that names the rows, and their order.
        columns: the same of the columns.
        count: the column of the numbers.
        form: how they are written, as d3-format has it.
    """
    most = max(table[count]) or 1
    base = alt.Chart(table).encode(
        x=alt.X(f"{columns[0]}:N", sort=list(columns[1]), axis=alt.Axis(labelAngle=-40)),
        y=alt.Y(f"{rows[0]}:N", sort=list(rows[1])),
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
            # Readable on their cell, whatever the page behind it.
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
    """Put a legend below the chart, where it fits on a phone."""
    return alt.Legend(orient="bottom", title=None, columns=columns)
