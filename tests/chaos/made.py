"""Files for our readers with deliberate faults, which Hypothesis chooses."""

import io
import json
import struct
import warnings
import zipfile

import yaml
from conftest import ROOT, jpeg
from hypothesis import strategies as st

from chaos.targets import KEY, READERS, people, weights
from colorization.models.common import description

BYTES = st.binary(max_size=40)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(2**70),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
SIZES = st.sampled_from([0, 1, 7, 255, 2**16 - 1, 2**31 - 1, 2**32 - 1])
LIES = ("file_size", "compress_size", "CRC", "header_offset", "compress_type", "flag_bits")
NAMES = st.sampled_from(["a.jpg", "a/b.png", "../x.jpg", "/x.jpg", "C:\\x.jpg", "\x1b[2J.jpg", "写真/é.tif", "a", "d/"])


@st.composite
def damaged(draw, seeds: list[bytes]) -> bytes:
    """A file with up to eight damages: bytes replaced, removed, doubled, flipped or from another file; or cut short."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 8))):
        where = draw(st.integers(0, min(len(data), 99))) if draw(st.booleans()) else draw(st.integers(0, len(data)))
        end = where + draw(st.integers(0, 16))
        kind = draw(st.integers(0, 4))
        if kind < 2:
            data[where:end] = draw(BYTES)
        elif kind == 2:
            data[where:where] = data[where:end]
        elif kind == 3:
            data[where:end] = draw(st.sampled_from(seeds))[where:end]
        else:
            data[where : where + 4] = struct.pack("<I", draw(SIZES))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 6)) == 0 else data)


@st.composite
def zips(draw) -> bytes:
    """A zip with a false directory."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")  # zipfile warns of duplicate names
        for _ in range(draw(st.integers(0, 4))):
            name = draw(
                NAMES
                | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
            )
            content = draw(BYTES | st.just(jpeg(1, (9, 8))) | st.just(b"\0" * 99_999))
            archive.writestr(name, content, draw(st.sampled_from([0, 8, 12, 14])))
        for member in archive.filelist:
            for lie in draw(st.lists(st.sampled_from(LIES), max_size=2)):
                most = {"compress_type": 2**16 - 1, "flag_bits": 2**16 - 1, "CRC": 2**32 - 1}.get(lie, 2**40)
                setattr(member, lie, draw(st.integers(0, 99) | st.integers(0, most)))
        archive.comment = draw(BYTES)
    return buffer.getvalue()


@st.composite
def params(draw) -> bytes:
    """Parameters with an invalid value, block or key."""
    tree = yaml.safe_load((ROOT / "presets/sample.yaml").read_text())
    for _ in range(draw(st.integers(1, 3))):
        models = tree["models"].values() if isinstance(tree.get("models"), dict) else ()
        block = draw(st.sampled_from([t for t in (tree, *tree.values(), *models) if type(t) is dict and t]))
        block[draw(st.sampled_from([*block, *block, draw(st.text(max_size=9))]))] = draw(ANY)
    return yaml.safe_dump(tree).encode(errors="surrogatepass")


@st.composite
def models(draw) -> bytes:
    """A model file with a false description or a false table of tensors."""
    whole = weights()[0]
    size = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + size])
    described = json.loads(header["__metadata__"][description.KEY])
    number = st.sampled_from([0, -1, 1.5, 3, 4096, 4097, 2**31, 2**70, True, "1", None, [1]])
    key = st.sampled_from(["width", "predicts", "depth", "dropout", "latent_channels", "encoder_weights", "kl_weight"])
    described["network"] = draw(st.just(described["network"]) | st.dictionaries(key, number | ANY) | ANY)
    described["model"] = draw(
        st.sampled_from(["resnet", "resnet", "gan", "vae", "os", "common", "classifier", "../x", None, 3])
    )
    described["about"] = draw(st.just({"image_size": 32, "photographs": 100}) | ANY)
    header["__metadata__"][description.KEY] = draw(st.just(json.dumps(described)) | ANY.map(json.dumps) | st.text())
    for name in draw(st.lists(st.sampled_from([n for n in header if n != "__metadata__"]), max_size=2)):
        change = {"dtype": st.sampled_from(["F16", "F64", "I8", "BOOL", "X"]), "shape": st.lists(SIZES, max_size=5)}
        change["data_offsets"] = st.lists(SIZES | st.just(2**62), min_size=2, max_size=2)
        which = draw(st.sampled_from(list(change)))
        header[name][which] = draw(change[which])
    content = json.dumps(header).encode()
    length = draw(st.just(len(content)) | st.just(len(content)) | st.integers(0, 2**64 - 1))
    return struct.pack("<Q", length) + content + whole[8 + size :]


@st.composite
def answers(draw) -> bytes:
    tree = json.loads(people()[0])
    for _ in range(draw(st.integers(1, 3))):
        part = draw(
            st.sampled_from(
                [tree, tree, *(t for t in tree["trials"] if type(t) is dict)]
                if type(tree.get("trials")) is list
                else [tree]
            )
        )
        name = draw(st.sampled_from([*part, *part, "more"]))
        part[name] = draw(ANY | st.sampled_from([*KEY["trials"], 0, 1, 86_400_000, "right", "keyboard"]))
    return json.dumps(tree).encode()


@st.composite
def arrays(draw) -> bytes:
    """A .npy with a false header."""
    kind = st.sampled_from(["<f2", ">f2", "<f4", "|O", "|S0", "<M8", "f2,f2", "", "<f9", [("a", "<f2")], 7])
    tree = {"descr": draw(kind), "fortran_order": draw(st.booleans() | ANY)}
    tree["shape"] = tuple(
        draw(st.lists(st.integers(-2, 4) | st.just(2**40) | st.just(2**70) | st.just(True), max_size=5))
    )
    header = draw(st.just(repr(tree)) | st.just(repr(tree)) | st.text(max_size=60) | st.just("(" * 999) | ANY.map(repr))
    content = header.encode("utf-8", "surrogatepass")
    length = draw(st.just(len(content)) | st.just(len(content)) | st.integers(0, 2**16 - 1))
    version = draw(st.sampled_from([b"\1\0", b"\1\0", b"\2\0", b"\3\0", b"\7\7"]))
    size = struct.pack("<H" if version == b"\1\0" else "<I", length)
    return b"\x93NUMPY" + version + size + content + draw(st.just(bytes(96)) | BYTES)


WRONG = {
    "source": zips(),
    "archive": zips(),
    "params": params(),
    "weights": models(),
    "answers": answers(),
    "arrays": arrays(),
}


def files(name: str) -> st.SearchStrategy[bytes]:
    """Inputs for one of READERS."""
    broken = damaged(READERS[name].seeds())
    return broken | WRONG[name] if name in WRONG else broken
