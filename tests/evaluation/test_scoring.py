"""One pass over the photographs gives the same measures as single photographs; the judges and samples are right."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT
from skimage import data
from torchmetrics.image import fid
from torchvision.models import alexnet

from colorization.color import rgb_to_lab
from colorization.core.errors import InputError
from colorization.core.params import load_config
from colorization.evaluation import comparison, measures, perceptual
from colorization.evaluation.columns import original_rgb
from colorization.evaluation.scoring import Judges, batches, evaluate
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common import ab_bins as rarity
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import build, load_model, save_model
from colorization.models.floors import floors

CATEGORIES = pd.Series(["cat", "cat", "rocket", "rocket", "moon"] * 14)


def packed(count=70, side=32):
    """Packed regions of scikit-image's photographs."""
    rng = np.random.default_rng(0)
    parts = []
    for i in range(count):
        image = data.chelsea() if i % 2 else data.rocket()
        top, left = (int(rng.integers(n - side)) for n in image.shape[:2])
        parts.append(image[top : top + side, left : left + side].transpose(2, 0, 1) / 255)
    return np.concatenate(rgb_to_lab(np.stack(parts)), axis=1).astype(np.float16)


PHOTOS = packed()


@pytest.fixture(scope="module")
def judges():
    torch.manual_seed(0)
    classifier = SceneClassifier(width=2, dropout=0.0, categories=["cat", "rocket"]).eval()
    return Judges(classifier=classifier, colour_weights=rarity.colour_weights(PHOTOS))


def outcome(model, judges, count=70):
    torch.manual_seed(3)
    return evaluate(model, PHOTOS[:count], CATEGORIES[:count], judges, samples=4, device="cpu")


class Oracle(Colorizer):
    """A model that knows the photographs' colours from their luminance."""

    def __init__(self):
        super().__init__(predicts="ab")
        self.known = {PHOTOS[i, 0].tobytes(): torch.from_numpy(PHOTOS[i, 1:]).float() for i in range(len(PHOTOS))}

    def forward(self, L):
        return torch.stack([self.known[x.numpy().astype(np.float16).tobytes()] for x in L[:, 0]])


def test_a_model_that_knows_the_colours_has_no_error(judges):
    found = outcome(Oracle(), judges)
    scores = found.scores
    assert scores.mse.max() < 1e-5 and scores.delta_e.max() < 0.5 and scores.ssim.min() > 0.999
    assert scores.auc.min() > 0.997 and (scores.recognised == scores.recognised_original).mean() > 0.95
    assert np.abs(found.results.astype(int) - found.originals).max() <= 1
    assert measures.summarise(scores)["skill"] > 0.999


def test_gray_has_no_skill(judges):
    found = outcome(floors.Gray(), judges)
    summary = measures.summarise(found.scores)
    assert summary["skill"] == 0 and summary["colorfulness"] < 0.1
    assert np.ptp(found.results.astype(int), axis=3).max() <= 1
    ab = original_rgb(*(torch.from_numpy(PHOTOS).float()[:, part] for part in (slice(1), slice(1, 3))))
    assert summary["ab_rmse"] == pytest.approx(float(rgb_to_lab(ab)[1].square().mean().sqrt() * 110), rel=1e-3)


def test_scores_do_not_depend_on_their_neighbours(judges):
    model = build("resnet", {"width": 2, "predicts": "ab"})
    whole, few = outcome(model, judges), outcome(model, judges, count=5)
    pd.testing.assert_frame_equal(whole.scores[:5], few.scores, rtol=1e-4, atol=1e-5)
    assert whole.features.shape == (70, 64) and whole.results.shape == (70, 32, 32, 3)


@pytest.mark.parametrize("side, together", [(32, 64), (64, 64), (128, 16), (1024, 1)])
def test_larger_photographs_go_in_smaller_batches(side, together):
    photos = np.broadcast_to(np.float16(0), (130, 3, side, side))
    parts = [photos[part] for part in batches(photos)]
    assert [len(part) for part in parts[:2]] == [together] * 2
    assert sum(map(len, parts)) == 130


def test_samples_spread_and_the_best_is_best(judges):
    network = load_config(ROOT / "presets/sample.yaml").model("vae").network()
    scores = outcome(build("vae", network | {"latent_channels": 4}), judges, count=20).scores
    assert (scores.ab_mse_best <= scores.ab_mse_sample).all() and scores.diversity.min() > 0
    assert "diversity" not in outcome(floors.Gray(), judges, count=3).scores
    alone = build("vae", network | {"latent_channels": 4, "kl_weight": 0.0})
    assert outcome(alone, judges, count=3).scores.diversity.max() == 0, "an autoencoder draws no samples"


def test_a_category_unknown_to_the_classifier_is_not_counted(judges):
    scores = outcome(floors.Gray(), judges).scores
    known = CATEGORIES != "moon"
    assert scores.judged.equals(known.astype(float))
    assert measures.summarise(scores)["recognised"] == pytest.approx(scores.recognised[known].mean())


def test_without_categories_nothing_is_recognised(judges):
    unknown = SceneClassifier(width=2, dropout=0.0, categories=[]).eval()
    found = outcome(floors.Gray(), Judges(classifier=unknown, colour_weights=judges.colour_weights), count=3)
    assert "recognised" not in found.scores and "recognised" not in measures.summarise(found.scores)


def test_of_many_photographs_some_are_counted(monkeypatch):
    whole = rarity.shares(PHOTOS)
    monkeypatch.setattr(rarity, "ENOUGH", len(PHOTOS))
    np.testing.assert_array_equal(rarity.shares(PHOTOS), whole)
    monkeypatch.setattr(rarity, "ENOUGH", len(PHOTOS) // 2)
    np.testing.assert_array_equal(
        rarity.shares(PHOTOS), rarity.shares(PHOTOS[:: -(-len(PHOTOS) // (len(PHOTOS) // 2))])
    )


def test_rare_colours_weigh_more():
    weights = rarity.colour_weights(PHOTOS)
    ab = torch.from_numpy(PHOTOS[:, 1:].astype(np.float32)) * 110
    mean = weights.flatten()[rarity.bins(ab)].mean()
    assert mean.item() == pytest.approx(1, rel=1e-3)
    common = rarity.bins(ab).flatten().mode().values
    assert weights.flatten()[common] < 0.3 and weights[0, 0] == weights.max()


@pytest.mark.parametrize("a, b", [(-110.0, 110.0), (0.0, 0.0), (4.9, -4.9), (98.3, -107.9)])
def test_colours_go_to_the_nearest_bin(a, b):
    index = rarity.bins(torch.tensor([a, b]).view(1, 2, 1, 1)).item()
    centers = np.arange(-110, 111, 10)
    assert (centers[index // rarity.SIDE], centers[index % rarity.SIDE]) == pytest.approx((a, b), abs=5)


def test_classifier_learns_a_batch_and_its_file_rebuilds_it(tmp_path):
    torch.manual_seed(0)
    network = {"width": 4, "dropout": 0.0, "categories": ["cat", "rocket"]}
    model = build("classifier", network)
    lab = torch.from_numpy(PHOTOS[:16]).float()
    batch = (lab[:, :1], lab[:, 1:], torch.arange(16) % 2)
    optimizers = model.configure_optimizers(lr=0.01, beta1=0.9)
    for _ in range(40):
        terms = model.training_step(batch, optimizers, lambda loss: loss.backward())
    assert terms["accuracy"] == 1 and terms["loss"] < 0.1
    path = tmp_path / "scenes.safetensors"
    save_model(path, model.state_dict(), name="classifier", network=network, about={})
    assert torch.equal(load_model(path, SceneClassifier)(lab), model.eval()(lab))
    with pytest.raises(InputError, match="not a Colorizer of this project"):
        load_model(path, Colorizer)


def test_lpips_uses_weights_from_the_cache(tmp_path, monkeypatch, judges):
    """Puts random weights into torch's cache, where a download would put them."""
    folder = tmp_path / "hub/checkpoints"
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    torch.save(alexnet().state_dict(), folder / "alexnet-owt-7be5be79.pth")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    measure = perceptual.lpips("cpu")
    a, b = torch.rand(3, 3, 64, 64), torch.rand(3, 3, 64, 64)
    assert measure(a, b).shape == (3,) and measure(a, b).min() > 0
    assert measure(a, a).tolist() == pytest.approx([0] * 3, abs=1e-6)
    assert measure(a[:1], b[:1]).shape == (1,)


@pytest.mark.parametrize("key", ["lpips", "fid"])
def test_weights_that_cannot_be_loaded_are_reported_in_one_line(key, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("socket.create_connection", lambda *args, **kwargs: (_ for _ in ()).throw(OSError("offline")))
    pictures = np.zeros((2, 32, 32, 3), np.uint8)
    with pytest.raises(InputError, match=f"evaluate.{key}: its weights cannot be loaded .*; connect to the internet"):
        perceptual.lpips("cpu") if key == "lpips" else perceptual.fid(pictures, pictures, "cpu")


def test_fid_of_the_same_photographs_is_zero(monkeypatch):
    """Inception has random weights here: the test covers the code around it."""
    inception = "torch_fidelity.feature_extractor_inceptionv3"
    monkeypatch.setattr(f"{inception}.load_state_dict_from_url", lambda *args, **kwargs: {})

    def randomise(self, *args):
        for parameter in self.parameters():
            if parameter.dim() == 4:
                torch.nn.init.kaiming_normal_(parameter)

    monkeypatch.setattr(f"{inception}.FeatureExtractorInceptionV3.load_state_dict", randomise)
    small = partial(fid.FrechetInceptionDistance, feature=64)  # of 2048, the square root of a matrix takes seconds
    monkeypatch.setattr(fid, "FrechetInceptionDistance", small)
    rng = np.random.default_rng(0)
    one, other = (rng.integers(0, 256, (6, 32, 32, 3), dtype=np.uint8) for _ in range(2))
    assert perceptual.fid(one, one, "cpu") == pytest.approx(0, abs=1e-4)
    assert perceptual.fid(one, other // 2, "cpu") > 1e-3


def test_categories_of_several_sources_are_told_apart():
    scores = pd.DataFrame({"source": ["a", "a", "b"], "category": ["sea", "wood", "sea"]})
    found = [(source, name, rows.tolist()) for source, name, rows in comparison.groups(scores)]
    assert found == [
        ("a", "a", [True, True, False]),
        ("a", "a/sea", [True, False, False]),
        ("a", "a/wood", [False, True, False]),
        ("b", "b", [False, False, True]),
        ("b", "b/sea", [False, False, True]),
    ]
    one = comparison.groups(scores.assign(source="all"))
    assert [(name, int(rows.sum())) for _, name, rows in one] == [("sea", 2), ("wood", 1)]
