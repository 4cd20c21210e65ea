"""Score one model on held-out photographs: metrics/scores/<model>.json, and data/scores, results, features."""

from stages import run_stage


def main(model: str) -> None:
    from colorization.core import paths
    from colorization.core.params import load_config
    from colorization.dataset.devices import one_device
    from colorization.evaluation.scoring import Scorer
    from colorization.models.common.contract import Colorizer
    from colorization.models.common.weights import load_model

    config = load_config()
    config.model(model)
    scorer = Scorer.load(paths.LAB, paths.CLASSIFIER, config, one_device())
    scored = scorer.score(load_model(paths.weights(model), Colorizer))
    scored.write(
        scores=paths.scores(model),
        summary=paths.summary(model),
        results=paths.results(model),
        features=paths.features(model),
    )


if __name__ == "__main__":
    run_stage(main)
