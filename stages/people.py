"""Answer files in human_study/ and their key → metrics/people.json: how often each model fooled people."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.files import read_json, write_json
    from colorization.evaluation.measures import rounded
    from colorization.human_study.answer_files import fooling_rates, read_answers

    key = read_json(paths.KEY)
    people = fooling_rates(read_answers(paths.ANSWERS, key), key)
    write_json(paths.PEOPLE, rounded(people))
    left_out = {name: people[name] for name in ("excluded", "duplicates", "other_studies")}
    print(f"{people['participants']} participants; {left_out}")


if __name__ == "__main__":
    run_stage(main)
