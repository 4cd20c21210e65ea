"""What models and measures are called and how they are shown: one name and one colour each, on figures and pages."""

from dataclasses import dataclass

# Okabe & Ito's palette (2008), told apart by the colour-blind and one violet more: one colour for a model everywhere.
INK = "#222222"
COLORS = {"gray": "#8c8c8c", "mean": "#CC79A7", "resnet": "#0072B2", "gan": "#D55E00", "vae": "#009E73",
          "resunet": "#5B1A8B", "pix2pix": "#56B4E9", "zhang": "#E69F00", "original": INK}  # fmt: skip
NAMES = {"gray": "gray floor", "mean": "mean-colour floor", "resnet": "ResNet", "gan": "GAN", "vae": "VAE",
         "resunet": "ResUNet", "pix2pix": "pix2pix", "zhang": "Zhang et al.", "original": "original"}  # fmt: skip

SPLITS = {"test": "test", "val": "validation"}

KINDS = ("architecture", "predictions", "loss")  # of the figures that each network has
NUMBERS = {"resnet": (1, 4, 5), "gan": (2, 6, 7), "vae": (3, 8, 9)}  # in the report, whose VAE has no curve: the ninth
DIRECTION = {1: "higher is better", -1: "lower is better", 0: "1 is right"}
DIFFERENCE = {1: "above 0: the first is better", -1: "below 0: the first is better", 0: "above 0: the first has more"}


@dataclass(frozen=True)
class Measure:
    """Its heading, its number format, what is better (1: more, -1: less, 0: neither), and what it is."""

    heading: str
    digits: str
    better: int
    about: str


MEASURES = {  # in the order of tables and figures; `statistics` and `frechet` have their formulas
    "delta_e": Measure("ΔE", ".2f", -1, "CIEDE2000, mean over the pixels: about 2 can just be seen side by side"),
    "mse": Measure("MSE", ".4f", -1, "mean squared error of RGB in [0, 1]"),
    "psnr": Measure("PSNR", ".2f", 1, "peak signal-to-noise ratio in dB, of the mean MSE"),
    "skill": Measure("skill", ".2f", 1, "1 − MSE / MSE of gray: the share of gray's error that the colours explain"),
    "ssim": Measure("SSIM", ".3f", 1, "structural similarity: it hardly sees colour, gray alone is near the top"),
    "ab_rmse": Measure("ab RMSE", ".1f", -1, "root mean squared error of Lab's a and b"),
    "auc": Measure("AuC", ".3f", 1, "share of pixels within an ab error, the area under it from 0 to 150 "
                   "(Zhang et al. 2016)"),
    "auc_rebalanced": Measure("AuC, rebalanced", ".3f", 1, "the same with rare colours weighing as much as common ones"),
    "histogram_distance": Measure("histograms", ".2f", -1, "earth mover's distance of the histograms of a and b, in ab "
                                  "units"),
    "colorfulness_ratio": Measure("colour", ".2f", 0, "mean colorfulness (Hasler & Süsstrunk 2003) as a share of the "
                                  "originals'"),
    "accuracy": Measure("recognised", ".3f", 1, "share of the photographs whose scene a small classifier recognises"),
    "scene_frechet": Measure("scene Fréchet", ".2f", -1, "Fréchet distance in that classifier's features; it is not FID"),
    "lpips": Measure("LPIPS", ".3f", -1, "learned perceptual distance (Zhang et al. 2018)"),
    "fid": Measure("FID", ".1f", -1, "Fréchet inception distance, without interval"),
}  # fmt: skip


def axis_label(measure: str) -> str:
    return f"{MEASURES[measure].heading} ({DIRECTION[MEASURES[measure].better]})"


def difference_label(measure: str) -> str:
    return f"{MEASURES[measure].heading} ({DIFFERENCE[MEASURES[measure].better]})"


def network_figures(name: str) -> dict[str, tuple[str, str]]:
    """The file's stem and the title's start of each of a network's figures, by kind: numbered where the report has it."""
    if name not in NUMBERS:
        return {kind: (f"{name}-{kind}", "") for kind in KINDS}
    return {kind: (f"figure-{n}-{name}-{kind}", f"Figure {n}: ") for kind, n in zip(KINDS, NUMBERS[name])}
