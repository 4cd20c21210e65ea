"""Faces that XMP names lie in the right place of a photograph that was stored turned."""

import re

import numpy as np
import pytest
from PIL import Image

from colorization.photo.reading import read_photo
from colorization.photo.regions import turned

SPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" '
    'xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'
)
TURNS = {  # EXIF orientation: how an array becomes upright
    2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: np.transpose, 6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T, 8: np.rot90,
}  # fmt: skip
WIDTH, HEIGHT = 80, 40


def xmp(x, y, w, h, size=(WIDTH, HEIGHT), *, elements=False):
    area, dimensions = {"x": x, "y": y, "w": w, "h": h, "unit": "normalized"}, {"w": size[0], "h": size[1]}

    def structure(name, space, fields):
        if not elements:
            return f"<mwg-rs:{name} " + " ".join(f'{space}:{key}="{value}"' for key, value in fields.items()) + "/>"
        inside = "".join(f"<{space}:{key}>{value}</{space}:{key}>" for key, value in fields.items())
        return f'<mwg-rs:{name} rdf:parseType="Resource">{inside}</mwg-rs:{name}>'

    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {SPACES}><rdf:Description rdf:about="">'
        '<mwg-rs:Regions rdf:parseType="Resource">'
        + structure("AppliedToDimensions", "stDim", dimensions)
        + '<mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Ada" mwg-rs:Type="Face">'
        + structure("Area", "stArea", area)
        + "</rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def values(text, space):
    found = re.findall(rf'{space}:([xywh])(?:="|>)([\d.]+)', text.decode())
    return {key: float(value) for key, value in found}


@pytest.mark.parametrize("elements", [False, True])
@pytest.mark.parametrize("orientation", TURNS)
def test_a_face_is_where_the_turned_pixels_are(orientation, elements):
    stored = np.zeros((HEIGHT, WIDTH), bool)
    stored[4:12, 50:70] = True  # centre 60, 8
    upright = TURNS[orientation](stored)
    rows, columns = np.flatnonzero(upright.any(axis=1)), np.flatnonzero(upright.any(axis=0))
    found = turned(xmp(60 / 80, 8 / 40, 20 / 80, 8 / 40, elements=elements), orientation, (WIDTH, HEIGHT))
    height, width = upright.shape
    expected = {"x": (columns[0] + columns[-1] + 1) / 2 / width, "y": (rows[0] + rows[-1] + 1) / 2 / height}
    expected |= {"w": len(columns) / width, "h": len(rows) / height}
    assert values(found, "stArea") == pytest.approx(expected)
    assert values(found, "stDim") == {"w": width, "h": height} and b"Ada" in found


def test_what_needs_no_turning_stays():
    upright = xmp(0.5, 0.2, 0.1, 0.3, size=(HEIGHT, WIDTH))
    assert turned(upright, 6, (WIDTH, HEIGHT)) == upright, "these apply to the upright photograph"
    plain = xmp(0.5, 0.2, 0.1, 0.3)
    assert turned(plain, 1, (WIDTH, HEIGHT)) == plain
    for damaged in (plain[:-9], plain.replace(b"0.5", b"left"), b"", b"stArea"):
        assert turned(damaged, 6, (WIDTH, HEIGHT)) == damaged


@pytest.mark.parametrize("name", ["turned.jpg", "turned.tif"])
def test_a_photograph_is_read_with_its_faces_turned(name, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"tiffinfo": {700: xmp(0.75, 0.2, 0.25, 0.2), 0x0112: 6}} if name.endswith("tif") else {"exif": exif}
    if name.endswith("jpg"):
        options["xmp"] = xmp(0.75, 0.2, 0.25, 0.2)
    Image.new("L", (WIDTH, HEIGHT), 99).save(tmp_path / name, **options)
    photo = read_photo(tmp_path / name)
    assert photo.levels.shape == (WIDTH, HEIGHT)
    assert values(photo.metadata.xmp, "stArea") == pytest.approx({"x": 0.8, "y": 0.75, "w": 0.2, "h": 0.25})
