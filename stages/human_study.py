"""Originals and results of the scored photographs → report/human-study.html and data/human_study/key.json."""

from stages import run_stage


def main() -> None:
    from collections import Counter

    from colorization.core import paths
    from colorization.core.files import read_array, write_bytes, write_json
    from colorization.core.params import load_config
    from colorization.dataset.index import rows_of
    from colorization.human_study.trials import build

    config = load_config()
    params, photographs = config.human_study, rows_of(paths.INDEX, config.evaluate.split)
    results = {name: read_array(paths.results(name)) for name in params.models}
    page, key = build(read_array(paths.results("original")), results, photographs, params, config.train.seed)
    write_bytes(paths.HUMAN_STUDY_PAGE, page.encode())
    write_json(paths.KEY, key)
    kinds = Counter(trial["model"] for trial in key["trials"].values())
    fewer = " (the split has too few photographs for more)" if kinds[params.models[0]] < params.pairs else ""
    print(f"{paths.HUMAN_STUDY_PAGE}, pairs:", ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds)) + fewer)


if __name__ == "__main__":
    run_stage(main)
