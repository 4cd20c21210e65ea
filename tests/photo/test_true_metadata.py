"""What a result's metadata say: what is still true, that its colours are invented, and no more than a format holds."""

import os
import re
import zlib
from xml.dom import minidom

import numpy as np
import pytest
import tifffile
from conftest import jpeg
from photos import deep, encoded, exif, photo, tiff
from PIL import ExifTags, Image, PngImagePlugin

from colorization.photo import xmp
from colorization.photo.exif import opened, with_own_bytes
from colorization.photo.mark import SOURCE, joined, program
from colorization.photo.metadata import Metadata
from colorization.photo.regions import AREA, turned
from colorization.photo.storing import APP13_SEGMENT, SEGMENT, XMP_SEGMENT, fitted, save_arguments

BASE, INSIDE = ExifTags.Base, ExifTags.IFD.Exif
SUFFIX = {"jpeg": "jpg", "png": "png", "webp": "webp", "tiff": "tif"}


def packet(inner: str, spaces: str = "") -> bytes:
    head = '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    rdf = f'<rdf:RDF xmlns:rdf="{xmp.RDF}"><rdf:Description rdf:about="" {spaces}</rdf:RDF></x:xmpmeta>'
    return (head + rdf.replace("</rdf:RDF>", f"{inner}</rdf:Description></rdf:RDF>")).encode() + b'<?xpacket end="w"?>'


CAPTION = packet(
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Wharf &amp; pier</rdf:li></rdf:Alt></dc:title>',
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:x1="http://iptc.org/std/'
    'Iptc4xmpExt/2008-02-29/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmp:CreatorTool="EPSON Scan" '
    'x1:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/print" xmp:Label="two&#10;lines" '
    'tiff:Orientation="6">',
)
MOTION = packet(
    '<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" '
    'Item:Length="9"/></rdf:li></rdf:Seq></Container:Directory><dc:subject><rdf:Bag><rdf:li>pier</rdf:li></rdf:Bag>'
    "</dc:subject>",
    'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:g="http://ns.adobe.com/hdr-gain-map/1.0/" '
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    'xmlns:note="http://ns.adobe.com/xmp/note/" g:Version="1.0" GCamera:MotionPhoto="1" GCamera:MicroVideoOffset="20" '
    'exif:PixelXDimension="600" exif:ColorSpace="65535" note:HasExtendedXMP="abc">',
)


def old(name: str, **options) -> bytes:
    """A photograph in a format, with XMP and EXIF."""
    if name == "png":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", options.pop("xmp", b"").decode())
        return encoded(photo(), "png", pnginfo=texts, **options)
    if name == "tiff":
        tags = options.pop("exif", Image.Exif())
        tags[700] = options.pop("xmp", b"")
        return encoded(photo(), "tiff", exif=tags.tobytes(), **options)
    return encoded(photo(), name, **options)


def xmp_of(path) -> bytes:
    with Image.open(path) as image:
        found = image.getexif().get(700) if image.format == "TIFF" else image.info.get("xmp", b"")
    return found or b""


def described(content: bytes) -> dict[str, str]:
    """The simple properties of XMP, by local name."""
    found: dict[str, str] = {}
    for element in minidom.parseString(content).getElementsByTagNameNS(xmp.RDF, "Description"):
        for attribute in element.attributes.values():
            assert attribute.localName not in found or attribute.prefix == "xmlns" or attribute.localName == "about"
            found[attribute.localName] = attribute.value
    return found


@pytest.mark.parametrize("name", SUFFIX)
def test_a_result_says_that_its_colours_are_invented(name, quick, tmp_path):
    tags = exif()
    tags[BASE.Software] = "EPSON Scan"
    (tmp_path / f"a.{SUFFIX[name]}").write_bytes(old(name, xmp=CAPTION, exif=tags))
    assert quick(f"a.{SUFFIX[name]}", "-o", "out/")[0] == 0
    path = tmp_path / f"out/a.{SUFFIX[name]}"
    told = described(xmp_of(path))
    assert told["DigitalSourceType"] == SOURCE and told["CreatorTool"] == f"EPSON Scan; {program()}"
    assert told["Label"] == "two\nlines" and told["Orientation"] == "1" and b"Wharf &amp; pier" in xmp_of(path)
    with Image.open(path) as image:
        assert image.getexif()[BASE.Software] == f"EPSON Scan; {program()}"
        assert image.getexif().get_ifd(INSIDE)[0x9286] == b"ASCII\0\0\0on the pier"
    assert quick(path, "-o", "again/")[0] == 0
    assert described(xmp_of(f"again/a.{SUFFIX[name]}")) == told, "a second time changes nothing"


@pytest.mark.parametrize("name", SUFFIX)
def test_a_photograph_without_metadata_gets_the_mark_unless_it_is_not_wanted(name, quick, tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(photo(), "png"))
    for options, marked in (([], True), (["--no-mark"], False)):
        assert quick("a.png", "-o", f"{marked}/", "--format", name, "--compare", *options)[0] == 0
        for stem in ("a", "a-compare"):
            path = tmp_path / f"{marked}/{stem}.{SUFFIX[name]}"
            assert (SOURCE.encode() in xmp_of(path)) == marked
            assert (program().encode() in path.read_bytes()) == marked
    assert re.search(r"colorize \d", program())


def test_without_the_mark_what_the_old_file_said_is_left_out(quick, tmp_path):
    (tmp_path / "a.jpg").write_bytes(old("jpeg", xmp=CAPTION))
    assert quick("a.jpg", "-o", "b.jpg", "--no-mark")[0] == 0
    told = described(xmp_of("b.jpg"))
    assert told["CreatorTool"] == "EPSON Scan" and "DigitalSourceType" not in told


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", ["png", "tiff"])
def test_16_bits_are_marked_too(bits, name, quick, tmp_path):
    (tmp_path / f"a.{SUFFIX[name]}").write_bytes(deep(3, name))
    assert quick(f"a.{SUFFIX[name]}", "-o", "out/")[0] == 0
    path = tmp_path / f"out/a.{SUFFIX[name]}"
    assert SOURCE.encode() in xmp_of(path)
    with Image.open(path) as image:
        assert image.getexif()[BASE.Software] == program()


def test_broken_xmp_stays_and_is_marked():
    broken = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Title="Wharf"/></x:xmpmeta>'  # prefixes that nothing binds
    found = xmp.revised(broken, program())
    assert b'tiff:Title="Wharf"' in found and SOURCE.encode() in found and found.endswith(b"</x:xmpmeta>")
    assert xmp.revised(b"no xmp", program()) == xmp.packet(program())
    assert xmp.revised(broken, None) == broken and xmp.revised(b"", None) == b""


def test_xmp_that_is_nested_too_deep_stays_and_is_marked():
    depth = 1500
    nested = packet("<a>" * depth + "</a>" * depth, f'xmlns:area="{AREA}">')
    found = xmp.revised(nested, program())
    assert b"<a>" * depth in found and SOURCE.encode() in found and xmp.revised(nested, None) == nested
    assert turned(nested, 6, (4, 3)) == nested


def test_xmp_with_a_prefix_of_its_own_for_rdf_stays_and_is_marked():
    own = packet("", 'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:Title="Wharf">').replace(b"rdf:", b"r:")
    own = own.replace(b":rdf=", b":r=")
    found = described(xmp.revised(own, program()))
    assert found["Title"] == "Wharf" and found["DigitalSourceType"] == SOURCE and found["CreatorTool"] == program()
    alone = b'<m:xmpmeta xmlns:m="adobe:ns:meta/"><m:kept/></m:xmpmeta>'
    found = xmp.revised(alone, program())
    assert b"<m:kept/>" in found and described(found)["DigitalSourceType"] == SOURCE


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_xmp_in_wide_letters_stays_and_is_marked(encoding):
    own = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{xmp.RDF}"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="Käthe">'
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
    found = xmp.revised(own.encode(encoding), program())
    assert described(found)["title"] == "Käthe" and SOURCE.encode() in found
    cut = own.encode(encoding)[:-1]
    assert xmp.revised(cut, None) == cut


def test_programs_are_told_once():
    assert joined("colorize 0.1; Photoshop", "colorize 0.2") == "Photoshop; colorize 0.2"
    assert joined("", "colorize 0.2") == joined("colorize 0.1\0", "colorize 0.2") == "colorize 0.2"


def test_what_lay_behind_the_photograph_is_not_announced(quick, tmp_path):
    """A motion photo and a gain map: their bytes are gone."""
    tail = jpeg(2) + b"\0\0\0\x18ftypmp42" + os.urandom(2000)
    (tmp_path / "a.jpg").write_bytes(old("jpeg", xmp=MOTION) + tail)
    assert quick("a.jpg", "-o", "b.jpg")[0] == 0
    content, told = (tmp_path / "b.jpg").read_bytes(), described(xmp_of("b.jpg"))
    for gone in (b"ftypmp42", b"GainMap", b"Directory", b"HasExtendedXMP", b"MotionPhoto=", b"PixelX", b"65535"):
        assert gone not in content
    assert b"<rdf:li>pier</rdf:li>" in content and not {"Version", "MotionPhoto", "ColorSpace"} & told.keys()


def test_exif_tells_the_results_size_and_colours(quick, tmp_path):
    tags = exif(6)
    inside = tags.get_ifd(INSIDE)
    inside |= {0xA002: 600, 0xA003: 400, 0xA001: 65535, 0xA420: "abcdef", 0x9214: (1, 2), 0xA500: 2.2}
    inside[0xA005] = {1: "R03", 2: b"0100"}
    tags[0x0100], tags[0x0101] = 600, 400
    thumbnail = jpeg(1)
    first = tags.tobytes()
    (tmp_path / "a.jpg").write_bytes(encoded(photo(), "jpeg", exif=with_thumbnail(first, thumbnail)))
    assert quick("a.jpg", "-o", "b.jpg")[0] == 0
    with Image.open("b.jpg") as image:
        found = image.getexif()
        told = found.get_ifd(INSIDE)
        assert (told[0xA002], told[0xA003]) == image.size == photo().size[::-1] and told[0xA001] == 1
        assert not {0xA420, 0x9214, 0xA500, 0xA005} & told.keys() and not {0x100, 0x101, 0x112} & found.keys()
        assert not found.get_ifd(ExifTags.IFD.IFD1) and found[0x010F] == "Kodak"
    assert thumbnail not in (tmp_path / "b.jpg").read_bytes() and b"R03" not in (tmp_path / "b.jpg").read_bytes()


def with_thumbnail(content: bytes, thumbnail: bytes) -> bytes:
    """EXIF whose second directory holds a small JPEG (Exif 2.3, 4.5.5)."""
    body = content.removeprefix(b"Exif\0\0")
    order = "little" if body[:2] == b"II" else "big"
    start = int.from_bytes(body[4:8], order)
    link = start + 2 + 12 * int.from_bytes(body[start : start + 2], order)
    at = len(body)
    entries = [(0x0201, 4, 1, at + 30), (0x0202, 4, 1, len(thumbnail))]
    folder = len(entries).to_bytes(2, order)
    for code, kind, count, value in entries:
        folder += code.to_bytes(2, order) + kind.to_bytes(2, order)
        folder += count.to_bytes(4, order) + value.to_bytes(4, order)
    body = body[:link] + at.to_bytes(4, order) + body[link + 4 :] + folder + bytes(4) + thumbnail
    return b"Exif\0\0" + body


LONG_XMP = CAPTION.replace(b'xmp:Label="', b'xmp:Label="' + b"x" * 80_000)


@pytest.mark.parametrize("name, options", [("avif", []), ("webp", ["--format", "jpeg"]), ("png", ["--format", "jpeg"]),
                                           ("tiff", ["--format", "jpeg"])])  # fmt: skip
def test_metadata_too_long_for_jpeg_is_left_out_and_told(name, options, quick, tmp_path):
    tags = exif()
    tags[BASE.ImageDescription] = "Grandmother, 1937"
    tags.get_ifd(INSIDE)[BASE.MakerNote] = os.urandom(80_000)
    (tmp_path / f"a.{name}").write_bytes(old(name, xmp=LONG_XMP, exif=tags))
    status, _, errors = quick(f"a.{name}", "-o", "out/", *options)
    (line,) = errors.splitlines()
    assert status == 0 and line.startswith(f"warning: a.{name}: JPEG cannot hold MakerNote of its EXIF (80,000 bytes)")
    assert re.search(r"its XMP \(80,\d{3} bytes\)", line) and line.endswith("left out")
    with Image.open(tmp_path / "out/a.jpg") as image:
        found = image.getexif()
        assert found[BASE.ImageDescription] == "Grandmother, 1937" and BASE.MakerNote not in found.get_ifd(INSIDE)
        assert found.get_ifd(INSIDE)[0x9286] == b"ASCII\0\0\0on the pier"
        assert SOURCE.encode() in image.info["xmp"]
    assert quick(f"a.{name}", "-o", "keeps.png")[2] == ""
    with Image.open("keeps.png") as image:
        assert len(image.getexif().get_ifd(INSIDE)[BASE.MakerNote]) == 80_000 and len(image.info["xmp"]) > 80_000


def test_heic_with_long_metadata_becomes_jpeg(quick, tmp_path):
    pytest.importorskip("pillow_heif", reason="pip install pillow-heif").register_heif_opener()
    (tmp_path / "a.heic").write_bytes(old("heif", xmp=LONG_XMP, exif=exif()))
    status, _, errors = quick("a.heic", "-o", "out/")
    assert status == 0 and "JPEG cannot hold its XMP" in errors and os.listdir("out") == ["a.jpg"]


@pytest.mark.parametrize("part, most", [("exif", SEGMENT), ("xmp", XMP_SEGMENT), ("iptc", APP13_SEGMENT),
                                        ("comment", SEGMENT)])  # fmt: skip
def test_a_jpegs_segment_is_filled_to_its_last_byte(part, most):
    most -= part == "exif"  # its length is even
    for size, left_out in ((most, False), (most + 2, True)):
        content = b"\x1c" * size
        if part == "exif":
            tags = Image.Exif()
            tags[BASE.ImageDescription] = ""
            tags[BASE.ImageDescription] = "x" * (size - len(tags.tobytes()) - 1)
            content = tags.tobytes()
        assert len(content) == size
        metadata, told = fitted(Metadata(**{part: content}), "jpeg", Metadata(), bits=8, mark=False)
        assert bool(told) == left_out
        saved = encoded(photo(), "jpeg", **save_arguments(metadata, "jpeg"))
        assert (content in saved) == (not left_out)


def test_bmp_and_16_bit_tiff_say_what_they_do_not_hold(quick, tmp_path):
    (tmp_path / "a.jpg").write_bytes(old("jpeg", xmp=CAPTION, exif=exif()))
    assert "BMP cannot hold its EXIF and its XMP; left out" in quick("a.jpg", "-o", "a.bmp")[2]
    (tmp_path / "plain.jpg").write_bytes(jpeg(1))
    assert quick("plain.jpg", "-o", "plain.bmp")[2] == ""
    content = deep(3, "png")
    body = exif().tobytes().removeprefix(b"Exif\0\0")
    chunk = len(body).to_bytes(4) + b"eXIf" + body + zlib.crc32(b"eXIf" + body).to_bytes(4)
    (tmp_path / "deep.png").write_bytes(content[:33] + chunk + content[33:])
    told = quick("deep.png", "-o", "deep.tif")[2]
    assert "TIFF of 16 bits cannot hold the exposure of its EXIF; left out" in told
    assert quick("deep.png", "-o", "same.png")[2] == ""


NAMES = "Käthe in Zürich, 名"  # as UTF-8 in EXIF, which its standard has no place for, but all programs write


TONES = np.arange(600, dtype=np.uint16).reshape(20, 30).astype(np.uint8)  # of a gray TIFF


def with_names() -> Image.Exif:
    tags = exif()
    for tag in (BASE.ImageDescription, BASE.Artist, BASE.Copyright, BASE.HostComputer):
        tags[tag] = NAMES.encode()
    tags.get_ifd(INSIDE)[BASE.CameraOwnerName] = NAMES.encode()
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum] = NAMES.encode()
    return tags


@pytest.mark.parametrize("target", SUFFIX.values())
@pytest.mark.parametrize("name", SUFFIX)
def test_texts_of_exif_keep_their_bytes(name, target, quick, tmp_path):
    tags = with_names()
    folders = with_own_bytes(opened(tags.tobytes()))  # Pillow's TIFF has only those that were read
    content = encoded(photo(), "tiff", exif=folders) if name == "tiff" else old(name, exif=tags)
    assert content.count(NAMES.encode()) == 6
    (tmp_path / f"a.{SUFFIX[name]}").write_bytes(content)
    assert quick(f"a.{SUFFIX[name]}", "-o", f"b.{target}")[::2] == (0, "")
    with Image.open(f"b.{target}") as image:
        found = image.getexif()
        texts = [found[tag] for tag in (BASE.ImageDescription, BASE.Artist, BASE.Copyright, BASE.HostComputer)]
        texts += [found.get_ifd(INSIDE)[BASE.CameraOwnerName]]
        texts += [found.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum]]
    assert {text.encode("latin-1").decode() if isinstance(text, str) else text.decode() for text in texts} == {NAMES}


@pytest.mark.parametrize("bits", [8, 16])
def test_texts_of_a_tiff_without_further_directories_keep_their_bytes(bits, quick, tmp_path):
    texts = [(code, "s", 0, NAMES.encode(), True) for code in (BASE.ImageDescription, BASE.Artist)]
    pixels = TONES if bits == 8 else TONES.astype(np.uint16) * 257
    (tmp_path / "a.tif").write_bytes(tiff(pixels, photometric="minisblack", metadata=None, extratags=texts))
    assert quick("a.tif", "-o", "b.tif")[::2] == (0, "")
    content = (tmp_path / "b.tif").read_bytes()
    assert content.count(NAMES.encode()) == 2
    with Image.open("b.tif") as image:
        assert image.info["compression"] == "tiff_adobe_deflate"


@pytest.mark.parametrize(
    "tags",
    [
        [(50706, "B", 4, b"\1\4\0\0", True)],  # DNG's version
        [(50721, "2i", 9, tuple(range(1, 19)), True)],  # its matrix of colours
        [(50000, "2I", 2, (1, 2, 3, 4), True)],  # private
        [(33421, "H", 2, (2, 2), True), (33422, "B", 4, b"\0\1\1\2", True)],  # a camera's grid of filters
    ],
)
def test_tags_that_end_libtiff_are_kept(tags, quick, tmp_path):
    content = tiff(TONES, photometric="minisblack", metadata=None, extratags=tags)
    (tmp_path / "a.tif").write_bytes(content)
    assert quick("a.tif", "-o", "b.tif")[::2] == (0, "")
    with tifffile.TiffFile("b.tif") as written:
        assert {code: written.pages[0].tags[code].value for code, *_ in tags} == {tag[0]: tag[3] for tag in tags}


def test_a_tag_about_the_stored_colours_is_left_out(quick, tmp_path):
    tag = (300, "H", 1, 3, True)
    content = tiff(TONES, photometric="minisblack", metadata=None, extratags=[tag])
    (tmp_path / "a.tif").write_bytes(content)
    assert quick("a.tif", "-o", "b.tif")[::2] == (0, "")
    with tifffile.TiffFile("b.tif") as written:
        assert 300 not in written.pages[0].tags
