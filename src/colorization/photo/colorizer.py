"""Colorize photographs of any size with a trained model: `load().colorize(image)`."""

import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from colorization.core.errors import InputError
from colorization.core.process import processors
from colorization.imaging.heif import reads_heif
from colorization.imaging.png_gamma import drop_overruled_gamma
from colorization.imaging.srgb import eight_bits, on_white
from colorization.models.common.description import read_description
from colorization.photo.catalog import find, vividness
from colorization.photo.guide import guided, placed
from colorization.photo.hints import SIZE, Hint, checked, fitted, joined, map_of
from colorization.photo.metadata import ORIENTATION
from colorization.photo.network import Network, open_network
from colorization.photo.pixels import levels_of_array, levels_of_image, tiles
from colorization.photo.preparation import Box, evidence, prepared, shrunk
from colorization.photo.recolor import L_LEVELS, colour_maps, enlarged, painted
from colorization.photo.sixteen_bit import STRIP
from colorization.photo.writing import assembled
from colorization.vividness import OWN, Curve, vivid

BAND = 2**22  # pixels of the result that are computed at a time

Hints = Iterable[Hint | tuple[float, float, str]]
ImageOrArray = TypeVar("ImageOrArray", Image.Image, NDArray)


def load(model: str | Path | None = None, *, device: str = "auto", threads: int | None = None) -> "PhotoColorizer":
    """A trained model, ready to colorize photographs.

    model: an .onnx or a .safetensors file of `dvc repro`, or a name of `colorize --list`. None: of models/ and the
        bundled model, the model that learned from the most photographs; ties go to the lowest ΔE.
    device: "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:1"; for .safetensors, which needs torch, also "mps".
    threads: threads per photograph; None: one per processor. 1 is best if photographs run in parallel.
    With pillow-heif installed, `Image.open` reads HEIC from then on.
    Raises InputError (one line) for a foreign or damaged file, and for a missing device.
    """
    reads_heif()
    path = find(model)
    about = read_description(path)
    network = open_network(path, device=device, threads=threads)
    curve, factor = vividness(path)
    return PhotoColorizer(network, image_size=about.image_size, curve=curve, vividness=factor, threads=threads)


class PhotoColorizer:
    """Colorizes whole photographs with a trained network; safe to use from several threads.

    image_size: the side in pixels that the network was trained at. It sees a photograph with this shorter side.
    curve: makes its colours vivid. vividness: the default of a further factor on them.
    """

    def __init__(
        self,
        network: Network,
        *,
        image_size: int,
        curve: Curve = OWN,
        vividness: float = 1.0,
        threads: int | None = None,
    ):
        self.network = network
        self.image_size, self.curve, self.vividness = image_size, curve, vividness
        threads = threads or processors()
        self._map = map if threads == 1 else ThreadPoolExecutor(threads).map
        self._process = os.getpid()

    def __reduce__(self):
        raise InputError("a loaded model cannot be pickled; call load() in each process")

    @overload
    def colorize(
        self, image: ImageOrArray, *, saturation: float | None = None, prepare: bool = True, hints: Hints = ()
    ) -> ImageOrArray: ...

    @overload
    def colorize(
        self, image: list[ImageOrArray], *, saturation: float | None = None, prepare: bool = True
    ) -> list[ImageOrArray]: ...

    def colorize(self, image, *, saturation=None, prepare=True, hints=()):
        """A gray or colour photograph → the same photograph in predicted colours; keeps its CIE L and its size.

        image: a PIL image of any mode, which is turned upright by its EXIF orientation; or an array (H,W), (H,W,1),
            (H,W,3), or with alpha (H,W,2) and (H,W,4), in sRGB: uint8 in 0..255, uint16 in 0..65535, or floats in
            [0, 1]; or a list of them.
        saturation: factor on the colours that the model's curve gives; 0: gray; None: 1, or for a model without a curve
            the factor that its file names.
        prepare: the model sees faded levels stretched, and nothing of a border, which stays neutral.
        hints: colours that you know, as (x, y, colour): a pixel of the upright photograph, from its upper left corner,
            and a CSS colour such as "#2f5d3a", or "keep" for neutral gray. Only for a model that takes hints.
        Returns a PIL image for a PIL image: RGB, or RGBA if it had alpha (8 bits: Pillow lacks 16-bit colour). Returns
            an array (H,W,3) or (H,W,4) of the same dtype for an array, and a list for a list.
        Raises InputError for anything else, and in a process that was forked after loading: the network would wait
            there for threads that do not exist.
        """
        if isinstance(image, list):
            if hints:
                raise InputError("hints: belong to one photograph; colorize them one by one")
            return [self.colorize(one, saturation=saturation, prepare=prepare) for one in image]
        if isinstance(image, Image.Image):
            drop_overruled_gamma(image)
            if image.getexif().get(ORIENTATION, 1) != 1:
                image = ImageOps.exif_transpose(image)
            levels, alpha = levels_of_image(image)
            (colour,) = self.predict(levels, saturation=saturation, prepare=prepare, hints=hints)
            bands = self.bands(levels, colour, bits=8)
            result = assembled(bands, image.size)
            if alpha is not None:
                result.putalpha(Image.fromarray(alpha))
            return result
        levels, alpha = levels_of_array(image)
        bits = 8 if image.dtype == np.uint8 else 16
        (colour,) = self.predict(levels, saturation=saturation, prepare=prepare, hints=hints)
        pixels = np.concatenate(list(self.bands(levels, colour, bits=bits)))
        if np.issubdtype(image.dtype, np.floating):
            pixels = (pixels / L_LEVELS).astype(image.dtype)
        return pixels if alpha is None else np.dstack([pixels, alpha])

    def predict(
        self,
        levels: NDArray[np.uint16],
        *,
        saturation: float | None = None,
        samples: int = 0,
        prepare: bool = True,
        hints: Hints = (),
    ) -> list[NDArray]:
        """Lightness levels (H,W) → a colour map (4,h,w) per result; samples: the VAE's draws, 0 for one prediction."""
        factor = self.vividness if saturation is None else saturation
        if os.getpid() != self._process:
            raise InputError("this model was loaded by another process; call load() in each process")
        if not 0 <= factor < math.inf:
            raise InputError(f"saturation: must be a finite number, 0 or more, not {saturation}")
        known = checked(hints, levels.shape)
        if known and not self.network.takes_hints:
            raise InputError("hints: this model takes none; use ours")
        curve, whole = self.curve.times(factor), shrunk(levels, self.image_size)
        seen, box = prepared(levels, whole, self.image_size) if prepare else (whole, Box.whole(whole))
        trust = evidence(whole) if prepare else np.float32(1)
        if samples:
            drawn = [ab * trust for ab in self.network.samples(seen, samples)]  # (2, h', w') each
        elif known:
            scale = whole.shape[0] / levels.shape[0], whole.shape[1] / levels.shape[1]
            inside = slice(None), slice(box.top, box.bottom), slice(box.left, box.right)
            given, points = (map_of(known, scale, whole.shape, curve, size)[inside] for size in (SIZE, 1))
            plain, answer = (self.network.colorize(seen, each) * trust for each in (None, fitted(given, seen.shape)))
            drawn = [joined(seen, plain, answer, points)]
        else:
            drawn = [self.network.colorize(seen, None) * trust]
        fits = (guided(levels, whole, vivid(placed(ab, box, whole.shape), curve), known) for ab in drawn)
        return [colour_maps(*parts) for parts in fits]

    def bands(self, levels: NDArray[np.uint16], colour: NDArray, *, bits: int) -> Iterator[NDArray]:
        """The result in bands (rows,W,3) from top to bottom, which bounds memory; bits: 8 for uint8, 16 for uint16."""
        height, width = levels.shape
        rows = max(1, BAND // width // STRIP * STRIP)
        for top in range(0, height, rows):
            band = np.empty((min(rows, height - top), width, 3), np.uint8 if bits == 8 else np.uint16)

            def paint(box, top=top, band=band):
                here = slice(top + box[0].start, top + box[0].stop), box[1]
                band[box] = painted(levels[here], enlarged(colour, here, levels.shape), bits=bits)

            list(self._map(paint, tiles(band.shape[:2])))
            yield band

    def preview(
        self, levels: NDArray[np.uint16], colour: NDArray, longest: int, alpha: NDArray | None = None
    ) -> Image.Image:
        """The result as a small RGB image on white for display; its sides are at most `longest` pixels.

        alpha: (H,W), uint8 or uint16.
        """
        step = max(1, max(levels.shape) // (2 * longest))
        levels = levels[::step, ::step]
        image = assembled(self.bands(levels, colour, bits=8), levels.shape[::-1])
        if alpha is not None:
            image = on_white(np.dstack([np.asarray(image), eight_bits(alpha[::step, ::step])]))
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return image
