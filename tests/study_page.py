"""An invented study as the page's content: three models, two sources, a hostile category name."""

import numpy as np
import pandas as pd

from colorization.core.params import PAPER
from colorization.evaluation.measures import SHOWN
from colorization.report import page as report
from colorization.report.figures.curves import learning_curves
from colorization.report.figures.style import encoded
from colorization.report.labels import Labels, figure_file

COLORS = dict(zip(PAPER, ("#0072B2", "#D55E00", "#009E73")))
DESCRIPTIONS = {name: {"label": PAPER[name], "color": color} for name, color in COLORS.items()}
LABELS = Labels.of(DESCRIPTIONS)
ROWS = ("gray", "mean", *PAPER)
RNG = np.random.default_rng(0)
DIFFERENCES = ["measure", "first", "second", "difference", "low", "high", "p_holm"]
FIGURES = ("measures", "learning-curves", "comparison", "tradeoff", "hints", "figure-4-resnet-predictions",
           "figure-7-gan-loss")  # fmt: skip
HOSTILE = '<script>console.error("x")</script>'


def run(**changes) -> report.Run:
    values = dict.fromkeys(SHOWN, 0.5)
    ends = {f"{m}{end}": v for m, v in values.items() if m != "fid" for end in ("", "_low", "_high")}
    originals = {"recognised_original": 0.9, "recognised_original_low": 0.8, "recognised_original_high": 1.0}
    table = pd.DataFrame([{"model": n, **originals, **ends, "fid": 3.0, "delta_e": 9.0 - i}
                          for i, n in enumerate(ROWS)])  # fmt: skip
    table = table.assign(**{f"{m}{e}": [np.nan] * 4 + [1.5] for m in ("diversity", "ab_rmse_sample", "ab_rmse_best")
                            for e in ("", "_low", "_high")})  # fmt: skip
    names = [f"test/{c}/{i}.jpg" for c in ("sea", HOSTILE) for i in range(9)]
    scores = pd.DataFrame({"name": names, "source": ["one"] * 9 + ["two"] * 9,
                           "category": ["sea"] * 9 + [HOSTILE] * 9, "delta_e": 6 + RNG.random(18) * 20, "mse": 0.01,
                           "ssim": 0.9})  # fmt: skip
    places = [("one", "one"), ("one", "one/sea"), ("two", "two"), ("two", f"two/{HOSTILE}")]
    categories = pd.concat([table.assign(category=c, source=s, photographs=9) for s, c in places])
    seeds = pd.DataFrame([("gan", "delta_e", 3, 9.1, 0.2, 9.0, 9.3, 8.9, 9.4)], columns=[
        "model", "measure", "seeds", "mean", "sd", "min", "max", "first_low", "first_high"])  # fmt: skip
    pairs = [(m, "gray", "gan", -0.5, -0.6, -0.4, 0.01) for m in SHOWN if m != "fid"]
    differences = pd.DataFrame(pairs, columns=DIFFERENCES)
    shared = ("delta_e", "colorfulness_ratio", "delta_e_minus_default")
    curve_of_knob = pd.DataFrame([{"knob": "saturation", "setting": s, "default": s == 1}
                                  | {f"{m}{end}": 0.6 * s for m in shared for end in ("", "_low", "_high")}
                                  for s in (0.5, 1.0, 1.5, 2.0)])  # fmt: skip
    hints = pd.DataFrame(
        [(who, count, None, 18, "delta_e", v, v - 1, v + 1)
         for who, v in {"network": 9.0, "spread": 7.0, "floor": 8.0, "spread - floor": -1.0}.items()
         for count in (0, 5)],
        columns=["who", "count", "category", "photographs", "measure", "value", "low", "high"])  # fmt: skip
    curve = pd.DataFrame({"epoch": [1, 2], "val_ab_mse": [4.0, 1.0]})
    base = {
        "table": table, "differences": differences, "categories": categories, "seeds": seeds,
        "tradeoff": dict.fromkeys(PAPER, curve_of_knob),
        "hints": dict.fromkeys(PAPER, hints[:0]) | {"vae": hints}, "scores": dict.fromkeys(ROWS, scores),
        "results": {n: RNG.integers(0, 256, (18, 32, 32, 3), dtype=np.uint8) for n in (*ROWS, "original")},
        "audit": {"files": 99, "used": {"train": 50}, "left_out": {"gray": 3}, "with_twin": 0, "identical_files": 1,
                  "odd_sizes": 2, "enlarged": 3,
                  "categories": {"train": {"sea": 25, HOSTILE: 25}}},
        "download": {"source": "folder"},
        "claims": {v: {"sentence": v, "section": "1", "rule": "r", "figure": "0.5", "verdict": v}
                   for v in ("confirmed", "refuted", "undecided")},
        "people": {"participants": 0, "models": {}},
        "figures": {n: encoded(learning_curves({"gan": curve}, n, LABELS), figure_file(n)) for n in FIGURES},
        "params": f"train: {HOSTILE}", "versions": {"Python": "3"}, "revision": "abc",
        "models": tuple(PAPER), "pretrained": ("vae",), "descriptions": DESCRIPTIONS, "samples": 8, "split": "val",
    }  # fmt: skip
    return report.Run(**(base | changes))
