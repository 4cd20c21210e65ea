"""XMP for a result: without what is only true of the old file, and with the mark (ISO 16684-1)."""

import json
import re
from collections.abc import Iterator
from html import escape  # xml.sax imports ssl
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from colorization.photo.mark import SOURCE, joined

X, RDF = "adobe:ns:meta/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP, IPTC = "http://ns.adobe.com/xap/1.0/", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
XMLNS = "http://www.w3.org/2000/xmlns/"
TIFF, EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
# Properties that describe the old file's bytes, size or colours: a namespace, and a pattern for their names.
STALE = (
    (r"http://ns\.google\.com/photos/1\.0/camera/", r"Motion.*|MicroVideo.*"),  # a video behind the photograph
    (r"http://ns\.google\.com/photos/(?!1\.0/(camera|panorama)/).*", r".*"),  # parts behind it: depth, sound, gain map
    (r"http://ns\.adobe\.com/hdr-gain-map/1\.0/|http://ns\.apple\.com/(HDRGainMap|pixeldatainfo)/1\.0/", r".*"),
    (r"http://ns\.adobe\.com/xmp/note/", r".*"),  # names XMP in further segments
    (XMP, "Thumbnails"),
    (r"http://ns\.adobe\.com/xap/1\.0/mm/", "InstanceID"),
    (TIFF, "ImageWidth|ImageLength|BitsPerSample|SamplesPerPixel|Compression|PhotometricInterpretation|NativeDigest"),
    (EXIF, "PixelXDimension|PixelYDimension|ColorSpace|ImageUniqueID|CompressedBitsPerPixel|NativeDigest"),
    (r"http://cipa\.jp/exif/1\.0/", "Gamma|InteroperabilityIndex"),
    (r"http://ns\.adobe\.com/photoshop/1\.0/", "ICCProfile|ColorMode"),
    (r"http://purl\.org/dc/elements/1\.1/", "format"),
    (r"http://purl\.org/dc/terms/", "provenance"),
    (IPTC, "DigitalSourceType"),
)
ORIENTATION = re.compile(rb"""(tiff:Orientation(?:="|='|>))[1-8]""")
UNREAD = (ExpatError, ValueError, LookupError, RecursionError)  # not well-formed; an unknown encoding; nested too deep
BREAKS = {"\t": "\ue009", "\n": "\ue00a", "\r": "\ue00d"}  # of attributes, while minidom writes them as they are


def upright(xmp: bytes) -> bytes:
    """The same XMP of a photograph that was turned upright, in UTF-8."""
    return ORIENTATION.sub(rb"\g<1>1", _narrow(xmp))


def revised(xmp: bytes, program: str | None) -> bytes:
    """XMP for a result, or b""; program: what coloured it, or None to leave out the mark.

    XMP that no parser reads stays as it is, with the mark behind it.
    """
    if not xmp:
        return packet(program) if program else b""
    xmp = _narrow(xmp)
    try:
        return _revised(minidom.parseString(xmp.strip(b" \0\r\n\t")), program)
    except UNREAD:
        return _behind(xmp, program) if program else xmp


def _narrow(xmp: bytes) -> bytes:
    """XMP in UTF-16 or UTF-32, both of which ISO 16684-1 allows, in UTF-8; other bytes stay."""
    encoding = json.detect_encoding(xmp)
    try:
        return xmp if encoding.startswith("utf-8") else xmp.decode(encoding).encode()
    except UnicodeDecodeError:
        return xmp


def _revised(tree: minidom.Document, program: str | None) -> bytes:
    """As `revised`, of XMP that was parsed. Raises what UNREAD names."""
    descriptions = tree.getElementsByTagNameNS(RDF, "Description")
    own = [one for one in descriptions if _is_rdf(one.parentNode)]
    for description in own:
        _drop_stale(description)
    before = next(filter(None, (_take(description, XMP, "CreatorTool") for description in own)), "") if program else ""
    if not program:
        return written(tree)
    lists = tree.getElementsByTagNameNS(RDF, "RDF")
    wrappers = tree.getElementsByTagNameNS(X, "xmpmeta")
    if not (lists or wrappers):
        return packet(joined(before, program))
    place, text = (lists[0], _mark(program, before)) if lists else (wrappers[0], _rdf(program, before))
    added = minidom.parseString(text.encode()).documentElement
    assert added
    place.appendChild(tree.importNode(added, True))
    return written(tree)


def packet(program: str) -> bytes:
    """Complete XMP that holds the mark only."""
    start = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    return start + f'<x:xmpmeta xmlns:x="{X}">{_rdf(program)}</x:xmpmeta>'.encode() + b'<?xpacket end="w"?>'


def _rdf(program: str, before: str = "") -> str:
    return f'<rdf:RDF xmlns:rdf="{RDF}">{_mark(program, before)}</rdf:RDF>'


def _mark(program: str, before: str = "") -> str:
    told = escape(joined(before, program))
    return (
        f'<rdf:Description xmlns:rdf="{RDF}" rdf:about="" xmlns:xmp="{XMP}" xmlns:Iptc4xmpExt="{IPTC}" '
        f'xmp:CreatorTool="{told}" Iptc4xmpExt:DigitalSourceType="{SOURCE}"/>'
    )


def _behind(xmp: bytes, program: str) -> bytes:
    """XMP that no parser reads with the mark as its last description; alone, if there is no place for it."""
    for end, text in (("rdf:RDF", _mark(program)), ("x:xmpmeta", _rdf(program))):
        head, found, tail = xmp.rpartition(f"</{end}>".encode())
        if found:
            return head + text.encode() + found + tail
    return packet(program)


def _is_rdf(node: minidom.Node | None) -> bool:
    return isinstance(node, minidom.Element) and (node.namespaceURI, node.localName) == (RDF, "RDF")


def _properties(description: minidom.Element) -> Iterator[minidom.Attr | minidom.Element]:
    yield from [*description.attributes.values()]
    yield from [node for node in description.childNodes if isinstance(node, minidom.Element)]


def _drop_stale(description: minidom.Element) -> None:
    for node in _properties(description):
        space, name = node.namespaceURI or "", node.localName or ""
        if any(re.fullmatch(one, space) and re.fullmatch(names, name) for one, names in STALE):
            _remove(description, node)


def _take(description: minidom.Element, space: str, name: str) -> str:
    """Remove a simple property; its text, or ""."""
    for node in _properties(description):
        if (node.namespaceURI, node.localName) == (space, name):
            _remove(description, node)
            return (
                node.value
                if isinstance(node, minidom.Attr)
                else "".join(child.data for child in node.childNodes if isinstance(child, minidom.Text))
            )
    return ""


def _remove(description: minidom.Element, node: minidom.Attr | minidom.Element) -> None:
    if isinstance(node, minidom.Attr):
        description.removeAttributeNode(node)
    else:
        description.removeChild(node)


def written(tree: minidom.Document) -> bytes:
    """A tree as XMP; breaks of lines in attributes stay."""
    for element in tree.getElementsByTagName("*"):
        for attribute in element.attributes.values():
            for sign, placeholder in BREAKS.items():
                attribute.value = attribute.value.replace(sign, placeholder)
    text = "".join(node.toxml() for node in tree.childNodes)
    for sign, placeholder in BREAKS.items():
        text = text.replace(placeholder, f"&#{ord(sign)};")
    return text.encode()
