"""The kinds of old photographs and scans that `benchmarks.old_photographs` makes of clean ones, as one table."""

from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from colorization.imaging.curve import gamma, linear

BORDER = 0.05  # of the shorter side
SEPIA = np.array([1.0, 0.86, 0.66])  # of the lightest tone
SCAN, ON_PAGE = 600, 300  # pixels of the shorter side to which a photograph is enlarged first: by itself, on a page
GUTTER, MARGIN, TILT = 12, 30, 2.0  # pixels between photographs of a page and around them; degrees
OVAL, CAMEO, SOFT = 0.97, 0.75, 14  # half axes of a mat and of a cameo, of the photograph's; steepness of its feather
FINE = 4  # a screen is printed at so many times the scan's resolution
PAPER, INK = 240.0, 25.0  # gray values
SCRATCHES, SPECKS, HAIRS = 25, 260, 14

Gray = NDArray[np.float64]  # gray values (h,w) from 0 to 255; (h,w,3) of a toned scan


class Kind(NamedTuple):
    """A kind of scan.

    scan: a photograph, and three others of its size → the scan. place: where the photograph lies on it.
    counts: of a size (h,w), the part that is compared. side: what its shorter side is enlarged to; 0: it stays.
    """

    name: str
    scan: Callable[[Gray, list[Gray]], Gray]
    side: int = 0
    place: Callable[[tuple[int, ...]], tuple[slice, slice]] = lambda shape: (slice(None), slice(None))
    counts: Callable[[tuple[int, ...]], NDArray[np.bool_]] = lambda shape: np.ones(shape, bool)
    negative: bool = False


def border_of(shape: tuple[int, ...]) -> int:
    return max(1, round(BORDER * min(shape[:2])))


def image_of(gray: Gray) -> Image.Image:
    return Image.fromarray(np.clip(gray + 0.5, 0, 255).astype(np.uint8))


def faded(gray: Gray) -> Gray:
    return 60 + 0.5 * gray


def sepia(gray: Gray) -> Gray:
    return faded(gray)[..., None] * SEPIA


def dark(gray: Gray) -> Gray:
    return gamma(0.1 * linear(gray / 255)) * 255


def bordered(gray: Gray) -> Gray:
    framed = np.pad(gray, border_of(gray.shape), constant_values=235.0)
    return framed + np.random.default_rng(1).normal(0, 2, framed.shape)


def within_border(shape: tuple[int, ...]) -> tuple[slice, slice]:
    width = border_of(shape)
    return slice(width, width + shape[0]), slice(width, width + shape[1])


def grainy(gray: Gray) -> Gray:
    return gray + np.random.default_rng(2).normal(0, 16, gray.shape)


def blurred(gray: Gray) -> Gray:
    return np.asarray(image_of(gray).filter(ImageFilter.GaussianBlur(2)), np.float64)


def jpeg(gray: Gray) -> Gray:
    buffer = BytesIO()
    image_of(gray).save(buffer, "jpeg", quality=30)
    return np.asarray(Image.open(buffer), np.float64)


def everything(gray: Gray) -> Gray:
    return jpeg(bordered(faded(grainy(blurred(gray)))))


def radius(shape: tuple[int, ...], half: float) -> Gray:
    """The distance (h,w) from the centre: 1 on the ellipse whose axes are `half` of the photograph's."""
    y, x = (np.linspace(-1, 1, size) / half for size in shape)
    return np.hypot(y[:, None], x)


def vignetted(gray: Gray) -> Gray:
    return gray * (1 - 0.8 * radius(gray.shape, 1) ** 2 / 2)


def matted(gray: Gray, tone: float) -> Gray:
    return np.where(radius(gray.shape, OVAL) < 1, gray, tone) + np.random.default_rng(3).normal(0, 1.5, gray.shape)


def cameo(gray: Gray, tone: float) -> Gray:
    share = 1 / (1 + np.exp((radius(gray.shape, CAMEO) - 1) * SOFT))
    return gray * share + tone * (1 - share)


def screened(gray: Gray, pitch: float) -> Gray:
    """Halftone dots with so many pixels between them, at 45°: ink on paper, printed finely and scanned."""
    fine = np.asarray(image_of(gray).resize([size * FINE for size in gray.shape[::-1]]))
    y, x = (np.arange(size, dtype=np.float32) * np.float32(np.pi * 2**0.5 / (FINE * pitch)) for size in fine.shape)
    dots = 2 * np.cos(y)[:, None] * np.cos(x)  # = cos(x + y) + cos(x - y)
    # the dots' value above which a share of the paper stays white: that of the tone's light
    steps = np.quantile(dots[: 40 * FINE, : 40 * FINE], linear(np.arange(256) / 255)).astype(np.float32)
    white = (dots < steps[fine]).reshape(gray.shape[0], FINE, gray.shape[1], FINE).mean(axis=(1, 3))
    light = white * linear(PAPER / 255) + (1 - white) * linear(INK / 255)
    return gamma(light) * 255 + np.random.default_rng(4).normal(0, 2, gray.shape)


def dithered(gray: Gray) -> Gray:
    return np.asarray(image_of(gray).convert("1"), np.float64) * 255


def scratched(gray: Gray) -> Gray:
    """Long scratches, light or dark specks and hairs."""
    random, image = np.random.default_rng(5), image_of(gray)
    draw, (width, height) = ImageDraw.Draw(image), image.size
    for _ in range(SCRATCHES):
        x, y, lean, length = random.uniform(0, (width, 0.8 * height, 12, height))
        ends = [(x, y), (x + lean / 2, y + length / 2), (x + lean, y + length)]
        draw.line(ends, fill=int(random.choice([250, 235, 20])), width=int(random.integers(1, 4)))
    for _ in range(SPECKS):
        (x, y), r = random.uniform(0, (width, height)), 0.6 + random.exponential(1.6)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=int(random.choice([240, 25])))
    for _ in range(HAIRS):
        path = random.uniform(0, (width, height)) + random.normal(0, 10, (6, 2)).cumsum(axis=0)
        draw.line([(x, y) for x, y in path], fill=int(random.choice([245, 30])))
    return np.asarray(image, np.float64)


def page(gray: Gray, others: list[Gray], *, gap: int, margin: int, tilt: float) -> Gray:
    """The photograph, upper left, and three others on white paper, each turned a little to one side."""
    height, width = gray.shape
    whole = Image.new("F", (2 * width + gap + 2 * margin, 2 * height + gap + 2 * margin), PAPER)
    for number, one in enumerate([gray, *others]):
        angle = tilt * (-1) ** number if number else 0  # the photograph itself lies straight, to compare it by pixel
        own, mask = (
            each.rotate(angle, expand=True) for each in (Image.fromarray(one), Image.new("L", (width, height), 255))
        )
        down, across = divmod(number, 2)
        x, y = margin + across * (width + gap) + width // 2, margin + down * (height + gap) + height // 2
        whole.paste(own, (x - own.width // 2, y - own.height // 2), mask)
    return np.asarray(whole) + np.random.default_rng(6).normal(0, 1.5, (whole.height, whole.width))


def alone(fault: Callable[[Gray], Gray]) -> Callable[[Gray, list[Gray]], Gray]:
    """A fault that needs no other photographs."""
    return lambda gray, others: fault(gray)


def at(margin: int) -> Callable[[tuple[int, ...]], tuple[slice, slice]]:
    return lambda shape: (slice(margin, margin + shape[0]), slice(margin, margin + shape[1]))


def inner(half: float) -> Callable[[tuple[int, ...]], NDArray[np.bool_]]:
    return lambda shape: radius(shape, half) < 1


KINDS = (
    Kind("clean", alone(lambda gray: gray)),
    Kind("faded", alone(faded)),
    Kind("sepia", alone(sepia)),
    Kind("dark", alone(dark)),
    Kind("bordered", alone(bordered), place=within_border),
    Kind("grainy", alone(grainy)),
    Kind("blurred", alone(blurred)),
    Kind("JPEG 30", alone(jpeg)),
    Kind("all but sepia and dark", alone(everything), place=within_border),
    Kind("clean, enlarged", alone(lambda gray: gray), SCAN),
    Kind("vignette, corners at a fifth", alone(vignetted), SCAN),
    Kind("oval mat, black", alone(lambda gray: matted(gray, 12)), SCAN, counts=inner(OVAL)),
    Kind("oval mat, light", alone(lambda gray: matted(gray, 225)), SCAN, counts=inner(OVAL)),
    Kind("feathered cameo, black", alone(lambda gray: cameo(gray, 12)), SCAN, counts=inner(0.9 * CAMEO)),
    Kind("feathered cameo, white", alone(lambda gray: cameo(gray, 245)), SCAN, counts=inner(0.9 * CAMEO)),
    Kind(
        "page of four", lambda gray, others: page(gray, others, gap=MARGIN, margin=MARGIN, tilt=TILT),
        ON_PAGE, place=at(MARGIN),
    ),
    Kind(
        "page of four, no margin", lambda gray, others: page(gray, others, gap=GUTTER, margin=0, tilt=0),
        ON_PAGE, place=at(0),
    ),
    Kind("negative, with --negative", alone(lambda gray: 255 - gray), SCAN, negative=True),
    Kind("negative, without", alone(lambda gray: 255 - gray), SCAN),
    Kind("halftone dots, 2 px apart", alone(lambda gray: screened(gray, 2)), SCAN),
    Kind("halftone dots, 3 px apart", alone(lambda gray: screened(gray, 3)), SCAN),
    Kind("halftone dots, 5 px apart", alone(lambda gray: screened(gray, 5)), SCAN),
    Kind("dithered, one bit", alone(dithered), SCAN),
    Kind("scratches and dust", alone(scratched), SCAN),
)  # fmt: skip
