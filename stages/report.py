"""Tables, results, figures and parameters → report/index.html, one page that works offline."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.files import read_array, read_json, read_table, write_bytes
    from colorization.core.params import load_config
    from colorization.report.labels import figure_file, figure_names
    from colorization.report.page import Run, render
    from colorization.report.versions import revision, versions

    config = load_config()
    hints = {name: read_table(paths.hints(name)) for name in config.hints.models}
    stems = figure_names(config.models, hints=bool(hints))
    page = render(Run(
        models=tuple(config.models), pretrained=tuple(name for name, fit in config.models.items() if fit.pretrained),
        descriptions=read_json(paths.DESCRIPTIONS),
        table=read_table(paths.TABLE), categories=read_table(paths.CATEGORIES),
        differences=read_table(paths.DIFFERENCES), seeds=read_table(paths.SEEDS),
        tradeoff={name: read_table(paths.tradeoff(name)) for name in config.models},
        hints=hints,
        scores={name: read_table(paths.scores(name)) for name in config.rows},
        results={name: read_array(paths.results(name)) for name in (*config.rows, "original")},
        audit=read_json(paths.AUDIT), download=read_json(paths.DOWNLOAD), claims=read_json(paths.CLAIMS),
        people=read_json(paths.PEOPLE),
        figures={name: paths.figure(figure_file(name)).read_bytes() for name in stems},
        params=paths.PARAMS.read_text(encoding="utf-8"), versions=versions(), revision=revision(),
        samples=config.evaluate.samples, split=config.evaluate.split,
    ))  # fmt: skip
    write_bytes(paths.PAGE, page.encode())


if __name__ == "__main__":
    run_stage(main)
