"""A run in markdown: its table with intervals, its claims, its page for results/<name>/."""

from collections.abc import Mapping

import pandas as pd

from colorization.labels import MEASURES, NAMES
from colorization.report.tables import number, vivid_rows

MARKS = {"confirmed": "✓ confirmed", "refuted": "✗ refuted", "undecided": "? undecided"}
VIVID = ("colorfulness_ratio", "delta_e")  # of a point of the trade-off
ARROWS = {1: " ↑", -1: " ↓", 0: ""}


def scores(table: pd.DataFrame, measures: tuple[str, ...] = tuple(MEASURES)) -> str:
    """Models by measures, each value over its 95 % interval; measures that the table lacks are left out."""
    shown = {m: MEASURES[m] for m in measures if m in table and table[m].notna().any()}
    head = ["", *(about.heading + ARROWS[about.better] for about in shown.values())]
    return _grid(head, [[NAMES[row["model"]], *(_cell(row, m) for m in shown)] for row in table.to_dict("records")])


def claims(rows: Mapping[str, Mapping[str, str]]) -> str:
    """Sentence, rule, figure and verdict of every claim."""
    cells = [[f"“{row['sentence']}” <sub>{row['section']}</sub>", row["rule"], row["figure"], MARKS[row["verdict"]]]
             for row in rows.values()]  # fmt: skip
    return _grid(["the report says", "what would confirm it", "this run", "verdict"], cells)


def vivid(curves: pd.DataFrame) -> str:
    """Of each curve of the trade-off the point whose colour is nearest to the originals'."""
    head = ["", "knob", "setting", *(MEASURES[m].heading for m in VIVID), "ΔE − the GAN's by default"]
    rows = []
    for row in vivid_rows(curves):
        value, low, high = (number(row[f"delta_e_minus_gan{end}"], "+.2f") for end in ("", "_low", "_high"))
        cells = [_cell(row, m) for m in VIVID] + [f"{value} <sub>{low} to {high}</sub>"]
        rows.append([NAMES[row["model"]], row["knob"], f"{row['setting']:g}", *cells])
    return _grid(head, rows)


def _cell(row: Mapping, measure: str) -> str:
    digits = MEASURES[measure].digits
    low, high = (row.get(f"{measure}{end}") for end in ("_low", "_high"))
    interval = "" if low is None or pd.isna(low) else f" <sub>{number(low, digits)}–{number(high, digits)}</sub>"
    return number(row[measure], digits) + interval


def _grid(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
