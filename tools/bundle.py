"""Put up-to-date models of one run into the package, as ONNX, each with a model card.

python -m tools.bundle ours --sources presets/everyday.csv --eight-bits
python -m tools.bundle resnet gan vae

A model replaces the one of its name. Commit src/colorization/photo/weights afterwards.
"""

import argparse
import copy
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor, nn

from colorization.core import paths
from colorization.core.errors import InputError, run
from colorization.core.files import read_json, read_table, write_bytes
from colorization.core.params import Config, Data, load_config
from colorization.dataset.devices import one_device
from colorization.dataset.photos import load
from colorization.evaluation import comparison
from colorization.evaluation.comparison import measured, table
from colorization.evaluation.measures import rounded
from colorization.evaluation.scoring import evaluate, load_judges, photographs
from colorization.export.network import export
from colorization.models.common import onnx_file
from colorization.models.common.contract import Colorizer
from colorization.models.common.description import SCORES, read_tree
from colorization.models.common.weights import load_model, save_model
from colorization.photo.catalog import BUNDLED, CHECKOUT
from colorization.photo.onnx_network import OnnxNetwork
from colorization.report.labels import Labels
from tools import as_painted, eight_bits, markdown, model_card, vividness
from tools.as_painted import AsPainted, AsStored
from tools.half_precision import Beside, halved
from tools.publish import bring, left_out, output, require_up_to_date, title

LARGEST = 16_000_000  # bytes of the models of one run; every clone downloads them
MOSTLY = 0.6  # share of photographs with people from which a category counts as one of people
STARTED = " The training started from the weights of an earlier one, {}."
UNSEEN = "that no model was trained on", "that this training did not use (the one that it started from may have)"
LOSSES = ("delta_e", "ab_rmse", "skill", "psnr")


def again(config: Config) -> str:
    """The commands that make the bundled model again. Raises InputError if the last commit lacks these parameters."""
    wanted = Path("params.yaml").read_text(encoding="utf-8").strip()
    files = output("git", "ls-tree", "-r", "--name-only", "HEAD", "params.yaml", "presets/", "results/").split("\n")
    same = [f for f in files if f.endswith(".yaml") and output("git", "show", f"HEAD:{f}") == wanted]
    if not same:
        raise InputError("params.yaml: in no committed run; publish the run (python -m tools.publish) and commit it")
    copy = [] if "params.yaml" in same else [f"cp {same[0]} params.yaml"]
    bundle = shlex.join(["python", "-m", "tools.bundle", *sys.argv[1:]])
    return "\n".join([f"git checkout {output('git', 'rev-parse', 'HEAD')}", *copy, f"{bring(config)}dvc repro", bundle])


def require_small(models: Mapping[str, Colorizer]) -> None:
    """Raise InputError if the models are too large for git, in half precision."""
    if (size := sum(size_of(halved(model.state_dict())) for model in models.values())) > LARGEST:
        told = f"{size:,} bytes in half precision, more than the limit of {LARGEST:,} for git"
        raise InputError(f"{', '.join(models)}: {told}")


def size_of(weights: dict[str, Tensor]) -> int:
    return sum(weight.nbytes for weight in weights.values())


def tested(model: nn.Module, config: Config) -> pd.DataFrame:
    """The scores of each test photograph."""
    device, (photos, index) = one_device(), photographs(paths.LAB, "test")
    judges = load_judges(paths.CLASSIFIER, load(paths.TRAIN), lpips=config.evaluate.lpips, device=device)
    scores = evaluate(model, photos, index.category, judges, samples=0, device=device).scores
    return pd.concat([index[["name", "source", "category"]], scores], axis=1)


def learned(about: dict, data: Data, dataset: str | None) -> dict:
    """The card's facts about the training photographs."""
    audit, start = read_json(paths.AUDIT), about["params"].get("start")
    counts = audit["categories"]["train"]
    return {
        "title": title(), "photographs": about["photographs"], "side": about["image_size"], "epoch": about["epoch"],
        "started": STARTED.format(start) if start else "",
        "unseen": UNSEEN[bool(start)],
        "categories": ", ".join(f"{count:,} of {category}" for category, count in counts.items()), "kinds": len(counts),
        "files": audit["files"], "left_out": left_out(audit), "tested": audit["used"]["test"],
        "origin": model_card.origin(data, dataset), "licence": model_card.licence(data, dataset),
    }  # fmt: skip


def scored(
    name: str, values: dict, differences: pd.DataFrame, labels: Labels, sources: pd.DataFrame, config: Config
) -> dict:
    """The card's scores, and the cost of the stored numbers."""
    by_category = pd.concat([grouped(name, sources, config), read_table(paths.CATEGORIES)])
    return {
        "scores": markdown.scores(read_table(paths.TABLE), labels),
        "settings": markdown.settings(read_table(paths.tradeoff(name))),
        "by_category": markdown.categories(by_category, name),
        "loss": markdown.changes(values["single"], values["file"], differences, LOSSES),
        "ratio": values["file"]["colorfulness_ratio"],
    }


def grouped(name: str, sources: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Gray and a model on several categories of `sources` at a time: those of a group, and by the share of people."""
    groups = {group: sources.group == group for group in sources.group.unique()}
    groups |= {"mostly people": sources.people >= MOSTLY, "few people": sources.people < MOSTLY}
    scores, rows = {row: read_table(paths.scores(row)) for row in ("gray", name)}, []
    for group, kind in groups.items():
        ours = {row: found[found.category.isin(sources.category[kind])] for row, found in scores.items()}
        if len(ours[name]):
            values, resampled = measured(ours, config.compare, config.train.seed)
            rows.append(table(values, resampled, len(ours[name])).assign(category=f"all of: {group}"))
    return pd.concat(rows) if rows else pd.DataFrame()


def stored(name: str, half: Colorizer, described: dict, photos: NDArray | None) -> tuple[bytes, dict]:
    """The exported model of `half` and its description; photos: training photographs to calibrate 8-bit integers."""
    with TemporaryDirectory() as folder:
        source, target = (Path(folder) / f"{name}{suffix}" for suffix in (".safetensors", onnx_file.SUFFIX))
        weights = halved(half.state_dict())
        save_model(source, weights, name=name, network=described["network"], about=described["about"])
        export(source, target)
        model, tree = onnx_file.read_model(target)
    return model if photos is None else eight_bits.quantised(model, photos), tree


def bundle(name: str, model: Colorizer, wanted: argparse.Namespace, config: Config) -> None:
    """Write the file and the card of one trained model into the package."""
    source = paths.weights(name)
    sources = read_table(wanted.sources) if wanted.sources else pd.DataFrame(columns=["category", "group", "people"])
    labels, commands = Labels.of(read_json(paths.DESCRIPTIONS)), again(config)
    half = copy.deepcopy(model)
    half.load_state_dict(halved(model.state_dict()))
    with safe_open(source, framework="pt") as file:
        described = read_tree(file)
    photos = eight_bits.calibration(paths.TRAIN) if wanted.eight_bits else None
    graph, tree = stored(name, half, described, photos)
    network = OnnxNetwork.of(graph)
    both = Beside(AsStored(network), model)
    rows = {"file": tested(both, config), "single": read_table(paths.scores(name))}
    values, resampled = measured(rows, config.compare, config.train.seed)
    differences = comparison.differences(values, resampled)
    dataset = config.data.kaggle.dataset if config.data.source == "kaggle" else wanted.dataset
    facts = learned(described["about"], config.data, dataset)
    test = {"photographs": facts["tested"], "source": config.data.source, "dataset": dataset}
    about = described["about"] | {"test": test}
    about["scores"] = rounded({key: values["file"][key] for key in SCORES})
    curve = vividness.chosen(half, config, one_device())
    about["curve"] = curve._asdict()
    command = AsPainted(network, image_size=about["image_size"], curve=curve)
    painted = {"gray": read_table(paths.scores("gray")), "own": rows["file"], "painted": tested(command, config)}
    target = BUNDLED / f"{name}{onnx_file.SUFFIX}"
    content = onnx_file.sealed(graph, tree | {"about": about})
    text = model_card.CARD.format(
        name=name, file=target.name, label=labels.names[name], megabytes=len(content) / 1e6,
        change=both.largest_change,
        parameters=sum(p.numel() for p in model.parameters()), commands=commands,
        numbers=model_card.EIGHT_BITS if wanted.eight_bits else model_card.HALF_PRECISION,
        curve=curve, rule=vividness.RULE, painted=as_painted.scores(painted, curve, config),
        sources=markdown.sources(sources), **facts,
        **scored(name, values, differences, labels, sources, config),
    )  # fmt: skip
    write_bytes(target, content)
    write_bytes(target.with_suffix(".md"), text.encode())
    print(f"{BUNDLED.relative_to(CHECKOUT)}: {name}, {len(content):,} bytes; commit it")


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.bundle", description=__doc__.splitlines()[0])
    parser.add_argument("names", metavar="name", nargs="+", help="name of a model in models/")
    parser.add_argument("--dataset", help="owner/slug of the Kaggle data set that is in data.folder.path")
    parser.add_argument("--eight-bits", action="store_true", help="store convolutions as 8-bit integers")
    parser.add_argument("--sources", type=Path, help="a table of categories: group, people, shows, origin, licence")
    wanted, config = parser.parse_args(), load_config()
    for name in wanted.names:
        config.model(name)
    require_up_to_date()
    models = {name: load_model(paths.weights(name), Colorizer) for name in wanted.names}
    require_small(models)
    for name, model in models.items():
        bundle(name, model, wanted, config)
    write_bytes(BUNDLED / "README.md", model_card.index().encode())


if __name__ == "__main__":
    run(main)
