"""Score one model on held-out photographs: metrics/scores/<model>.json, and data/scores, results, features.

Describes its network, too: data/architectures/<model>.json.
"""

from stages import run_stage


def main(model: str) -> None:
    from colorization.core import paths
    from colorization.core.files import write_json
    from colorization.core.params import load_config
    from colorization.dataset.devices import one_device
    from colorization.evaluation.scoring import Scorer
    from colorization.models.common.architecture import architecture
    from colorization.models.common.contract import Colorizer
    from colorization.models.common.weights import load_model

    config = load_config()
    config.model(model)
    scorer = Scorer.load(paths.LAB, paths.CLASSIFIER, config, one_device())
    network = load_model(paths.weights(model), Colorizer)
    scored = scorer.score(network)
    scored.write(
        scores=paths.scores(model),
        summary=paths.summary(model),
        results=paths.results(model),
        features=paths.features(model),
    )
    write_json(paths.architecture(model), architecture(network, scorer.photos.shape[-1]))


if __name__ == "__main__":
    run_stage(main)
