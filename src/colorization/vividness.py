"""How vivid predicted colours become: a curve over their chroma, for numpy arrays and torch tensors alike.

A network that is unsure predicts pale colours. A factor makes those vivid, too: a sepia tint where it knows nothing.
The curve leaves pale colours pale, and makes colours of which the network is sure vivid.
"""

from typing import NamedTuple

from colorization.color import AB_SCALE, array_namespace

TINY = 1e-20  # avoids 0 / 0 in gray


class Curve(NamedTuple):
    """Chroma C becomes gain · C² / (C + knee), in ab units; the hue stays.

    knee: the chroma that gets half of the gain; 0: every colour gets the same factor, `gain`.
    """

    gain: float
    knee: float = 0.0

    def times(self, factor: float) -> "Curve":
        """The curve with results of `factor` times the chroma."""
        return self._replace(gain=self.gain * factor)

    def __str__(self) -> str:
        return f"{self.gain:g} · C² / (C + {self.knee:g})" if self.knee else f"{self.gain:g} · C"


OWN = Curve(1.0)  # a network's own prediction


def vivid(ab, curve: Curve):
    """Normalised ab (..., 2, H, W) → the same hues at the curve's chroma."""
    if not curve.knee:
        return ab * curve.gain
    chroma = _chroma(ab)
    return ab * (curve.gain * chroma / (chroma + curve.knee / AB_SCALE + TINY))


def inverse(ab, curve: Curve):
    """The ab that `vivid` turns into these, both normalised (..., 2, H, W). The curve's gain must be above 0."""
    if not curve.knee:
        return ab / curve.gain
    xp, chroma = array_namespace(ab), _chroma(ab)
    before = (chroma + xp.sqrt(chroma**2 + 4 * curve.gain * curve.knee / AB_SCALE * chroma)) / (2 * curve.gain)
    return ab * (before / (chroma + TINY))


def _chroma(ab):
    """ab (..., 2, H, W) → its length (..., 1, H, W)."""
    return array_namespace(ab).sqrt(ab[..., :1, :, :] ** 2 + ab[..., 1:, :, :] ** 2)
