"""Train the scene classifier: data/lab → data/classifier/scenes.safetensors and metrics/classifier.tsv."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.params import load_config
    from colorization.dataset.devices import launch, machine
    from colorization.dataset.index import rows_of, shared_categories
    from colorization.dataset.photos import labelled
    from colorization.models.common.weights import build, save_model
    from colorization.training.train_model import training, write_empty_history

    config, fabric, categories = load_config(), launch(), shared_categories(paths.INDEX)
    params, known = config.classifier, categories if len(categories) > 1 else []
    network = params.network() | {"categories": known}
    if not known:
        fabric.print("recognition is not measured: the photographs have fewer than two categories")
        if fabric.is_global_zero:
            weights = build("classifier", network).state_dict()
            save_model(paths.CLASSIFIER, weights, name="classifier", network=network, about={})
            write_empty_history(paths.CLASSIFIER_HISTORY)
        return
    train, val = (
        labelled(path, rows_of(paths.INDEX, path.stem).category, known, fabric.device)
        for path in (paths.TRAIN, paths.VAL)
    )
    with training(
        "classifier", params, network, train, val, seed=config.train.seed, fabric=fabric, checkpoints=paths.CHECKPOINTS,
        files=[paths.TRAIN, paths.VAL, paths.INDEX], history=paths.CLASSIFIER_HISTORY,
    ) as (_, fitted):  # fmt: skip
        if fabric.is_global_zero:
            about = {"image_size": train.packed.shape[-1], "epoch": fitted.epoch, "photographs": len(train)}
            about |= machine(fabric)
            save_model(paths.CLASSIFIER, fitted.weights, name="classifier", network=network, about=about)


if __name__ == "__main__":
    run_stage(main)
