"""How steady and how true the colours of a film are: measures of a coloured film beside the true one."""

import numpy as np
import torch
from numpy.typing import NDArray

from colorization.color import unscaled_lab
from colorization.evaluation.metrics import colorfulness, delta_e

APART = (1, 2, 4)  # frames whose colours are compared
OCCLUDED = (0.01, 0.5)  # Ruder et al. 2016, section 5.1, equation (5): share of the motion, and pixels squared
BOUNDARY = (0.01, 0.002)  # the same, equation (6)


def consistency(film: NDArray[np.uint8]) -> float:
    """Colour distribution consistency of a film (T,H,W,3), after Liu et al. 2021 (TCVC); 0 is steadiest.

    The mean Jensen–Shannon divergence (nats) of the histograms of R, G and B of frames 1, 2 and 4 apart.
    """
    histograms = np.stack([[np.bincount(c.ravel(), minlength=256) for c in np.moveaxis(f, -1, 0)] for f in film])
    shares = histograms / histograms.sum(axis=-1, keepdims=True)  # (T,3,256)
    return float(np.mean([_divergence(shares[:-n], shares[n:]).mean() for n in APART]))


def _divergence(p: NDArray, q: NDArray) -> NDArray:
    middle = (p + q) / 2
    parts = (np.where(x > 0, x * np.log(np.where(x > 0, x, 1) / np.where(x > 0, middle, 1)), 0) for x in (p, q))
    return sum(parts).sum(axis=-1) / 2


def warped_error(ab: NDArray, flows: dict[int, tuple[NDArray, NDArray]]) -> float:
    """Mean difference of ab (T,2,h,w), in Lab units, from the frame before, along the motion of what is seen in both.

    flows: for some frames t, the motion (2,h,w), down and across, from frame t to the one before, and from that to t.
    """
    sums = [_warped(ab[t], ab[t - 1], *flows[t]) for t in flows]
    return sum(total for total, _ in sums) / sum(count for _, count in sums)


def _warped(now: NDArray, before: NDArray, back: NDArray, forth: NDArray) -> tuple[float, int]:
    seen = in_both(back, forth)
    difference = np.hypot(*(now - sampled(before, back)))
    return float(difference[seen].sum()), int(seen.sum())


def in_both(back: NDArray, forth: NDArray) -> NDArray[np.bool_]:
    """The places (h,w) whose motion back and forth ends where it began, inside the picture."""
    returned = sampled(forth, back)
    size = (back**2).sum(axis=0) + (returned**2).sum(axis=0)
    seen = ((back + returned) ** 2).sum(axis=0) <= OCCLUDED[0] * size + OCCLUDED[1]
    change = sum(np.gradient(part, axis=axis) ** 2 for part in back for axis in (0, 1))
    seen &= change <= BOUNDARY[0] * (back**2).sum(axis=0) + BOUNDARY[1]
    rows, columns = _places(back)
    h, w = back.shape[1:]
    return seen & (rows >= 0) & (rows <= h - 1) & (columns >= 0) & (columns <= w - 1)


def sampled(planes: NDArray, flow: NDArray) -> NDArray:
    """Planes (C,h,w) where the motion (2,h,w) leads, bilinear."""
    h, w = planes.shape[1:]
    rows, columns = (np.clip(at, 0, side - 1) for at, side in zip(_places(flow), (h, w)))
    top, left = np.minimum(rows.astype(int), h - 2), np.minimum(columns.astype(int), w - 2)
    down, across = rows - top, columns - left
    upper = planes[:, top, left] * (1 - across) + planes[:, top, left + 1] * across
    lower = planes[:, top + 1, left] * (1 - across) + planes[:, top + 1, left + 1] * across
    return upper * (1 - down) + lower * down


def _places(flow: NDArray) -> tuple[NDArray, NDArray]:
    return np.arange(flow.shape[1])[:, None] + flow[0], np.arange(flow.shape[2]) + flow[1]


def lab_of(film: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A film (T,H,W,3) in Lab units, (T,3,H,W)."""
    return unscaled_lab(np.moveaxis(film, -1, 1).astype(np.float32) / 255)


def difference(film: NDArray[np.uint8], true: NDArray[np.uint8], every: int = 4) -> float:
    """Mean CIEDE2000 of every fourth frame."""
    ours, theirs = (torch.from_numpy(lab_of(each[::every])) for each in (film, true))
    return float(delta_e(ours, theirs).mean())


def colour(film: NDArray[np.uint8], every: int = 4) -> float:
    """Mean colourfulness of every fourth frame."""
    rgb = torch.from_numpy(np.moveaxis(film[::every], -1, 1).astype(np.float32) / 255)
    return float(colorfulness(rgb).mean())
