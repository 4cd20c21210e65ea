"""One small photograph in every format and mode that `colorize` reads, with all kinds of metadata, as bytes."""

import io
import struct
from pathlib import Path

import numpy as np
import pyvips
import tifffile
from conftest import jpeg
from PIL import Image, ImageCms, PngImagePlugin

from colorization.imaging.curve import gamma, linear
from colorization.photo.reading import read_header

SIZE = (44, 36)  # width and height; no model's stride divides both
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6" dc:title="Wharf"/></x:xmpmeta>'
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def photo(size=SIZE) -> Image.Image:
    """A smooth colourful photograph, RGB."""
    return Image.open(io.BytesIO(jpeg(3, size))).convert("RGB")


def exif(orientation: int = 1) -> Image.Exif:
    tags = Image.Exif()
    tags[0x010F], tags[0x0132], tags[0x0112] = "Kodak", "1936:05:04 12:00:00", orientation
    tags.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0on the pier"
    return tags


def encoded(image: Image.Image, name: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def linear_gray() -> bytes:
    """The smallest ICC profile of linear gray (ICC.1:2001-04, sections 6.1 and 6.3.1.2)."""
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    curve = b"curv\0\0\0\0" + struct.pack(">I", 0)
    text = b"desc\0\0\0\0" + struct.pack(">I", 7) + b"linear\0" + b"\0" * 78
    tags = [(b"wtpt", white), (b"kTRC", curve + b"\0" * 4), (b"desc", text + b"\0" * (-len(text) % 4))]
    offset, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for kind, content in tags:
        table += kind + struct.pack(">II", offset + len(body), len(content))
        body += content
    header = struct.pack(">I", offset + len(body)) + b"lcms" + bytes.fromhex("02400000") + b"mntrGRAYXYZ "
    header += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + body


def known_profile(name: str) -> bytes:
    """An ICC profile from libvips; name: p3 or cmyk."""
    white = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb")
    return white.icc_transform(name).get("icc-profile-data")


def deep(channels: int, name: str, size=SIZE, **options) -> bytes:
    """A photograph with 16 bits per channel that uses the low bytes, too."""
    rgb = np.asarray(photo(size)).astype(np.uint16) * 257
    planes = np.dstack([rgb, 65535 - rgb[..., :1]]) + np.arange(size[0], dtype=np.uint16)[None, :, None] % 128
    chosen = {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]
    pixels = np.clip(planes.astype(np.int64), 0, 65535).astype(np.uint16)[..., chosen]
    kind = "grey16" if channels < 3 else "rgb16"
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels)).copy(interpretation=kind)
    return image.write_to_buffer({"png": ".png", "tiff": ".tif"}[name], **options)


def tiff(pixels: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def every_kind() -> dict[str, bytes]:
    """File name → bytes."""
    rgb = photo()
    rgba = rgb.copy()
    rgba.putalpha(rgb.convert("L"))
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "Wharf")
    pixels = np.asarray(rgb).astype(np.uint16) * 257
    tags = exif(3)
    tags[700] = XMP
    return {
        "rgb.jpg": encoded(rgb, "jpeg", exif=exif(6), icc_profile=SRGB, dpi=(300, 300), comment=b"a pier", xmp=XMP),
        "progressive.jpg": encoded(rgb, "jpeg", progressive=True, subsampling=0),
        "l.jpg": encoded(rgb.convert("L"), "jpeg"),
        "cmyk.jpg": encoded(rgb.convert("CMYK"), "jpeg"),
        "rgb.png": encoded(rgb, "png", exif=exif(8), icc_profile=SRGB, dpi=(300, 300), pnginfo=text),
        "rgba.png": encoded(rgba, "png"),
        "la.png": encoded(rgba.convert("LA"), "png"),
        "p.png": encoded(rgb.quantize(20), "png"),
        "p-clear.png": encoded(rgb.quantize(20), "png", transparency=3),
        "1.png": encoded(rgb.convert("1"), "png"),
        "i16.png": deep(1, "png"),
        "la16.png": deep(2, "png"),
        "rgb16.png": deep(3, "png"),
        "rgba16.png": deep(4, "png"),
        "rgb.tif": encoded(rgb, "tiff", exif=tags.tobytes(), icc_profile=SRGB, dpi=(300, 300)),
        "lzw.tif": encoded(rgb, "tiff", compression="tiff_lzw"),
        "l.tif": encoded(rgb.convert("L"), "tiff"),
        "1.tif": encoded(rgb.convert("1"), "tiff", compression="group4"),
        "cmyk.tif": encoded(rgb.convert("CMYK"), "tiff", compression="packbits"),
        "la.tif": encoded(rgba.convert("LA"), "tiff"),
        "rgba.tif": encoded(rgba, "tiff", compression="tiff_adobe_deflate"),
        "i16.tif": deep(1, "tiff"),
        "rgb16.tif": deep(3, "tiff", compression="lzw"),
        "rgba16.tif": deep(4, "tiff", compression="deflate", predictor="horizontal"),
        "big.tif": tiff(np.asarray(rgb), photometric="rgb", bigtiff=True, software="a scanner"),
        "white16.tif": tiff(65535 - pixels[..., 0], photometric="miniswhite"),
        "planar16.tif": tiff(np.moveaxis(pixels, 2, 0), photometric="rgb", planarconfig="separate"),
        "tiled16.tif": tiff(pixels, photometric="rgb", tile=(16, 16), byteorder=">"),
        "la16.tif": tiff(pixels[..., :2], photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"]),
        "infrared16.tif": tiff(np.dstack([pixels, pixels[..., 0]]), photometric="rgb", extrasamples=["unspecified"]),
        "cmyk16.tif": tiff(np.asarray(rgb.convert("CMYK")).astype(np.uint16) * 257, photometric="separated"),
        "rgb.avif": encoded(rgb, "avif", exif=exif(6), icc_profile=SRGB),
        "rgba.avif": encoded(rgba, "avif"),
        "rgb.webp": encoded(rgb, "webp", exif=exif(5), icc_profile=SRGB, xmp=XMP),
        "rgba.webp": encoded(rgba, "webp", lossless=True),
        "rgb.bmp": encoded(rgb, "bmp", dpi=(300, 300)),
        "p.bmp": encoded(rgb.quantize(20), "bmp"),
        "p.gif": encoded(rgb.quantize(20), "gif"),
        "rgb.ppm": encoded(rgb, "ppm"),
        "rgb.jp2": encoded(rgb, "jpeg2000"),
        "rgb.tga": encoded(rgb, "tga"),
    }


def write_all(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in every_kind().items():
        (folder / name).write_bytes(content)
    return sorted(folder.iterdir())


def gray_of(rgb: np.ndarray) -> np.ndarray:
    """sRGB (H,W,3) or gray (H,W), any depth → the gray of its luminance in 1/255, by the plain formula in float64."""
    unit = (rgb[..., :3] if rgb.ndim == 3 else rgb).astype(float) / np.iinfo(rgb.dtype).max
    return 255 * (gamma(linear(unit) @ [0.212671, 0.715160, 0.072169]) if rgb.ndim == 3 else unit)


def stored(path: Path) -> np.ndarray:
    """The pixels of a result, in full bit depth."""
    if read_header(path).bits == 8:
        with Image.open(path) as image:
            return np.asarray(image)
    return pyvips.Image.new_from_file(str(path)).numpy()
