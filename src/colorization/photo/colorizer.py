"""Colorize photographs of any size with a trained model: `load().colorize(image)`."""

import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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
from colorization.photo.answers import Asked, answers, references_on
from colorization.photo.bands import painted_bands
from colorization.photo.catalog import find, vividness
from colorization.photo.guide import guided, placed
from colorization.photo.hints import SIZE, Hint, checked, map_of
from colorization.photo.likeness import Compared, Reference, picture
from colorization.photo.loading import open_network
from colorization.photo.metadata import ORIENTATION
from colorization.photo.negative import positive
from colorization.photo.network import NO_FEATURES, Network
from colorization.photo.pixels import levels_of_array, levels_of_image
from colorization.photo.recolor import L_LEVELS, colour_maps
from colorization.photo.seen import FINEST, viewed
from colorization.photo.writing import assembled
from colorization.vividness import OWN, Curve, vivid

Hints = Iterable[Hint | tuple[float, float, str]]
Like = Iterable[Image.Image | NDArray | Reference]
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
        self,
        image: ImageOrArray,
        *,
        saturation: float | None = None,
        prepare: bool = True,
        hints: Hints = (),
        detail: float = 1,
        negative: bool = False,
        like: Like = (),
    ) -> ImageOrArray: ...

    @overload
    def colorize(
        self,
        image: list[ImageOrArray],
        *,
        saturation: float | None = None,
        prepare: bool = True,
        detail: float = 1,
        negative: bool = False,
        like: Like = (),
    ) -> list[ImageOrArray]: ...

    def colorize(self, image, *, saturation=None, prepare=True, hints=(), detail=1, negative=False, like=()):
        """A gray or colour photograph → the same photograph in predicted colours; keeps its CIE L and its size.

        image: a PIL image of any mode, which is turned upright by its EXIF orientation; or an array (H,W), (H,W,1),
            (H,W,3), or with alpha (H,W,2) and (H,W,4), in sRGB: uint8 in 0..255, uint16 in 0..65535, or floats in
            [0, 1]; or a list of them.
        saturation: factor on the colours that the model's curve gives; 0: gray; None: 1, or for a model without a curve
            the factor that its file names.
        prepare: the model sees faded levels stretched, under even light, and nothing of a border or a mat, which stay
            neutral; of several photographs on one scan it sees each by itself.
        hints: colours that you know, as (x, y, colour): a pixel of the upright photograph, from its upper left corner,
            and a CSS colour such as "#2f5d3a", or "keep" for neutral gray. Only for a model that takes hints.
        detail: the model sees this many times the side that it was trained at (at most the photograph's own pixels):
            2 helps groups a little, and the prediction takes 3.4 times as long.
        negative: the photograph is a negative; the result is its positive.
        like: photographs in colour, of the same kinds: what resembles a place of theirs gets the colours of that place.
            Only for the .onnx file of ours.
        Returns a PIL image for a PIL image: RGB, or RGBA if it had alpha (8 bits: Pillow lacks 16-bit colour). Returns
            an array (H,W,3) or (H,W,4) of the same dtype for an array, and a list for a list.
        Raises InputError for anything else, and in a process that was forked after loading: the network would wait
            there for threads that do not exist.
        """
        look = {"saturation": saturation, "prepare": prepare, "detail": detail, "hints": hints}
        look["like"] = self.references(like)
        if isinstance(image, list):
            if hints:
                raise InputError("hints: belong to one photograph; colorize them one by one")
            return [self.colorize(one, negative=negative, **look) for one in image]
        if isinstance(image, Image.Image):
            drop_overruled_gamma(image)
            if image.getexif().get(ORIENTATION, 1) != 1:
                image = ImageOps.exif_transpose(image)
            levels, alpha = levels_of_image(image)
            levels = positive(levels) if negative else levels
            (colour,) = self.predict(levels, **look)
            bands = self.bands(levels, colour, bits=8)
            result = assembled(bands, image.size)
            if alpha is not None:
                result.putalpha(Image.fromarray(alpha))
            return result
        levels, alpha = levels_of_array(image)
        bits = 8 if image.dtype == np.uint8 else 16
        levels = positive(levels) if negative else levels
        (colour,) = self.predict(levels, **look)
        pixels = np.ascontiguousarray(np.concatenate(list(self.bands(levels, colour, bits=bits))))
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
        detail: float = 1,
        like: Like = (),
        compared: list[Compared] | None = None,
    ) -> list[NDArray]:
        """Lightness levels (H,W) → a colour map (4,h,w) per result; samples: the VAE's draws, 0 for one prediction.

        compared: gets what each photograph can be compared by, of a model that can tell it.
        """
        factor = self.vividness if saturation is None else saturation
        if os.getpid() != self._process:
            raise InputError("this model was loaded by another process; call load() in each process")
        if not 0 <= factor < math.inf:
            raise InputError(f"saturation: must be a finite number, 0 or more, not {saturation}")
        known = checked(hints, levels.shape)
        if known and not self.network.takes_hints:
            raise InputError("hints: this model takes none; use ours")
        curve, references = self.curve.times(factor), self.references(like)
        whole, parts = viewed(levels, self._side(levels.shape, detail), prepare=prepare)
        scale = whole.shape[0] / levels.shape[0], whole.shape[1] / levels.shape[1]
        given, points = (map_of(known, scale, whole.shape, curve, size) if known else None for size in (SIZE, 1))
        asked = Asked(samples, given, points, references, curve, compared)
        drawn = [np.zeros((2, *whole.shape), np.float32) for _ in range(samples or 1)]
        for part in parts:
            for ab, own in zip(drawn, answers(self.network, part, asked)):
                ab += placed(own, part.box, whole.shape)
        fits = (guided(levels, whole, vivid(ab, curve), known) for ab in drawn)
        return [colour_maps(*parts) for parts in fits]

    def _side(self, shape: tuple[int, ...], detail: float) -> int:
        """The shorter side that the network sees of a photograph (H,W): not more than it has for the sake of detail."""
        if not 1 <= detail <= FINEST:
            raise InputError(f"detail: must be a number from 1 to {FINEST}, not {detail}")
        return round(min(self.image_size * detail, max(self.image_size, min(shape))))

    def references(self, images: Like) -> list[Reference]:
        """What `like` compares with of photographs in colour, to give it instead of them: each is seen only once.

        Raises InputError for a gray photograph, and if this model cannot compare.
        """
        images = [images] if isinstance(images, Image.Image | np.ndarray | Reference) else list(images)
        if images and not self.network.takes_references:
            raise InputError(NO_FEATURES)
        seen = partial(references_on, self.network, side=self.image_size)
        return [part for one in images for part in ([one] if isinstance(one, Reference) else seen(picture(one)))]

    def bands(self, levels: NDArray[np.uint16], colour: NDArray, *, bits: int) -> Iterator[NDArray]:
        """The result in bands (rows,W,3) from top to bottom, which bounds memory; bits: 8 for uint8, 16 for uint16."""
        return painted_bands(levels, colour, bits, self._map)

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
