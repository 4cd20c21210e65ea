"""Train one model again with other seeds and score each: metrics/seeds/<model>.csv, with no rows for one seed."""

from stages import run_stage


def main(model: str) -> None:
    from colorization.core import paths
    from colorization.core.files import write_bytes
    from colorization.core.params import load_config

    config = load_config()
    params, train = config.model(model), config.train
    if train.seeds == 1:
        write_bytes(paths.seeds(model), b"seed,measure,value\n")
        return  # before torch is imported: most studies have one seed

    from colorization.dataset.devices import launch
    from colorization.dataset.photos import Photos, load
    from colorization.evaluation.scoring import Scorer
    from colorization.training.train_model import repeated

    fabric = launch()
    photos = [Photos.near(load(path), fabric.device) for path in (paths.TRAIN, paths.VAL)]
    scorer = Scorer.load(paths.LAB, paths.CLASSIFIER, config, fabric.device)
    repeated(
        model, params, *photos, seeds=range(train.seed + 1, train.seed + train.seeds), fabric=fabric,
        files=[paths.TRAIN, paths.VAL], checkpoints=paths.CHECKPOINTS, score=scorer.measures, out=paths.seeds(model),
    )  # fmt: skip


if __name__ == "__main__":
    run_stage(main)
