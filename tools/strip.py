"""Make docs/strip.jpg and docs/hints.jpg: photographs of scikit-image in gray, and what `colorize` makes of them.

python -m tools.strip

The bundled model has not seen them.
"""

from importlib.resources import as_file, files
from pathlib import Path

from PIL import Image

from colorization import load
from colorization.core.errors import run

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg")
STRIP, HINTED = Path("docs/strip.jpg"), Path("docs/hints.jpg")
# The spacesuit was orange; flag, skin and wall were not. Places of the astronaut, 512×512 px.
SUIT = [(x, y, "#c8611f") for x, y in ((120, 330), (60, 400), (200, 440), (250, 350), (150, 470), (315, 315))]
SUIT += [(x, y, "keep") for x, y in ((20, 60), (40, 180), (30, 260), (70, 120), (460, 240))]
SUIT += [(225, 120, "#d9a384")]
HEIGHT, GAP, QUALITY = 280, 6, 86  # pixels of each photograph and between two; of the JPEG


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


def original(name: str) -> Image.Image:
    """A photograph of scikit-image, in RGB."""
    with as_file(files("skimage.data").joinpath(name)) as path, Image.open(path) as image:
        return image.convert("RGB")


def main() -> None:
    model, gray, coloured = load(), [], []
    for name in PHOTOGRAPHS:
        photo = original(name)
        photo = photo.resize((round(photo.width * HEIGHT / photo.height), HEIGHT), Image.Resampling.LANCZOS)
        gray.append(model.colorize(photo, saturation=0))
        coloured.append(model.colorize(photo))
    sheet([gray, coloured]).save(STRIP, quality=QUALITY)
    suit = original("astronaut.png")
    pictures = [model.colorize(suit, saturation=0), model.colorize(suit), model.colorize(suit, hints=SUIT)]
    sheet([[picture.resize((HEIGHT, HEIGHT), Image.Resampling.LANCZOS) for picture in pictures]]).save(
        HINTED, quality=QUALITY
    )
    print(f"{STRIP}, {HINTED}: commit them")


if __name__ == "__main__":
    run(main)
