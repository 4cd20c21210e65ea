"""sRGB ↔ CIE Lab (D65, 2°) and their normalisation, for numpy arrays and torch tensors alike."""

L_CENTER = 50.0  # L in [0, 100] → (L - 50) / 50 in [-1, 1]
AB_SCALE = 110.0  # ab units; covers the sRGB gamut: a in [-86.2, 98.3], b in [-107.9, 94.5]

# IEC 61966-2-1: linear sRGB → XYZ and the D65 white point, with scikit-image's digits.
XYZ_FROM_RGB = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
RGB_FROM_XYZ = (
    (3.2404813432005266, -1.5371515162713185, -0.49853632616888777),
    (-0.9692549499965682, 1.8759900014898907, 0.04155592655829284),
    (0.05564663913517716, -0.20404133836651124, 1.0573110696453443),
)
WHITE = (0.95047, 1.0, 1.08883)
LAB_EPSILON, LAB_KAPPA, LAB_OFFSET = 0.008856, 7.787, 16.0 / 116.0  # CIE 15:2004, section 8.2.1


def array_namespace(*arrays):
    """The functions of the array API standard for arrays: NumPy, which has them itself, or those for torch's tensors.

    array_api_compat would import all of NumPy, which takes half as long as all else that `colorize` imports.
    """
    if all(type(each).__module__ == "numpy" for each in arrays):
        import numpy

        return numpy
    import array_api_compat

    return array_api_compat.array_namespace(*arrays)


def rgb_to_lab(rgb):
    """sRGB (..., 3, H, W) in [0, 1] → L (..., 1, H, W) and ab (..., 2, H, W), both normalised to about [-1, 1]."""
    own = unscaled_lab(rgb)
    return normalise(own[..., :1, :, :], own[..., 1:, :, :])


def unscaled_lab(rgb):
    """sRGB (..., 3, H, W) in [0, 1] → Lab (..., 3, H, W) in CIE units: L in [0, 100], ab in about [-110, 110]."""
    xp = array_namespace(rgb)
    xyz = [value / white for value, white in zip(_mix(linear(rgb), XYZ_FROM_RGB), WHITE)]
    fx, fy, fz = map(_root, xyz)
    return xp.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-3)


def linear(rgb):
    """sRGB in [0, 1] → the light that it stands for, in [0, 1], in any shape."""
    xp = array_namespace(rgb)
    return xp.where(rgb > 0.04045, ((xp.clip(rgb, 0.04045, 1.0) + 0.055) / 1.055) ** 2.4, rgb / 12.92)


def lightness(luminance):
    """Luminance as a share of white's, in [0, 1] → L in [0, 100], in any shape."""
    return 116 * _root(luminance) - 16


def lab_to_rgb(L, ab):
    """Normalised L (..., 1, H, W) and ab (..., 2, H, W) → sRGB (..., 3, H, W), clipped to [0, 1]."""
    xp = array_namespace(L, ab)
    L, ab = denormalise(L, ab)
    fy = (L[..., 0, :, :] + 16) / 116
    fx, fz = fy + ab[..., 0, :, :] / 500, fy - ab[..., 1, :, :] / 200
    edge = LAB_EPSILON ** (1 / 3)
    xyz = [
        xp.where(f > edge, f**3, (f - LAB_OFFSET) / LAB_KAPPA) * white
        for f, white in zip((fx, fy, xp.clip(fz, 0.0, 10.0)), WHITE)  # clip negative Z, as scikit-image does
    ]
    light = xp.clip(xp.stack(_mix_planes(xyz, RGB_FROM_XYZ), axis=-3), 0.0, 1.0)
    rgb = xp.where(light > 0.0031308, 1.055 * xp.clip(light, 0.0031308, 1.0) ** (1 / 2.4) - 0.055, light * 12.92)
    return xp.clip(rgb, 0.0, 1.0)


def normalise(L, ab):
    """Lab in CIE units (L in [0, 100], ab in about [-110, 110]) → both in about [-1, 1]."""
    return L / L_CENTER - 1.0, ab / AB_SCALE


def denormalise(L, ab):
    """The inverse of `normalise`."""
    return (L + 1.0) * L_CENTER, ab * AB_SCALE


def chroma(rgb):
    """sRGB (..., 3, H, W) → (...): mean distance of the channels from their mean, in the unit of rgb; 0 is gray."""
    xp = array_namespace(rgb)
    gray = xp.mean(rgb, axis=-3, keepdims=True)
    return xp.mean(xp.abs(rgb - gray), axis=(-3, -2, -1))


def _root(share):
    """CIE 15:2004's cube root, which is straight near 0."""
    xp = array_namespace(share)
    return xp.where(share > LAB_EPSILON, xp.clip(share, LAB_EPSILON, 2.0) ** (1 / 3), LAB_KAPPA * share + LAB_OFFSET)


def _mix(rgb, matrix):
    return _mix_planes([rgb[..., i, :, :] for i in range(3)], matrix)


def _mix_planes(planes, matrix):
    return [sum(weight * plane for weight, plane in zip(row, planes)) for row in matrix]
