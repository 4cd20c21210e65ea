"""The sample's parameters with every model: the baselines that it leaves out are those of intel-cpu."""

from pathlib import Path

import yaml

PRESETS = Path(__file__).resolve().parents[1] / "presets"


def every_model() -> dict:
    """A new tree, to be changed at will."""
    sample, wide = (yaml.safe_load((PRESETS / name).read_text()) for name in ("sample.yaml", "intel-cpu.yaml"))
    wide["models"]["pix2pix"]["depth"] = 4  # halvings, for the sample's side
    return sample | {"models": wide["models"] | sample["models"]}
