"""Vividness against error: a model's measures at other settings of its knobs → metrics/tradeoff/<model>.csv."""

from stages import run_stage


def main(model: str) -> None:
    import torch

    from colorization.core import paths
    from colorization.core.files import read_array, write_table
    from colorization.core.params import load_config
    from colorization.dataset.devices import one_device
    from colorization.evaluation import tradeoff
    from colorization.evaluation.scoring import photographs
    from colorization.models.classifier.network import SceneClassifier
    from colorization.models.common.contract import Colorizer
    from colorization.models.common.weights import load_model
    from colorization.vividness import Curve

    config = load_config()
    config.model(model)
    params, seed, device = config.tradeoff, config.train.seed, one_device()
    torch.manual_seed(seed)
    network = load_model(paths.weights(model), Colorizer)
    classifier = load_model(paths.CLASSIFIER, SceneClassifier).to(device)
    start = tradeoff.default(network)
    curves = [Curve(gain, params.knee) for gain in params.gains]
    rows = tradeoff.lines(start, params.saturations, curves, params.temperatures)
    points, (photos, index) = {point for *_, point in rows}, photographs(paths.LAB, config.evaluate.split)
    measured = tradeoff.measure(network, photos, index.category, classifier, points, device)
    values, resampled = tradeoff.summarise(
        measured, read_array(paths.features("original")),
        resamples=config.compare.resamples, frechet_resamples=params.frechet_resamples, seed=seed,
    )  # fmt: skip
    write_table(paths.tradeoff(model), tradeoff.table(rows, start, values, resampled))


if __name__ == "__main__":
    run_stage(main)
