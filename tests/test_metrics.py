"""Measures against scikit-image's own, to 1e-4, on odd sizes too."""

import numpy as np
import pytest
import torch
from skimage import metrics as reference
from skimage.color import deltaE_ciede2000, rgb2lab

from colorization import metrics


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
        delta_e = deltaE_ciede2000(rgb2lab(y), rgb2lab(x)).mean()
        assert metrics.delta_e(a, b)[i].item() == pytest.approx(delta_e, abs=1e-3 if dtype == torch.float32 else 1e-4)
        assert metrics.colorfulness(a)[i].item() == pytest.approx(hasler(x), abs=1e-3)


def hasler(image):
    """Hasler & Süsstrunk's formula in plain numpy."""
    r, g, b = (image * 255).reshape(-1, 3).T
    rg, yb = r - g, 0.5 * (r + g) - b
    return np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())


# Sharma, Wu, Dalal 2005, table 1: pairs 1, 4, 7, 9, 13, 17, 20, 25, 34
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


def test_ciede2000_golden_values():
    one, two, expected = zip(*SHARMA)
    as_pixels = [torch.tensor(lab, dtype=torch.float64).T.reshape(1, 3, 1, -1) for lab in (one, two)]
    np.testing.assert_allclose(metrics.ciede2000(*as_pixels).flatten(), expected, atol=1e-4)


def test_a_photograph_equals_itself():
    x = torch.rand(2, 3, 32, 32)
    assert metrics.mse(x, x).tolist() == [0, 0]
    assert metrics.delta_e(x, x).tolist() == [0, 0]
    torch.testing.assert_close(metrics.ssim(x, x), torch.ones(2))


def test_gray_has_no_colorfulness():
    assert metrics.colorfulness(torch.rand(2, 1, 8, 8).expand(-1, 3, -1, -1)).tolist() == pytest.approx(
        [0, 0], abs=1e-4
    )
