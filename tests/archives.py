"""Small archives of photographs, and their packed arrays."""

from dataclasses import replace

from conftest import ROOT, jpeg, zip_of

from colorization.core.params import load_config
from colorization.dataset.photos import load
from colorization.preprocessing import audit, packing

PARAMS = load_config(ROOT / "presets/sample.yaml").data


def params(**changes):
    return replace(PARAMS, **({"image_size": 32, "resize": 0} | changes))


def pack(tmp_path, members, sources=(), **changes):
    """The index by name, and the packed array of each split."""
    archive = zip_of(tmp_path / "photos.zip", members)
    index = packing.pack(archive, tmp_path / "lab", params(**changes), 1, sources)
    return index.set_index("name"), {s: load(tmp_path / f"lab/{s}.npy") for s in audit.SPLITS}


def photos(counts=(("train", 6), ("val", 2), ("test", 3))):
    return {f"{s}/sea/{i}.jpg": jpeg(1000 * k + i) for k, (s, n) in enumerate(counts) for i in range(n)}
