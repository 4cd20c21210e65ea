"""Score the floors like models and keep the originals: gray, mean and original in data/scores, results, features."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.files import write_array
    from colorization.core.params import FLOORS, load_config
    from colorization.dataset.devices import one_device
    from colorization.dataset.photos import load
    from colorization.evaluation.scoring import Scorer
    from colorization.models.floors.floors import fit

    config, train = load_config(), load(paths.TRAIN)
    scorer = Scorer.load(paths.LAB, paths.CLASSIFIER, config, one_device())
    for name in FLOORS:
        scored = scorer.score(fit(name, train))
        scored.write(
            scores=paths.scores(name),
            summary=paths.summary(name),
            results=paths.results(name),
            features=paths.features(name),
        )
    write_array(paths.results("original"), scored.outcome.originals)
    write_array(paths.features("original"), scored.outcome.original_features)


if __name__ == "__main__":
    run_stage(main)
