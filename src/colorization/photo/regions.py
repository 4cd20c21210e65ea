"""Turn the regions of XMP, such as faces, with a photograph that was stored turned (Metadata Working Group 2010)."""

from collections.abc import Iterator
from xml.dom import minidom

from colorization.photo.xmp import UNREAD, written

AREA, SIZE = "http://ns.adobe.com/xmp/sType/Area#", "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
SWAPPED = (5, 6, 7, 8)  # EXIF orientations that exchange width and height
Field = minidom.Attr | minidom.Element


def turned(xmp: bytes, orientation: int, stored: tuple[int, int]) -> bytes:
    """The same XMP with the regions of a photograph of `stored` (width, height) as they lie on the upright one.

    Regions that say that they apply to the upright size stay, and so does XMP that no parser reads.
    """
    if orientation == 1 or AREA.encode() not in xmp:
        return xmp
    try:
        tree = minidom.parseString(xmp.strip(b" \0\r\n\t"))
        sizes = [fields for fields in _structures(tree, SIZE) if {"w", "h"} <= fields.keys()]
        if any(_applies_to_upright(fields, orientation, stored) for fields in sizes):
            return xmp
        for fields in _structures(tree, AREA):
            _turn(fields, orientation)
        for fields in sizes if orientation in SWAPPED else ():
            _exchange(fields)
        return written(tree)
    except UNREAD:  # or no number
        return xmp


def _applies_to_upright(fields: dict[str, Field], orientation: int, stored: tuple[int, int]) -> bool:
    size = float(_text(fields["w"])), float(_text(fields["h"]))
    return orientation in SWAPPED and size != stored and (size[0] > size[1]) != (stored[0] > stored[1])


def _turn(fields: dict[str, Field], orientation: int) -> None:
    """Move the centre of an area, in shares of width and height, and exchange its own width and height."""
    if not {"x", "y"} <= fields.keys():
        return
    x, y = float(_text(fields["x"])), float(_text(fields["y"]))
    places = ((x, y), (1 - x, y), (1 - x, 1 - y), (x, 1 - y), (y, x), (1 - y, x), (1 - y, 1 - x), (y, 1 - x))
    for name, value in zip("xy", places[orientation - 1]):
        _write(fields[name], f"{value:.6f}".rstrip("0").rstrip("."))
    if orientation in SWAPPED and {"w", "h"} <= fields.keys():
        _exchange(fields)


def _exchange(fields: dict[str, Field]) -> None:
    width, height = _text(fields["w"]), _text(fields["h"])
    _write(fields["w"], height)
    _write(fields["h"], width)


def _structures(tree: minidom.Document, space: str) -> Iterator[dict[str, Field]]:
    """The fields of each structure of a namespace, by their names: attributes or elements."""
    for element in tree.getElementsByTagName("*"):
        inside = [node for node in element.childNodes if isinstance(node, minidom.Element)]
        nodes: list[Field] = [*element.attributes.values(), *inside]
        fields = {node.localName: node for node in nodes if node.namespaceURI == space and node.localName}
        if fields:
            yield fields


def _text(field: Field) -> str:
    if isinstance(field, minidom.Attr):
        return field.value
    return "".join(child.data for child in field.childNodes if isinstance(child, minidom.Text))


def _write(field: Field, text: str) -> None:
    if isinstance(field, minidom.Attr):
        field.value = text
        return
    while field.firstChild:
        field.removeChild(field.firstChild)
    document = field.ownerDocument
    assert document
    field.appendChild(document.createTextNode(text))
