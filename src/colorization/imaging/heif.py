"""HEIC and HEIF, the photographs of telephones, with pillow-heif if it is installed.

The package is optional because its wheels hold x265, under the GPL. AVIF needs none: Pillow reads it.
"""

from functools import cache

SUFFIXES = (".heic", ".heif", ".hif")
BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")  # ISO/IEC 23008-12
INSTALL = "pip install pillow-heif"


@cache
def reads_heif() -> bool:
    """Whether Pillow reads HEIF from now on: registers the package's reader, once, if it is installed."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def is_heif(start: bytes) -> bool:
    """Whether a file's first bytes are those of HEIF (not of AVIF, which Pillow tries first)."""
    return start[4:8] == b"ftyp" and start[8:12] in BRANDS
