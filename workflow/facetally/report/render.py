"""Rendering pages into single HTML files that include their scripts and styles.

Templates are Jinja2's. Charts are drawn by Vega-Lite, whose scripts come with vl-convert; tables
are searched and sorted by DataTables, which come with itables.
"""

import base64
import re
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import jinja2
import polars as pl
import vl_convert

from facetally.report.charts import VEGA_LITE
from facetally.study.names import counted

TEMPLATES: Final = Path(__file__).parent / "templates"

DRAW: Final = "window.vegaEmbed = vegaEmbed;"
"""What the bundle of Vega-Lite has to export to the page's script."""

EXPORTS: Final = re.compile(r"export\s*\{([^}]*)\}")


def render(template: str, **content: Any) -> str:
    """Fill a template with content, which is escaped and never taken for markup.

    Args:
        template: its name in TEMPLATES.
        content: the variables that the template uses.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": "{:,}".format,
        "counted": counted,
        "percent": _percent,
        "p_value": p_value,
        "csv_link": csv_link,
        "anchor": anchor,
        "path": lambda name: quote(str(name), safe=""),
    }
    return environment.get_template(template).render(libraries=libraries, **content)


def p_value(p: float) -> str:
    """Format a p value; very small ones only as such."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def _percent(fraction: float | None, digits: int = 1) -> str:
    return "" if fraction is None else f"{fraction:.{digits}%}"


def csv_link(table: pl.DataFrame) -> str:
    """Return a link that contains a table as CSV."""
    text = base64.b64encode(table.write_csv().encode()).decode()
    return f"data:text/csv;charset=utf-8;base64,{text}"


def anchor(name: str) -> str:
    """Turn a name into an element's id, one to one."""
    return quote(name, safe="/")


@cache
def libraries() -> dict[str, str]:
    """Return the text of the scripts and the style sheet that a page needs.

    DataTables comes as a module, which cannot be imported inside a page; so its exports are put
    where scripts find them.
    """
    # Importing itables imports pandas, which takes half a second.
    bundle = Path(str(distribution("itables").locate_file("itables/html")))
    module, exported = EXPORTS.subn(_as_property, (bundle / "dt_bundle.js").read_text("utf-8"))
    if exported != 1:
        raise RuntimeError("itables' bundle is not one module with one list of exports")
    scripts = {
        "vega": vl_convert.javascript_bundle(DRAW, vl_version=VEGA_LITE),
        "datatables": module,
    }
    return {
        "datatables_css": (bundle / "dt_bundle.css").read_text("utf-8"),
        **{name: script.replace("</script", r"<\/script") for name, script in scripts.items()},
    }


def _as_property(exports: re.Match[str]) -> str:
    names = [name.split(" as ") for name in exports[1].split(",")]
    return "window.dataTables={" + ",".join(f"{new}:{old}" for old, new in names) + "}"
