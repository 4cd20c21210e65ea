"""Histories, architectures, results and tables → figures/, three per model, six of all models, one of hints."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.files import read_array, read_json, read_table, write_bytes
    from colorization.core.params import load_config
    from colorization.report.figures.all import Evidence, draw
    from colorization.report.figures.style import encoded
    from colorization.report.labels import figure_file

    config = load_config()
    evidence = Evidence(
        descriptions=read_json(paths.DESCRIPTIONS),
        architectures={name: read_json(paths.architecture(name)) for name in config.models},
        histories={name: read_table(paths.history(name), separator="\t") for name in config.models},
        scores={name: read_table(paths.scores(name)) for name in config.rows},
        results={name: read_array(paths.results(name)) for name in (*config.rows, "original")},
        table=read_table(paths.TABLE),
        categories=read_table(paths.CATEGORIES),
        differences=read_table(paths.DIFFERENCES),
        tradeoff={name: read_table(paths.tradeoff(name)) for name in config.models},
        hints={name: read_table(paths.hints(name)) for name in config.hints.models},
        split=config.evaluate.split,
    )
    for name, figure in draw(evidence, config.plot.examples):
        file = figure_file(name)
        write_bytes(paths.figure(file), encoded(figure, file))


if __name__ == "__main__":
    run_stage(main)
