"""Scores of all models and floors → four tables in metrics/: measures with 95 % intervals, and paired differences."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.files import read_array, read_json, read_table, write_table
    from colorization.core.params import load_config
    from colorization.evaluation import comparison

    config = load_config()
    params, seed = config.compare, config.train.seed
    scores = {name: read_table(paths.scores(name)) for name in config.rows}
    values, resampled = comparison.measured(scores, params, seed)
    features = {name: read_array(paths.features(name)) for name in config.rows}
    comparison.add_frechet(values, resampled, features, read_array(paths.features("original")), params, seed)
    comparison.add_fid(values, resampled, {name: read_json(paths.summary(name)) for name in config.rows})
    table = comparison.table(values, resampled, len(scores["gray"]))
    write_table(paths.TABLE, table)
    write_table(paths.CATEGORIES, comparison.by_category(scores, params, seed))
    write_table(paths.DIFFERENCES, comparison.differences(values, resampled))
    repeats = {name: read_table(paths.seeds(name)) for name in config.train.repeats}
    write_table(paths.SEEDS, comparison.between_seeds(values, table, repeats))
    print(table[["model", "delta_e", "mse", "skill", "ab_rmse", "colorfulness_ratio"]].round(4).to_string(index=False))


if __name__ == "__main__":
    run_stage(main)
