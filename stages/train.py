"""Train one model: data/lab → models/<model>.safetensors and metrics/history/<model>.tsv."""

from stages import run_stage


def main(model: str) -> None:
    from colorization.core import paths
    from colorization.core.params import load_config
    from colorization.dataset.devices import launch, machine
    from colorization.dataset.photos import for_training
    from colorization.models.common.weights import save_model
    from colorization.training.train_model import settings, training

    config = load_config()
    params, seed, fabric = config.model(model), config.train.seed, launch()
    copies, start = config.train.copies, config.train.start.get(model)
    share = config.train.start_share if start else 0.0
    asked = {"copies": dict(copies), "start": start, "start_share": share}
    train, val = for_training(paths.TRAIN, paths.VAL, paths.INDEX, copies, fabric.device)
    with training(
        model, params, params.network(), train, val, seed=seed, fabric=fabric, files=[paths.TRAIN, paths.VAL],
        checkpoints=paths.CHECKPOINTS, history=paths.history(model), start=paths.start(start),
        start_share=share,
    ) as (_, fitted):  # fmt: skip
        if fabric.is_global_zero:
            about = {"image_size": train.packed.shape[-1], "epoch": fitted.epoch, "photographs": len(train.packed),
                     "params": settings(model, params, seed) | {key: value for key, value in asked.items() if value},
                     **machine(fabric)}  # fmt: skip
            save_model(paths.weights(model), fitted.weights, name=model, network=params.network(), about=about)


if __name__ == "__main__":
    run_stage(main)
