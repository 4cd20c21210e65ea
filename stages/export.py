"""Export one model: models/<model>.safetensors → models/<model>.onnx, which `colorize` runs without torch."""

from stages import run_stage


def main(model: str) -> None:
    from colorization.core import paths
    from colorization.export.network import export

    export(paths.weights(model), paths.exported(model))


if __name__ == "__main__":
    run_stage(main)
