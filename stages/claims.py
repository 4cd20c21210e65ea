"""Test the paper's sentences on this run: metrics/claims.json."""

from stages import run_stage


def main() -> None:
    from colorization.claims.claims import judge
    from colorization.claims.trainings import trainings
    from colorization.claims.verdicts import Evidence
    from colorization.core import paths
    from colorization.core.files import read_json, read_table, write_json
    from colorization.core.params import PAPER, load_config

    config = load_config()
    if missing := [name for name in PAPER if name not in config.models]:
        write_json(paths.CLAIMS, {})
        print(f"no claims: models in params.yaml lacks the paper's {', '.join(missing)}")
        return
    train = config.train
    losses = {name: trainings(paths.histories(name, train.repeats), train.seed) for name in PAPER}
    evidence = Evidence(
        scores={name: read_table(paths.scores(name)) for name in PAPER},
        table=read_table(paths.TABLE),
        differences=read_table(paths.DIFFERENCES),
        histories={name: [its for _, its in table.groupby("seed", sort=False)] for name, table in losses.items()},
        people=read_json(paths.PEOPLE),
        resamples=config.compare.resamples,
        seed=train.seed,
        decides=config.data.source != "sample",
    )
    claims = {row.pop("name"): row for row in judge(evidence)}
    write_json(paths.CLAIMS, claims)
    for name, row in claims.items():
        print(f"{row['verdict']:<10} {name}: {row['figure']}")


if __name__ == "__main__":
    run_stage(main)
