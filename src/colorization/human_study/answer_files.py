"""Answer files of the human study, which anyone may have written → how often each model fooled the participants."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from colorization.core.errors import InputError
from colorization.evaluation.intervals import wilson

CATCH = "catch"  # what the key calls a trial whose colours are unmistakably wrong
MAX_BYTES = 256 * 1024  # a file of 40 trials has 4 KB
MAX_MILLISECONDS = 24 * 60 * 60 * 1000  # for one answer
# Who looks fails none; one slip of the finger is human. Of those who only click, 11 in 16 fail more of 4.
MAX_FAILED_CATCH = 1


@dataclass(frozen=True)
class Answers:
    """Every participant's {trial id: (chosen, milliseconds)}, and the files that were left out."""

    participants: list[dict[str, tuple[int, int]]]
    duplicates: int
    other_studies: int


def text(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


def whole(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and low <= value <= high


FILE = {  # what each value of an answer file must be
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
    """The answers in folder/*.json to the study of the key, in the order of the files' names.

    A participant counts once; files of another study (as after a new training) are counted, not read further.
    Raises InputError that names a file that is damaged or that the page cannot have written.
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
    """Per model the pairs that fooled participants, who took the result for the photograph, with Wilson's interval.

    0.5 is a result that nobody can tell from a photograph. Rates are None where nobody has answered yet. Who failed
    more than MAX_FAILED_CATCH catch trials counts for no rate. The interval takes all answers as independent; those of
    one person, or to one pair, are not quite, so with few of either it is too narrow.
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
    """A file's tree, each value as FILE and TRIAL say. No message repeats what a file holds: a terminal may obey it."""
    if not path.is_file():  # a pipe would keep us waiting
        raise _refused(path, "it is no plain file")
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _refused(path, f"it has more than {MAX_BYTES // 1024} KB")
    try:
        tree = json.loads(content.decode(), parse_constant=_no_number, object_pairs_hook=_unique)
    except (ValueError, RecursionError):  # ValueError: no UTF-8, no JSON, NaN, a key twice, 5,000 digits
        raise _refused(path, "it is no JSON that the page writes") from None
    _check_values(path, tree, FILE, "the file")
    for place, trial in enumerate(tree["trials"], 1):
        _check_values(path, trial, TRIAL, f"trial {place}")
    return tree


def _check_values(path: Path, tree: object, rules: Mapping[str, Callable], where: str) -> None:
    if not isinstance(tree, dict) or tree.keys() != rules.keys():
        raise _refused(path, f"{where} must have the keys {', '.join(rules)} and no others")
    for name, valid in rules.items():
        if not valid(tree[name]):
            raise _refused(path, f"{where}: {name} is none that the page writes")


def _check_complete(path: Path, answers: Mapping, key: Mapping) -> None:
    ids = [trial["id"] for trial in answers["trials"]]
    if sorted(ids) != sorted(key["trials"]) or answers["seconds"] != key["seconds"]:
        raise _refused(path, "its trials are not those of the study, each once")


def _refused(path: Path, why: str) -> InputError:
    name = ascii(str(path))[1:-1]
    return InputError(f"{name}: {why}; take the file out, or ask for it again as the page saved it")


def _no_number(name: str):
    raise ValueError(name)


def _unique(pairs: list[tuple[str, object]]) -> dict:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        raise ValueError("a key twice")
    return tree
