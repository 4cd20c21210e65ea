"""A run in markdown: its table with intervals, its claims, its page for results/<name>/."""

from collections.abc import Mapping

import pandas as pd

from colorization.labels import MEASURES, NAMES
from colorization.report.page import number

MARKS = {"confirmed": "✓ confirmed", "refuted": "✗ refuted", "undecided": "? undecided"}
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


def _cell(row: Mapping, measure: str) -> str:
    digits = MEASURES[measure].digits
    low, high = (row.get(f"{measure}{end}") for end in ("_low", "_high"))
    interval = "" if low is None or pd.isna(low) else f" <sub>{number(low, digits)}–{number(high, digits)}</sub>"
    return number(row[measure], digits) + interval


def _grid(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
