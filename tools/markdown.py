"""A run in markdown: its tables with intervals, and its claims."""

from collections.abc import Mapping, Sequence

import pandas as pd

from colorization.evaluation.measures import SHOWN
from colorization.evaluation.tradeoff import COLUMNS
from colorization.report.labels import Labels
from colorization.report.tables import number, vivid_rows

MARKS = {"confirmed": "✓ confirmed", "refuted": "✗ refuted", "undecided": "? undecided"}
VIVID = ("colorfulness_ratio", "delta_e")  # measures of a point of the trade-off
VIVIDNESS = {"saturation": "factor", "curve": "curve, gain"}  # knobs of the trade-off
ARROWS = {1: " ↑", -1: " ↓", 0: ""}


def scores(table: pd.DataFrame, labels: Labels, measures: tuple[str, ...] = tuple(SHOWN)) -> str:
    """Models by measures, each value with its 95 % interval; measures that the table lacks are left out."""
    shown = {m: SHOWN[m] for m in measures if m in table and table[m].notna().any()}
    head = ["", *(about.heading + ARROWS[about.better] for about in shown.values())]
    rows = table.to_dict("records")
    return _grid(head, [[labels.names[row["model"]], *(_cell(row, m) for m in shown)] for row in rows])


def claims(rows: Mapping[str, Mapping[str, str]]) -> str:
    """Sentence, rule, figure and verdict of every claim."""
    cells = [[f"“{row['sentence']}” <sub>{row['section']}</sub>", row["rule"], row["figure"], MARKS[row["verdict"]]]
             for row in rows.values()]  # fmt: skip
    return _grid(["the paper says", "rule", "this run", "verdict"], cells)


def categories(table: pd.DataFrame, model: str) -> str:
    """Categories with a model's ΔE and skill beside gray's ΔE, lowest skill first."""
    gray = table[table.model == "gray"].set_index("category")
    rows = table[table.model == model].sort_values("skill", kind="stable").to_dict("records")
    cells = [[row["category"], str(row["photographs"]), _cell(row, "delta_e"),
              _cell(gray.loc[row["category"]], "delta_e"), _cell(row, "skill")] for row in rows]  # fmt: skip
    return _grid(["", "photographs", "ΔE ↓", "ΔE of gray", "skill ↑"], cells)


def sources(table: pd.DataFrame) -> str:
    """Categories of photographs, with what they show, their origin and their licence; empty without any."""
    if table.empty:
        return ""
    head = ["category", "with people", "shows", "origin", "licence"]
    return _grid(head, [[row.category, f"{row.people:.0%}", row.shows, row.origin, row.licence]
                        for row in table.itertuples()])  # fmt: skip


def changes(
    before: Mapping[str, float], after: Mapping[str, float], differences: pd.DataFrame, measures: Sequence[str]
) -> str:
    """Measures before and after, and the paired difference after − before with its interval.

    differences: of `comparison.differences`.
    """
    rows, cells = differences.set_index("measure"), []
    for name in measures:
        about, row = SHOWN[name], rows.loc[name]
        change, low, high = (number(row[column], "+.1g") for column in ("difference", "low", "high"))
        sides = [number(side[name], about.digits) for side in (before, after)]
        cells.append([about.heading + ARROWS[about.better], *sides, f"{change} <sub>{low} to {high}</sub>"])
    return _grid(["", "as trained", "as stored", "difference"], cells)


def vivid(curves: pd.DataFrame, labels: Labels) -> str:
    """For each curve of the trade-off, the point whose colour is nearest to the originals'."""
    head = ["", "knob", "setting", *(SHOWN[m].heading for m in VIVID), "ΔE minus ΔE of its default"]
    rows = []
    for row in vivid_rows(curves):
        value, low, high = (number(row[f"delta_e_minus_default{end}"], "+.2f") for end in ("", "_low", "_high"))
        cells = [_cell(row, m) for m in VIVID] + [f"{value} <sub>{low} to {high}</sub>"]
        rows.append([labels.names[row["model"]], row["knob"], f"{row['setting']:g}", *cells])
    return _grid(head, rows)


def settings(curve: pd.DataFrame) -> str:
    """The points of a model's trade-off along factor and curve, with the measures of COLUMNS."""
    rows = curve[curve.knob.isin(VIVIDNESS)].to_dict("records")
    shown = [m for m in COLUMNS if m in curve]
    head = ["", *(SHOWN[m].heading + ARROWS[SHOWN[m].better] for m in shown)]
    named = [f"{VIVIDNESS[row['knob']]} {row['setting']:g}" for row in rows]
    return _grid(head, [[name, *(_cell(row, m) for m in shown)] for name, row in zip(named, rows)])


def _cell(row: Mapping, measure: str) -> str:
    digits = SHOWN[measure].digits
    low, high = f"{measure}_low", f"{measure}_high"
    known = low in row and not pd.isna(row[low])
    interval = f" <sub>{number(row[low], digits)}–{number(row[high], digits)}</sub>" if known else ""
    return number(row[measure], digits) + interval


def _grid(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
