"""EXIF for a result: without what is only true of the old file, with the program, and no longer than a format holds."""

from PIL import ExifTags, Image

from colorization.photo.mark import joined

BASE, INSIDE = ExifTags.Base, ExifTags.IFD.Exif
SRGB = 1  # a value of ColorSpace
# Tags that describe the old file's bytes and colours. Interop tells Adobe RGB, which results are not.
STALE = (
    BASE.ImageUniqueID,
    BASE.CompressedBitsPerPixel,
    BASE.Gamma,
    ExifTags.IFD.Interop,
)
PLACES = (0x9214, 0xA214)  # SubjectArea and SubjectLocation: pixels of the stored photograph


def revised(exif: bytes, size: tuple[int, int], *, turned: bool, program: str | None) -> bytes:
    """EXIF (starting with "Exif") for a result of `size`, or b""; program: what coloured it, None to leave it out.

    turned: the photograph was turned upright.
    """
    tags = opened(exif)
    if INSIDE in tags:
        inside = tags.get_ifd(INSIDE)
        for tag in (*STALE, *(PLACES if turned else ())):
            inside.pop(tag, None)
        true = {BASE.ExifImageWidth: size[0], BASE.ExifImageHeight: size[1], BASE.ColorSpace: SRGB}
        inside.update({tag: value for tag, value in true.items() if tag in inside})
    if program:
        before = tags.get(BASE.Software, "")
        tags[BASE.Software] = joined(before if isinstance(before, str) else "", program)
    return written(tags)


def shortened(exif: bytes, most: int) -> tuple[bytes, list[str]]:
    """EXIF of at most `most` bytes: without its largest tags, whose names are told."""
    tags, left_out = opened(exif), []
    while len(exif) > most:
        folders = [tags, *(tags.get_ifd(part) for part in (INSIDE, ExifTags.IFD.GPSInfo) if part in tags)]
        length, tag, folder = max(
            ((_length(value), tag, folder) for folder in folders for tag, value in folder.items()),
            key=lambda found: found[0],
        )
        left_out.append(f"{ExifTags.TAGS.get(tag, f'tag {tag}')} of its EXIF ({length:,} bytes)")
        del folder[tag]
        exif = written(tags)
    return exif, left_out


def opened(exif: bytes) -> Image.Exif:
    tags = Image.Exif()
    if exif:
        tags.load(exif)
    return tags


def written(tags: Image.Exif) -> bytes:
    """Tags as EXIF (starting with "Exif"), or b"" without any."""
    return with_own_bytes(tags).tobytes() if len(tags) else b""


def with_own_bytes(tags: Image.Exif) -> Image.Exif:
    """The same tags, whose texts Pillow writes with the bytes that they were read from, such as UTF-8."""
    for folder in (tags, *(tags.get_ifd(part) for part in (INSIDE, ExifTags.IFD.GPSInfo) if part in tags)):
        texts = {tag: _Text(value) for tag, value in folder.items() if isinstance(value, str) and not value.isascii()}
        folder.update(texts)
    return tags


class _Text(str):
    """A text of EXIF. Pillow reads its bytes as Latin-1 and would write them as ASCII, with question marks."""

    def encode(self, encoding: str = "latin-1", errors: str = "replace") -> bytes:
        return super().encode("latin-1", "replace")


def _length(value: object) -> int:
    """About the bytes of a tag's value."""
    if isinstance(value, bytes | str):
        return len(value)
    return 4 * len(value) if isinstance(value, tuple) else 4
