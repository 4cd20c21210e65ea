"""Our measures equal scikit-image's within 1e-4, on odd sizes, too."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from skimage import metrics as reference
from skimage.color import deltaE_ciede2000, rgb2lab

from colorization.color import unscaled_lab
from colorization.evaluation import metrics


def pair(height, width):
    rng = np.random.default_rng(height * width)
    original = rng.random((3, 3, height, width))
    result = np.clip(original + rng.normal(0, 0.1, original.shape), 0, 1)
    result[1] = original[1].mean(axis=0)  # gray
    original[2, :, :5] = 0.5
    return result, original


def pixels(batch):
    return batch.transpose(0, 2, 3, 1)


@pytest.mark.parametrize("size", [(15, 12), (48, 48), (33, 64)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_to_scikit_image(size, dtype):
    result, original = pair(*size)
    a, b = torch.tensor(result, dtype=dtype), torch.tensor(original, dtype=dtype)
    lab_a, lab_b = unscaled_lab(a), unscaled_lab(b)
    for i, (x, y) in enumerate(zip(pixels(result), pixels(original))):
        mse = reference.mean_squared_error(y, x)
        ssim = reference.structural_similarity(
            x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1, channel_axis=-1
        )
        assert metrics.mse(a, b)[i].item() == pytest.approx(mse, abs=1e-6)
        assert metrics.psnr(metrics.mse(a, b))[i].item() == pytest.approx(
            reference.peak_signal_noise_ratio(y, x, data_range=1), abs=1e-4
        )
        assert metrics.ssim(a, b)[i].item() == pytest.approx(ssim, abs=1e-4)
        lab_x, lab_y = rgb2lab(x), rgb2lab(y)
        delta_e = deltaE_ciede2000(lab_y, lab_x).mean()
        assert metrics.delta_e(lab_a, lab_b)[i].item() == pytest.approx(
            delta_e, abs=1e-3 if dtype == torch.float32 else 1e-4
        )
        assert metrics.colorfulness(a)[i].item() == pytest.approx(hasler(x), abs=1e-3)
        assert metrics.ab_mse(lab_a, lab_b)[i].item() == pytest.approx(((lab_x - lab_y)[..., 1:] ** 2).mean(), rel=1e-4)
        assert metrics.ab_accuracy(lab_a, lab_b)[i].mean().item() == pytest.approx(zhang_auc(lab_x, lab_y), abs=1e-4)
        distance = np.mean([wasserstein_distance(lab_x[..., c].ravel(), lab_y[..., c].ravel()) for c in (1, 2)])
        assert metrics.histogram_distance(lab_a, lab_b)[i].item() == pytest.approx(distance, rel=1e-3)


def hasler(image):
    """Hasler & Süsstrunk's formula in plain numpy."""
    r, g, b = (image * 255).reshape(-1, 3).T
    rg, yb = r - g, 0.5 * (r + g) - b
    return np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())


def zhang_auc(result, original):
    """AuC by its definition: the share of pixels within each threshold, integrated by the trapezoidal rule."""
    error = np.linalg.norm((result - original)[..., 1:], axis=-1).ravel()
    thresholds = np.linspace(0, 150, 15_001)
    within = np.searchsorted(np.sort(error), thresholds, side="right") / error.size
    return np.trapezoid(within, thresholds) / 150


# Sharma, Wu, Dalal 2005, table 1: pairs 1, 4, 7, 9 to 11, 13 to 15 (hues are opposite or nearly so), 17, 20, 25, 34;
# then two pairs on an axis
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0010), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0010, -2.4900), 4.8045),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0011, -2.4900), 4.7461),
    ((50.0, -2.49, 0.0), (50.0, 2.49, 0.0), 7.2194),  # computed by scikit-image
    ((50.0, 2.49, 0.0), (50.0, -2.49, 0.0), 7.2194),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


def test_ciede2000_golden_values():
    one, two, expected = zip(*SHARMA)
    as_pixels = [torch.tensor(lab, dtype=torch.float64).T.reshape(1, 3, 1, -1) for lab in (one, two)]
    np.testing.assert_allclose(metrics.ciede2000(*as_pixels).flatten(), expected, atol=1e-4)


def test_ciede2000_of_random_colours_equals_scikit_image():
    rng = np.random.default_rng(2)
    one, two = (rng.uniform((0, -100, -100), (100, 100, 100), (200, 200, 3)) for _ in range(2))
    one[:20, :, 1:] = 0  # grays
    two[10:30, :, 1:] = 0
    two[30:40] = one[30:40]
    two[40:50, :, 1:] *= 1e-6  # nearly gray
    ours = metrics.ciede2000(*(torch.from_numpy(lab).permute(2, 0, 1)[None] for lab in (one, two)))[0]
    np.testing.assert_allclose(ours, deltaE_ciede2000(one, two), rtol=1e-9, atol=1e-9)


def test_a_photograph_compared_with_itself_has_no_error():
    x = torch.rand(2, 3, 32, 32)
    assert metrics.mse(x, x).tolist() == [0, 0]
    lab = unscaled_lab(x)
    for measure in (metrics.delta_e, metrics.ab_mse, metrics.histogram_distance):
        assert measure(lab, lab).tolist() == [0, 0]
    assert metrics.ab_accuracy(lab, lab).min() == 1
    torch.testing.assert_close(metrics.ssim(x, x), torch.ones(2))


def test_gray_has_no_colorfulness():
    assert metrics.colorfulness(torch.rand(2, 1, 8, 8).expand(-1, 3, -1, -1)).tolist() == pytest.approx(
        [0, 0], abs=1e-4
    )


def test_errors_above_the_last_threshold_give_an_auc_of_0():
    far = torch.tensor([[50.0, 100.0, 100.0]]).view(1, 3, 1, 1)
    assert metrics.ab_accuracy(far, far * torch.tensor([1.0, -1.0, -1.0]).view(1, 3, 1, 1)).item() == 0


def test_histograms_ignore_where_a_colour_is():
    lab = unscaled_lab(torch.rand(1, 3, 8, 8))
    assert metrics.histogram_distance(lab.flip(-1), lab).item() == 0
    assert metrics.histogram_distance(lab + 3, lab).item() == pytest.approx(3, rel=1e-4)
