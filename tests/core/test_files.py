"""Names that a file cannot have on Windows."""

import errno

import pytest

from colorization.core.files import RESERVED, naming


@pytest.mark.parametrize(
    "name", ["con", "CON.jpg", "aux.tar.gz", "Nul .png", "lpt1.jpg", "com²", "photo.", "photo ", "a:b", "a?.png", "\1"]
)
def test_a_name_that_windows_lacks_is_known(name):
    assert RESERVED.fullmatch(name)


@pytest.mark.parametrize("name", ["photo.jpg", "console.jpg", "com.jpg", "com10.png", ".hidden", "a b.jpg", "写真"])
def test_other_names_are_free(name):
    assert not RESERVED.fullmatch(name)


def test_an_error_of_a_library_keeps_its_text(tmp_path):
    with pytest.raises(OSError, match="encoder error -2"), naming(tmp_path):
        raise OSError("encoder error -2")
    with pytest.raises(OSError, match="No space") as told, naming(tmp_path):
        raise OSError(errno.ENOSPC, "No space left")
    assert told.value.filename == str(tmp_path)
