"""Build the page that colorizes in the visitor's own browser: a folder of static files for any web host.

python -m tools.try_page          # writes docs/try/
python -m http.server -d docs     # then open http://localhost:8000/try/
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path

from colorization.core.errors import InputError, run
from colorization.models.common import onnx_file
from colorization.photo import catalog
from colorization.photo.catalog import BUNDLED, CHECKOUT, Model
from tools import npm, try_constants

TARGET = Path("docs/try")
HOUSE = CHECKOUT / "src/colorization"
PAGE, ENGINE = HOUSE / "page", HOUSE / "web"
MARK = "service_worker.js"  # the last file that is written: a folder without it is not ours
VENDOR = {  # file of the page: file of an npm package
    "vendor/ort.js": "onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "vendor/ort.wasm": "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
    "vendor/fflate.js": "fflate/esm/browser.js",
    "vendor/fflate-LICENSE.txt": "fflate/LICENSE",
}
POLICY = "; ".join([
    "default-src 'none'", "img-src 'self' blob: data:", "style-src 'self'", "script-src 'self' 'wasm-unsafe-eval'",
    "connect-src 'self'", "worker-src 'self'", "base-uri 'none'", "form-action 'none'",
])  # fmt: skip
TEXTS = {  # what page.html says between <!-- name --> and <!-- /name -->
    "policy": f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
    "where": "Everything happens in your browser: nothing is uploaded, and after the first visit it works without a "
    "network. Results have 8 bits and no metadata (date, place, camera); the command <code>colorize</code> keeps them. "
    'The network: <a href="model/card.md">what it learned from</a>.',
}


def bundled() -> Model:
    """The best of the bundled models. Raises InputError if there is none."""
    found = [model for model in catalog.bundled() if model.path.suffix == onnx_file.SUFFIX]
    if not found:
        raise InputError(f"{BUNDLED}: holds no {onnx_file.SUFFIX} file; bundle a model with: python -m tools.bundle")
    return found[0]


def page_of(text: str) -> str:
    """The server's page.html → the browser's. Raises InputError if a marked place is missing."""
    for name, told in TEXTS.items():
        found = re.findall(f"<!-- {name} -->.*?<!-- /{name} -->", text, flags=re.DOTALL)
        if len(found) != 1:
            raise InputError(f"page.html: expected one place marked <!-- {name} --> and <!-- /{name} -->")
        text = text.replace(found[0], told)
    return text


def engine(folder: Path, model: Model, files: dict[str, dict]) -> None:
    """The engine's modules and their constants, without packages of npm: what a test of them needs."""
    folder.mkdir(parents=True)
    for path in ENGINE.glob("*.js"):
        if path.name not in ("api.js", MARK):
            shutil.copyfile(path, folder / path.name)
    (folder / "constants.js").write_bytes(try_constants.source(model, files).encode())  # \n on every system


def assemble(folder: Path, packages: Path) -> None:
    """Write the page's files to an empty folder."""
    model = bundled()
    for path in (*PAGE.glob("*.css"), *PAGE.glob("*.js")):
        shutil.copyfile(path, folder / path.name)
    shutil.copytree(PAGE / "examples", folder / "examples")
    shutil.copyfile(ENGINE / "api.js", folder / "api.js")
    (folder / "index.html").write_bytes(page_of((PAGE / "page.html").read_text(encoding="utf-8")).encode())
    for place in ("vendor", "model"):
        (folder / place).mkdir()
    for target, source in VENDOR.items():
        shutil.copyfile(packages / source, folder / target)
    runtime = folder / "vendor/ort.js"
    runtime.write_bytes(re.sub(rb"\n//# sourceMappingURL=.*", b"", runtime.read_bytes()))
    shutil.copyfile(CHECKOUT / "LICENSE", folder / "LICENSE.txt")
    shutil.copyfile(model.path, folder / "model" / model.path.name)
    shutil.copyfile(model.path.with_suffix(".md"), folder / "model/card.md")
    fetched = {"wasm": folder / "vendor/ort.wasm", "model": folder / "model" / model.path.name}
    files = {
        name: {"path": f"../{path.relative_to(folder).as_posix()}", "bytes": path.stat().st_size}
        for name, path in fetched.items()
    }
    engine(folder / "engine", model, files)
    (folder / MARK).write_bytes(service_worker(folder).encode())


def service_worker(folder: Path) -> str:
    """The service worker with the folder's files, each with the hash of its content."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    digests = {path: hashlib.sha256((folder / path).read_bytes()).digest() for path in paths}
    files = [[path, f"sha256-{base64.b64encode(digest).decode()}"] for path, digest in digests.items()]
    rest = (ENGINE / MARK).read_text(encoding="utf-8")
    version = hashlib.sha256(json.dumps([files, rest]).encode()).hexdigest()[:16]
    return f"const FILES = {json.dumps(files, indent=0)};\nconst VERSION = {json.dumps(version)};\n\n{rest}"


def build(target: Path) -> int:
    """Replace a folder by a new page; returns its bytes. Raises InputError for a folder that holds something else."""
    if target.exists() and not (target.is_dir() and ((target / MARK).exists() or not any(target.iterdir()))):
        raise InputError(f"{target}: holds something else; name a new folder")
    packages = npm.packages()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", suffix=".part", dir=target.parent) as place:
        new, old = Path(place) / "new", Path(place) / "old"
        new.mkdir()
        assemble(new, packages)
        if target.exists():
            target.rename(old)
        new.rename(target)
    return sum(path.stat().st_size for path in target.rglob("*") if path.is_file())


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.try_page", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=CHECKOUT / TARGET, help="default: docs/try")
    target = parser.parse_args().folder
    print(f"{target}: {build(target) / 1e6:.1f} MB; serve its folder: python -m http.server -d {target.parent}")


if __name__ == "__main__":
    run(main)
