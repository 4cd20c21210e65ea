"""Train one model again with other seeds and score each: metrics/<model>/seeds.json, empty where train.seeds is 1."""

import sys
from contextlib import ExitStack
from pathlib import Path

from colorization.config import Config, load_config, model_params
from colorization.errors import run
from colorization.files import write_json


def repeats(name: str, config: Config, out: Path) -> None:
    """Write the measures of a training with each further seed. A training that is done is kept until all are."""
    import torch  # imported where there is something to train: most studies have one seed

    from colorization import frechet, runs, statistics
    from colorization.dataset import Photos, load
    from colorization.evaluation import evaluate, photographs
    from colorization.processes import launch
    from stages.evaluate import LAB, judges
    from stages.train import CHECKPOINTS, TRAIN, VAL, tell

    params, fabric, found = model_params(config, name), launch(), {}
    train, val = (Photos.near(load(path), fabric.device) for path in (TRAIN, VAL))
    photos, index = photographs(LAB, config.evaluate.split)

    def score(model, seed: int) -> dict[str, float]:
        torch.manual_seed(seed)
        panel, samples = judges(config.evaluate, fabric.device), config.evaluate.samples
        outcome = evaluate(model, photos, index.category, panel, samples=samples, device=fabric.device)
        scores = statistics.summarise(outcome.scores)
        if "accuracy" in scores:
            resamples, ours = config.compare.frechet_resamples, {name: outcome.features}
            for distance, _ in frechet.estimates(ours, outcome.original_features, resamples, seed).values():
                scores["scene_frechet"] = distance
        return scores

    with ExitStack() as until_all_are_done:
        for seed in range(config.train.seed + 1, config.train.seed + config.train.seeds):
            fabric.print(f"seed {seed}", flush=True)
            training = runs.training(
                name, params, params.network(), train, val, seed=seed, fabric=fabric, files=[TRAIN, VAL],
                checkpoints=CHECKPOINTS, on_epoch=tell,
            )  # fmt: skip
            model, fitted = until_all_are_done.enter_context(training)
            if fabric.is_global_zero:
                model.load_state_dict(fitted.weights)
                found[str(seed)] = score(model, seed)
        if fabric.is_global_zero:
            write_json(out, statistics.rounded(found))


def main():
    name, config = sys.argv[1], load_config()
    model_params(config, name)
    out = Path(f"metrics/{name}/seeds.json")
    if config.train.seeds > 1:
        repeats(name, config, out)
    else:
        write_json(out, {})


if __name__ == "__main__":
    run(main)
