"""A disk that fills up with the last bytes of a result: the operating system takes a part of them."""

import numpy as np
import pytest
from PIL import Image

from colorization.photo.formats import FORMATS
from colorization.photo.writing import save

resource = pytest.importorskip("resource")
ROOM = 8192  # bytes


@pytest.mark.parametrize("name", FORMATS)
def test_a_disk_that_is_full_at_the_last_bytes_is_told(name, tmp_path):
    path = tmp_path / "result"
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        with pytest.raises(OSError, match="File too large") as told:
            save(noise, path, name=name, quality=95)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert told.value.filename == str(path) and not any(tmp_path.iterdir())
