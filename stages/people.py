"""Answer files in study/ and the key to them → metrics/people.json: how often each model fooled people."""

import json
from pathlib import Path

from colorization import statistics
from colorization.answers import fooling_rates, read_answers
from colorization.errors import run
from colorization.files import write_json


def main():
    key = json.loads(Path("data/study/key.json").read_text(encoding="utf-8"))
    people = fooling_rates(read_answers(Path("study"), key), key)
    write_json(Path("metrics/people.json"), statistics.rounded(people))
    left_out = {name: people[name] for name in ("excluded", "duplicates", "other_studies")}
    print(f"{people['participants']} participants; {left_out}")


if __name__ == "__main__":
    run(main)
