"""A stored model, alone and as `colorize` uses it, to score both as the study scores a network."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from colorization.color import lab_to_rgb, rgb_to_lab
from colorization.core.params import Config
from colorization.evaluation.comparison import measured, table
from colorization.evaluation.scoring import to_uint8
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.network import Network
from colorization.report.labels import Labels
from colorization.vividness import Curve
from tools import markdown

MEASURES = ("delta_e", "ab_rmse", "skill", "psnr", "colorfulness_ratio")


class AsPainted(nn.Module):
    """What `scoring.evaluate` needs of a model, for gray photographs of 8 bits that `colorize` colours."""

    def __init__(self, network: Network, *, image_size: int, curve: Curve):
        super().__init__()
        self.painter = PhotoColorizer(network, image_size=image_size, curve=curve)

    def colorize(self, L: Tensor) -> Tensor:
        """Normalised L (B,1,S,S) → the normalised ab (B,2,S,S) of the results in 8 bits."""
        grays = to_uint8(lab_to_rgb(L, torch.zeros_like(L).expand(-1, 2, -1, -1)))
        painted = np.stack([self.painter.colorize(gray) for gray in grays])
        return rgb_to_lab(torch.from_numpy(painted).to(L.device).permute(0, 3, 1, 2).float() / 255)[1]


class AsStored(nn.Module):
    """What `scoring.evaluate` needs of a model, computed by the network of a file."""

    def __init__(self, network: Network):
        super().__init__()
        self.network = network

    def colorize(self, L: Tensor) -> Tensor:
        """Normalised L (B,1,S,S) → normalised ab (B,2,S,S)."""
        found = [self.network.colorize(one[0], None) for one in L.cpu().contiguous().numpy()]
        return torch.from_numpy(np.stack(found)).to(L.device)


def scores(rows: Mapping[str, pd.DataFrame], curve: Curve, config: Config) -> str:
    """Gray, a model's own prediction and `colorize`, in markdown: all photographs, and each source of several.

    rows: the scores of each photograph, with its `source`, under the names gray, own and painted.
    """
    names = {"gray": "gray", "own": "the network's own", "painted": f"`colorize`, vividness {curve}"}
    sources = rows["gray"].source.fillna("")
    groups = {"all": sources.notna()}
    if sources.nunique() > 1:
        groups |= {source: sources == source for source in sorted(set(sources))}
    parts: list[pd.DataFrame] = []
    labels: dict[str, str] = {}
    for group, inside in groups.items():
        values, resampled = measured(
            {f"{group}/{row}": found[inside] for row, found in rows.items()}, config.compare, config.train.seed
        )
        parts.append(table(values, resampled, int(inside.sum())))
        labels |= {f"{group}/{row}": f"{group} ({inside.sum():,}): {names[row]}" for row in rows}
    return markdown.scores(pd.concat(parts), replace(Labels.of({}), names=labels), MEASURES)
