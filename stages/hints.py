"""Error over the number of hints, for a model that takes them → metrics/hints/<model>.csv."""

from stages import run_stage


def main(model: str) -> None:
    from colorization.core import paths
    from colorization.core.errors import InputError
    from colorization.core.files import write_table
    from colorization.core.params import load_config
    from colorization.dataset.devices import one_device
    from colorization.evaluation import hinted
    from colorization.evaluation.scoring import photographs
    from colorization.models.common.contract import Colorizer
    from colorization.models.common.weights import load_model

    config = load_config()
    config.model(model)
    network, seed = load_model(paths.weights(model), Colorizer), config.train.seed
    if not network.takes_hints:
        raise InputError(f"hints.models: {model}: takes no hints; leave it out")
    photos, index = photographs(paths.LAB, config.evaluate.split)
    rows = hinted.evenly(len(photos), config.hints.photographs)
    measured = hinted.measure(network, photos[rows], config.hints, seed, one_device())
    index = index.loc[rows].reset_index(drop=True)
    write_table(paths.hints(model), hinted.table(measured, index, resamples=config.compare.resamples, seed=seed))


if __name__ == "__main__":
    run_stage(main)
