"""Put an up-to-date model into the package, in half precision and with its card. Run by hand; no stage of dvc.yaml.

python -m tools.bundle vae

The box holds one model: it takes the place of the one before. Commit src/colorization/weights then.
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from safetensors import safe_open
from torch import Tensor

from colorization.evaluation import intervals, measures
from colorization.app.catalog import BOX, CHECKOUT, SUFFIX
from colorization.models.common.weights import load_model, save_model
from colorization.core.params import Config, Data, load_config, model_params
from colorization.models.common.description import SCORES, read_tree
from colorization.core.errors import InputError, run
from colorization.evaluation.scoring import evaluate, photographs
from colorization.core.files import write_bytes
from tools.half_precision import halved, largest_change
from colorization.report.labels import NAMES
from colorization.training.distributed import one_device
from colorization.report import card, markdown
from stages.compare import measured
from stages.evaluate import LAB, judges
from tools.publish import bring, left_out, output, require_up_to_date, title
from stages.report import table

LARGEST = 10_000_000  # bytes of a file that every clone brings along
LOSSES = ("delta_e", "ab_rmse", "skill", "psnr")


def again(name: str, dataset: str | None, data: Data) -> str:
    """The commands that make the box again. Raises InputError when no commit has these parameters."""
    wanted = Path("params.yaml").read_text(encoding="utf-8").strip()
    files = output("git", "ls-tree", "-r", "--name-only", "HEAD", "params.yaml", "presets/", "results/").split("\n")
    same = [f for f in files if f.endswith(".yaml") and output("git", "show", f"HEAD:{f}") == wanted]
    if not same:
        raise InputError("params.yaml: in no commit; publish the run (python -m tools.publish) and commit it first")
    copy = [] if "params.yaml" in same else [f"cp {same[0]} params.yaml"]
    box = f"python -m tools.bundle {name}" + (f" --dataset {dataset}" if dataset else "")
    return "\n".join([f"git checkout {output('git', 'rev-parse', 'HEAD')}", *copy, f"{bring(data)}dvc repro", box])


def halves(source: Path) -> dict[str, Tensor]:
    """The weights of a model in half precision. Raises InputError where they are too large for git."""
    weights = halved(load_model(source).state_dict())
    if size_of(weights) > LARGEST:
        told = f"{size_of(weights):,} bytes in half precision, more than the {LARGEST:,} that git should carry"
        raise InputError(f"{source}: {told}")
    return weights


def size_of(weights: dict[str, Tensor]) -> int:
    return sum(weight.nbytes for weight in weights.values())


def compared(models: dict, config: Config) -> tuple[dict, pd.DataFrame, float]:
    """The measures of two models on the test photographs, the paired differences, and the largest change of a or b."""
    device, (photos, index) = one_device().device, photographs(LAB, "test")
    panel, seed = judges(config.evaluate, device), config.train.seed
    scores = {name: evaluate(model, photos, index.category, panel, samples=0, device=device).scores
              for name, model in models.items()}  # fmt: skip
    values, resampled = measured(scores, config.compare, seed)
    change = largest_change(*models.values(), photos, device)
    return values, intervals.differences(values, resampled), change


def learned(about: dict, data: Data, dataset: str | None) -> dict:
    """For the card: what the model learned from."""
    audit = json.loads(Path("metrics/data.json").read_text(encoding="utf-8"))
    counts = audit["categories"]["train"]
    return {
        "title": title(), "photographs": about["photographs"], "side": about["image_size"], "epoch": about["epoch"],
        "categories": ", ".join(f"{count:,} of {category}" for category, count in counts.items()), "kinds": len(counts),
        "files": audit["files"], "left_out": left_out(audit), "tested": audit["used"]["test"],
        "origin": card.origin(data, dataset), "licence": card.licence(data, dataset),
    }  # fmt: skip


def scored(name: str, values: dict, differences: pd.DataFrame) -> dict:
    """For the card: how good the model is, and what half precision costs."""
    return {
        "scores": markdown.scores(table("metrics/table.csv")),
        "by_category": markdown.categories(table("metrics/categories.csv"), name),
        "loss": markdown.changes(values["single"], values["half"], differences, LOSSES),
        "ratio": values["half"]["colorfulness_ratio"],
    }


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.bundle", description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of a model in models/")
    parser.add_argument("--dataset", help="owner/slug of the Kaggle data set that data.folder.path was filled with")
    wanted, config = parser.parse_args(), load_config()
    name, source = wanted.name, Path(f"models/{wanted.name}{SUFFIX}")
    model_params(config, name)
    require_up_to_date()
    commands = again(name, wanted.dataset, config.data)
    model, half, weights = load_model(source), load_model(source), halves(source)
    half.load_state_dict(weights)
    values, differences, change = compared({"half": half, "single": model}, config)
    with safe_open(source, framework="pt") as file:
        described = read_tree(file)
    dataset = config.data.kaggle.dataset if config.data.source == "kaggle" else wanted.dataset
    facts = learned(described["about"], config.data, dataset)
    test = {"photographs": facts["tested"], "source": config.data.source, "dataset": dataset}
    about = described["about"] | {"test": test}
    about["scores"] = measures.rounded({key: values["half"][key] for key in SCORES})
    text = card.CARD.format(
        name=name, file=source.name, label=NAMES[name], megabytes=size_of(weights) / 1e6, change=change,
        parameters=sum(p.numel() for p in model.parameters()), **facts, **scored(name, values, differences), commands=commands,
    )  # fmt: skip
    save_model(BOX / source.name, weights, name=name, network=described["network"], about=about)
    write_bytes(BOX / "README.md", text.encode())
    for other in set(BOX.glob(f"*{SUFFIX}")) - {BOX / source.name}:
        other.unlink()
    print(f"{BOX.relative_to(CHECKOUT)}: {name}, {size_of(weights):,} bytes of weights; commit it")


if __name__ == "__main__":
    run(main)
