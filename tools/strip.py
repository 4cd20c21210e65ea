"""Make docs/strip.jpg and docs/hints.jpg: gray photographs, and what `colorize` makes of them without and with hints.

python -m tools.strip

The strip has the page's examples: photographs of 1910 to 1912 with their true colours, which the model has not seen.
"""

from importlib.resources import as_file, files
from pathlib import Path

from PIL import Image

import colorization.page
from colorization import load
from colorization.core.errors import run

EXAMPLES = Path(colorization.page.__path__[0]) / "examples"
PHOTOGRAPHS = ("emir", "family", "river", "train")
STRIP, HINTED = Path("docs/strip.jpg"), Path("docs/hints.jpg")
# The spacesuit was orange; flag, skin and wall were not. Places of the astronaut, 512×512 px.
SUIT = [(x, y, "#c8611f") for x, y in ((120, 330), (60, 400), (200, 440), (250, 350), (150, 470), (315, 315))]
SUIT += [(x, y, "keep") for x, y in ((20, 60), (40, 180), (30, 260), (70, 120), (460, 240))]
SUIT += [(225, 120, "#d9a384")]
HEIGHT, GAP, QUALITY = 260, 6, 84  # pixels of each photograph and between two; of the JPEG


def sheet(rows: list[list[Image.Image]]) -> Image.Image:
    """Rows of pictures of one height, each picture below the one above it."""
    widths = [image.width for image in rows[0]]
    image = Image.new("RGB", (sum(widths) + GAP * (len(widths) - 1), (HEIGHT + GAP) * len(rows) - GAP), "white")
    for number, row in enumerate(rows):
        left = 0
        for picture in row:
            image.paste(picture, (left, number * (HEIGHT + GAP)))
            left += picture.width + GAP
    return image


def scaled(image: Image.Image) -> Image.Image:
    return image.resize((round(image.width * HEIGHT / image.height), HEIGHT), Image.Resampling.LANCZOS)


def astronaut() -> Image.Image:
    with as_file(files("skimage.data").joinpath("astronaut.png")) as path, Image.open(path) as image:
        return image.convert("RGB")


def main() -> None:
    model = load()
    gray = [Image.open(EXAMPLES / f"{name}.jpg").convert("RGB") for name in PHOTOGRAPHS]
    true = [Image.open(EXAMPLES / f"true/{name}.jpg").resize(photo.size) for name, photo in zip(PHOTOGRAPHS, gray)]
    rows = [gray, [model.colorize(photo) for photo in gray], true]
    sheet([[scaled(picture) for picture in row] for row in rows]).save(STRIP, quality=QUALITY)
    suit = astronaut()
    pictures = [model.colorize(suit, saturation=0), model.colorize(suit), model.colorize(suit, hints=SUIT)]
    sheet([[scaled(picture) for picture in pictures]]).save(HINTED, quality=QUALITY)
    print(f"{STRIP}, {HINTED}: commit them")


if __name__ == "__main__":
    run(main)
