"""Answer files of the human study, from anyone (not trusted) → how often each model fooled the participants."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from colorization.core.errors import InputError
from colorization.evaluation.intervals import wilson

CATCH = "catch"  # the key's name for a trial with unmistakably wrong colours
MAX_BYTES = 256 * 1024  # a file of 40 trials has 4 KB
MAX_MILLISECONDS = 24 * 60 * 60 * 1000  # for one answer
# Attentive people pass all but for a slip of the finger. Of people who click blindly, 11 in 16 fail more of 4 trials.
MAX_FAILED_CATCH = 1


@dataclass(frozen=True)
class Answers:
    """Each participant's {trial id: (chosen, milliseconds)}, and the number of files left out."""

    participants: list[dict[str, tuple[int, int]]]
    duplicates: int
    other_studies: int


def text(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


def whole(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and low <= value <= high


FILE = {  # a check for each value of an answer file
    "study": text(r"[0-9a-f]{16}"),
    "participant": text(r"[0-9a-f]{16}"),
    "started": text(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ"),
    "seconds": lambda value: type(value) in (int, float) and 0 < value <= 60,
    "input": text("touch|mouse|keyboard|mixed"),
    "trials": lambda value: isinstance(value, list),
}
TRIAL = {
    "id": text(r"[0-9a-f]{16}"),
    "chosen": whole(0, 1),  # of the two images in the page's data
    "side": text("left|right"),
    "milliseconds": whole(0, MAX_MILLISECONDS),  # from the end of the display to the answer
}


def read_answers(folder: Path, key: Mapping) -> Answers:
    """The answers in folder/*.json to the study of the key, sorted by file name.

    A participant counts once. Files of another study (for example from before a new training) are counted and ignored.
    Raises InputError, with the file's name, if a file is damaged or the page cannot have written it.
    """
    participants, duplicates, other_studies = {}, 0, 0
    for path in sorted(folder.glob("*.json")):
        answers = _read(path)
        if answers["study"] != key["study"]:
            other_studies += 1
        elif answers["participant"] in participants:
            duplicates += 1
        else:
            _check_complete(path, answers, key)
            trials = {t["id"]: (t["chosen"], t["milliseconds"]) for t in answers["trials"]}
            participants[answers["participant"]] = trials
    return Answers(list(participants.values()), duplicates, other_studies)


def fooling_rates(answers: Answers, key: Mapping) -> dict:
    """Per model the pairs in which participants took the result for the photograph, with Wilson's interval.

    A rate of 0.5 means that nobody can tell the difference. Rates are None without answers, and leave out people who
    failed more than MAX_FAILED_CATCH catch trials. The interval treats all answers as independent. Answers of one
    person, or to one pair, are not quite, so with few people or pairs the interval is too narrow.
    """
    trials = key["trials"]
    names = [trial["model"] for trial in trials.values()]
    failed = [len(_fooled(person, trials, CATCH)) for person in answers.participants]
    kept = [person for person, count in zip(answers.participants, failed) if count <= MAX_FAILED_CATCH]
    times = [ms for person in kept for name, (_, ms) in person.items() if trials[name]["model"] != CATCH]
    return {
        "study": key["study"],
        "participants": len(answers.participants),
        "excluded": len(answers.participants) - len(kept),
        "duplicates": answers.duplicates,
        "other_studies": answers.other_studies,
        "catch": {"trials": names.count(CATCH) * len(answers.participants), "failed": sum(failed)},
        "median_milliseconds": float(median(times)) if times else None,
        "models": {
            model: _rate(sum(len(_fooled(p, trials, model)) for p in kept), names.count(model) * len(kept))
            for model in sorted(set(names) - {CATCH})
        },
    }


def _rate(fooled: int, trials: int) -> dict:
    low, high = wilson(fooled, trials) if trials else (None, None)
    rate = fooled / trials if trials else None
    return {"trials": trials, "fooled": fooled, "rate": rate, "rate_low": low, "rate_high": high}


def _fooled(person: Mapping, trials: Mapping, model: str) -> list[str]:
    return [i for i, (chosen, _) in person.items() if trials[i]["model"] == model and chosen != trials[i]["photograph"]]


def _read(path: Path) -> dict:
    """The content of a file, checked by FILE and TRIAL. Messages never quote a file: a terminal might obey it."""
    if not path.is_file():  # reading a pipe could wait forever
        raise _refused(path, "it is not a regular file")
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _refused(path, f"it has more than {MAX_BYTES // 1024} KB")
    try:
        tree = json.loads(content.decode(), parse_constant=_no_number, object_pairs_hook=_unique)
    except (ValueError, RecursionError):  # ValueError: bad UTF-8, bad JSON, NaN, a duplicate key, 5,000 digits
        raise _refused(path, "it is not JSON as the page writes it") from None
    _check_values(path, tree, FILE, "the file")
    for place, trial in enumerate(tree["trials"], 1):
        _check_values(path, trial, TRIAL, f"trial {place}")
    return tree


def _check_values(path: Path, tree: object, rules: Mapping[str, Callable], where: str) -> None:
    if not isinstance(tree, dict) or tree.keys() != rules.keys():
        raise _refused(path, f"{where} must have the keys {', '.join(rules)} and no others")
    for name, valid in rules.items():
        if not valid(tree[name]):
            raise _refused(path, f"{where}: the field `{name}` has an invalid value")


def _check_complete(path: Path, answers: Mapping, key: Mapping) -> None:
    ids = [trial["id"] for trial in answers["trials"]]
    if sorted(ids) != sorted(key["trials"]) or answers["seconds"] != key["seconds"]:
        raise _refused(path, "its trials or its display time differ from the study's")


def _refused(path: Path, why: str) -> InputError:
    name = ascii(str(path))[1:-1]
    return InputError(f"{name}: {why}; remove the file, or ask for the original that the page saved")


def _no_number(name: str):
    raise ValueError(name)


def _unique(pairs: list[tuple[str, object]]) -> dict:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        raise ValueError("duplicate key")
    return tree
