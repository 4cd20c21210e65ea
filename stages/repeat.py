"""Train one model again with other seeds: scores in metrics/seeds/<model>.csv, losses in metrics/history/seeds/."""

from stages import run_stage


def main(model: str) -> None:
    from colorization.core import paths
    from colorization.core.params import load_config
    from colorization.dataset.devices import launch
    from colorization.dataset.photos import for_training
    from colorization.evaluation.scoring import Scorer
    from colorization.training.train_model import repeated

    config = load_config()
    params, train, fabric = config.model(model), config.train, launch()
    photos = for_training(paths.TRAIN, paths.VAL, paths.INDEX, train.copies, fabric.device)
    scorer = Scorer.load(paths.LAB, paths.CLASSIFIER, config, fabric.device)
    repeated(
        model, params, *photos, seeds=range(train.seed + 1, train.seed + train.seeds), fabric=fabric,
        files=[paths.TRAIN, paths.VAL], checkpoints=paths.CHECKPOINTS, score=scorer.measures, out=paths.seeds(model),
        history=paths.seeds_history(model), start=paths.start(train.start.get(model)), start_share=train.start_share,
    )  # fmt: skip


if __name__ == "__main__":
    run_stage(main)
