"""Names that a file cannot have on Windows."""

import pytest

from colorization.core.files import RESERVED


@pytest.mark.parametrize(
    "name", ["con", "CON.jpg", "aux.tar.gz", "Nul .png", "lpt1.jpg", "com²", "photo.", "photo ", "a:b", "a?.png", "\1"]
)
def test_a_name_that_windows_lacks_is_known(name):
    assert RESERVED.fullmatch(name)


@pytest.mark.parametrize("name", ["photo.jpg", "console.jpg", "com.jpg", "com10.png", ".hidden", "a b.jpg", "写真"])
def test_other_names_are_free(name):
    assert not RESERVED.fullmatch(name)
