"""Originals and results of the scored photographs → report/human-study.html, its key, and metrics/people.json.

The page asks which one is the photograph; the answer files in human_study/ say how often each model fooled people.
"""

from stages import run_stage


def main() -> None:
    from collections import Counter

    from colorization.core import paths
    from colorization.core.files import read_array, write_bytes, write_json
    from colorization.core.params import load_config
    from colorization.dataset.index import rows_of
    from colorization.evaluation.measures import rounded
    from colorization.human_study.answer_files import fooling_rates, read_answers
    from colorization.human_study.trials import build

    config = load_config()
    params, photographs = config.human_study, rows_of(paths.INDEX, config.evaluate.split)
    results = {name: read_array(paths.results(name)) for name in params.models}
    page, key = build(read_array(paths.results("original")), results, photographs, params, config.train.seed)
    people = fooling_rates(read_answers(paths.ANSWERS, key), key)
    write_bytes(paths.HUMAN_STUDY_PAGE, page.encode())
    write_json(paths.KEY, key)
    write_json(paths.PEOPLE, rounded(people))
    kinds = Counter(trial["model"] for trial in key["trials"].values())
    fewer = " (the split has too few photographs for more)" if kinds[params.models[0]] < params.pairs else ""
    print(f"{paths.HUMAN_STUDY_PAGE}, pairs:", ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds)) + fewer)
    left_out = {name: people[name] for name in ("excluded", "duplicates", "other_studies")}
    print(f"{people['participants']} participants; {left_out}")


if __name__ == "__main__":
    run_stage(main)
