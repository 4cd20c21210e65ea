"""The human study: its trials give no hint, its key is right, and all kinds of answer files are read correctly."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import jpeg
from PIL import Image
from scipy import stats
from skimage.color import rgb2lab

from colorization import human_study
from colorization.core.errors import InputError
from colorization.core.params import HumanStudy
from colorization.human_study import answer_files as answers
from colorization.human_study.answer_files import CATCH, fooling_rates, read_answers
from colorization.human_study.trials import build, green, png_uri, wrong_colours

MODELS = ("resnet", "gan", "vae")
COUNT, SIDE = 40, 24
ORIGINALS = np.stack([np.asarray(Image.open(io.BytesIO(jpeg(i, (SIDE, SIDE))))) for i in range(COUNT)])
RESULTS = {name: 255 - np.roll(ORIGINALS, k, axis=-1) for k, name in enumerate(MODELS)}
PHOTOGRAPHS = pd.DataFrame(
    {
        "name": [f"sea/{i}.jpg" for i in range(COUNT)],
        "category": [("sea", "street", "forest")[i % 3] for i in range(COUNT)],
    }
)
STUDY = HumanStudy(models=MODELS, pairs=3, catch=4, seconds=1.0)


def made(seed=1, study=STUDY, count=COUNT):
    """The page, its data and its key."""
    results = {name: pictures[:count] for name, pictures in RESULTS.items()}
    page, key = build(ORIGINALS[:count], results, PHOTOGRAPHS[:count], study, seed)
    return page, json.loads(re.search(r'<script id="study".*?>(.*?)</script>', page, re.DOTALL)[1]), key


PAGE, CONTENT, KEY = made()


def pixels(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,")))))


def test_the_key_names_the_photograph_and_the_model_of_each_pair():
    assert [t["id"] for t in CONTENT["trials"]] == list(KEY["trials"])
    assert KEY["study"] == CONTENT["study"] and KEY["seconds"] == CONTENT["seconds"] == 1.0
    for trial in CONTENT["trials"]:
        truth = KEY["trials"][trial["id"]]
        pictures, row, model = [pixels(uri) for uri in trial["images"]], truth["row"], truth["model"]
        fake = wrong_colours(ORIGINALS[row]) if model == CATCH else RESULTS[model][row]
        assert (pictures[truth["photograph"]] == ORIGINALS[row]).all()
        assert (pictures[1 - truth["photograph"]] == fake).all()
        assert truth["name"] == f"sea/{row}.jpg"
    for trial in CONTENT["practice"]:
        assert any((pixels(trial["images"][trial["photograph"]]) == ORIGINALS).all(axis=(1, 2, 3)))


def test_no_photograph_is_seen_twice_and_categories_are_spread():
    rows = [t["row"] for t in KEY["trials"].values()]
    assert len(set(rows)) == len(rows) == 3 * 3 + 4
    assert Counter(t["model"] for t in KEY["trials"].values()) == {"resnet": 3, "gan": 3, "vae": 3, CATCH: 4}
    for model in RESULTS:
        kinds = {PHOTOGRAPHS.category[t["row"]] for t in KEY["trials"].values() if t["model"] == model}
        assert kinds == {"sea", "street", "forest"}
    uris = [uri for trial in CONTENT["trials"] + CONTENT["practice"] for uri in trial["images"]]
    assert len(set(uris)) == len(uris)


@pytest.mark.parametrize("count, models, catch, practice", [(9, 2, 2, 1), (3, 1, 0, 0), (16, 3, 4, 2)])
def test_few_photographs_give_fewer_pairs(count, models, catch, practice):
    page, content, key = made(count=count)
    expected = dict.fromkeys(RESULTS, models) | ({CATCH: catch} if catch else {})
    assert Counter(t["model"] for t in key["trials"].values()) == expected
    assert len(content["practice"]) == practice
    assert ("Start with practice" in page) == bool(practice)


def test_too_few_photographs_or_unfit_pictures_are_reported_in_one_line():
    with pytest.raises(InputError, match="2 scored photographs are too few"):
        made(count=2)
    with pytest.raises(InputError, match="gan: pictures uint8"):
        build(ORIGINALS, {"gan": ORIGINALS[:-1]}, PHOTOGRAPHS, STUDY, 1)
    with pytest.raises(InputError, match="float64"):
        build(ORIGINALS, {"gan": ORIGINALS / 255}, PHOTOGRAPHS, STUDY, 1)


def test_the_seed_determines_the_page():
    assert made()[0] == PAGE
    assert made(seed=2)[2]["study"] != KEY["study"]
    assert made(study=HumanStudy(models=MODELS, pairs=3, catch=4, seconds=2.0))[2]["study"] != KEY["study"]


def test_the_page_gives_no_hint():
    source = re.sub(r"data:image/png;base64,[\w+/=]+", "", PAGE)
    names = [*RESULTS, "sea", "street", "forest", "jpg", "photos", "test split"]
    assert not [name for name in names if re.search(rf"\b{name}\b", source, re.IGNORECASE)]
    for trial in CONTENT["trials"]:
        assert trial.keys() == {"id", "images"} and re.fullmatch("[0-9a-f]{16}", trial["id"])
    assert not re.search('src=|href=(?!"data:,")|url\\(|https?://', source)


def test_both_pictures_are_encoded_alike():
    uris = [uri for trial in CONTENT["trials"] for uri in trial["images"]]
    assert len({len(uri) for uri in uris}) == 1
    chunk = re.compile(rb"IHDR.{13}|IDAT|IEND|tEXt|tIME|iCCP|gAMA|eXIf", re.DOTALL)
    ((head, *rest),) = {tuple(chunk.findall(base64.b64decode(uri[22:]))) for uri in uris}
    assert head[:4] == b"IHDR" and rest == [b"IDAT", b"IEND"]
    assert pixels(png_uri(np.zeros((400, 400, 3), np.uint8))).shape == (256, 256, 3)


def test_order_and_ids_do_not_reveal_the_photograph():
    study, rows = HumanStudy(models=MODELS, pairs=2, catch=2, seconds=1.0), []
    for seed in range(100):
        key = made(seed, study, 24)[2]["trials"]
        for place, (i, t) in enumerate(key.items()):
            rows.append((t["photograph"], int(i, 16) % 2, place, t["model"] == CATCH, len(i)))
    photograph, odd, place, catch, length = np.array(rows).T
    n = len(rows)
    assert n == 800 and set(length) == {16}
    assert abs(photograph.mean() - 0.5) < 4 * 0.5 / np.sqrt(n)
    for a, b in ((photograph, odd), (photograph, place), (catch, place), (catch, odd), (catch, photograph)):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(n)


def test_wrong_colours_keep_luminance_turn_the_hue_and_are_stronger():
    before, after = (rgb2lab(p) for p in (ORIGINALS[:8], np.stack([wrong_colours(p) for p in ORIGINALS[:8]])))
    assert np.abs(before[..., 0] - after[..., 0]).max() < 2
    ab, turned = before[..., 1:], after[..., 1:]
    chroma = np.linalg.norm(ab, axis=-1)
    cosine = (ab * turned).sum(-1) / np.maximum(chroma * np.linalg.norm(turned, axis=-1), 1e-6)
    assert np.median(cosine[chroma > 10]) < -0.99
    soft = (chroma > 5) & (chroma < 15) & (before[..., 0] > 40) & (before[..., 0] < 70)  # well within the gamut
    assert np.median(np.linalg.norm(turned, axis=-1)[soft] / chroma[soft]) == pytest.approx(2, abs=0.1)


def test_green_photographs_serve_as_catch_trials():
    leaf, sky = np.full((8, 8, 3), (60, 140, 40), np.uint8), np.full((8, 8, 3), (110, 160, 230), np.uint8)
    assert green(leaf[None])[0] > 5 * green(sky[None])[0]


def answered(participant="a" * 16, fooled=(), failed=0, key=KEY, **changes):
    """The tree of an answer file: wrong for all models in `fooled` and on the first `failed` catch trials."""
    trials = []
    for i, truth in key["trials"].items():
        wrong = truth["model"] in fooled
        if truth["model"] == CATCH:
            wrong, failed = failed > 0, failed - 1
        chosen = 1 - truth["photograph"] if wrong else truth["photograph"]
        trials.append({"id": i, "chosen": chosen, "side": "left", "milliseconds": 800})
    tree = {"study": key["study"], "participant": participant, "started": "2026-01-31T10:05Z", "seconds": 1.0}
    return tree | {"input": "touch", "trials": trials} | changes


def rates(folder, *trees):
    for i, tree in enumerate(trees):
        (folder / f"answers-{i}.json").write_text(tree if isinstance(tree, str) else json.dumps(tree))
    return fooling_rates(read_answers(folder, KEY), KEY)


def test_a_study_without_answers_is_reported(tmp_path):
    (tmp_path / "README.md").write_text("how to")
    for found in (rates(tmp_path), fooling_rates(read_answers(tmp_path / "none", KEY), KEY)):
        assert found["participants"] == found["excluded"] == found["catch"]["trials"] == 0
        assert found["models"]["gan"] == {"trials": 0, "fooled": 0, "rate": None, "rate_low": None, "rate_high": None}
        assert found["median_milliseconds"] is None


def test_one_participant(tmp_path):
    found = rates(tmp_path, answered(fooled=["gan"], failed=1))
    assert (found["participants"], found["excluded"]) == (1, 0)
    assert found["catch"] == {"trials": 4, "failed": 1} and found["median_milliseconds"] == 800
    fooled = [(m, r["fooled"], r["trials"]) for m, r in found["models"].items()]
    assert fooled == [("gan", 3, 3), ("resnet", 0, 3), ("vae", 0, 3)]
    assert found["models"]["gan"]["rate"] == 1 and found["models"]["gan"]["rate_low"] == pytest.approx(0.4385, abs=1e-4)


def test_a_participant_who_fails_two_catch_trials_is_excluded(tmp_path):
    found = rates(tmp_path, answered(), answered("b" * 16, fooled=["vae"], failed=2))
    assert (found["participants"], found["excluded"]) == (2, 1)
    assert found["models"]["vae"] == found["models"]["resnet"] and found["models"]["vae"]["trials"] == 3
    assert found["catch"] == {"trials": 8, "failed": 2}


def test_duplicate_answers_count_once_and_other_studies_are_ignored(tmp_path):
    found = rates(tmp_path, answered(), answered(), answered("b" * 16), answered("c" * 16, study="0" * 16, trials=[]))
    assert (found["participants"], found["duplicates"], found["other_studies"]) == (2, 1, 1)


PAUSE = """
const child = { replaceChildren() {} };
const part = () => ({ setAttribute() {}, addEventListener() {}, dataset: {}, firstElementChild: child });
globalThis.document = { getElementById: () => ({ ...part(), textContent: '{"seconds": 0}' }), addEventListener() {} };
globalThis.addEventListener = () => {};
globalThis.crypto ??= require("node:crypto").webcrypto;
globalThis.requestAnimationFrame = (act) => setImmediate(act, 0);
globalThis.Image = class { decode() {} };
const days = [0, 3 * 86400000];
Object.defineProperty(globalThis, "performance", { value: { now: () => days.shift() } });
const script = require("node:fs").readFileSync(process.argv[1], "utf8").replace(/run\\(\\);\\s*$/, "");
const wait = "setInterval(() => answer(0, 'keyboard'), 50); ask({ images: ['a', 'b'] })";
eval(`${script}; ${wait}`).then(({ milliseconds }) => (console.log(milliseconds), process.exit()));
"""


def test_an_answer_after_days_counts(tmp_path):
    if not shutil.which("node"):
        assert "CI" not in os.environ, "CI needs node: apt-get install nodejs"
        pytest.skip("no node on the PATH")
    command = ["node", "-e", PAUSE, Path(human_study.__file__).parent / "page.js"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert rates(tmp_path, edited(milliseconds=int(done.stdout)))["participants"] == 1


def edited(place=0, **changes):
    tree = answered()
    tree["trials"][place] |= changes
    return tree


HOSTILE = {
    "damaged": json.dumps(answered())[:-40],
    "empty": "",
    "no object": "[]",
    "a number": "1",
    "NaN": json.dumps(edited(milliseconds=float("nan"))),
    "infinite": json.dumps(answered()).replace("800", "1e999", 1),
    "a huge number": json.dumps(answered()).replace("800", "9" * 30, 1),
    "5000 digits": json.dumps(answered()).replace("800", "9" * 5000, 1),
    "negative": edited(milliseconds=-1),
    "a fraction": edited(milliseconds=1.5),
    "chosen 2": edited(chosen=2),
    "chosen true": edited(chosen=True),
    "HTML id": edited(id="<script>alert(1)</script>"),
    "HTML side": edited(side="<b>left</b>"),
    "HTML key": answered() | {"<img src=x>": 1},
    "HTML participant": answered("<img src=x onerror=alert(1)>"),
    "participant with a line's end": answered("a" * 16 + "\n"),
    "other digits": answered("٣" * 16),
    "missing key": {k: v for k, v in answered().items() if k != "input"},
    "a key twice": json.dumps(answered()).replace('"study"', '"input": "touch", "study"', 1),
    "unknown trial": edited(id="0" * 16),
    "a trial twice": answered(trials=answered()["trials"][:-1] + answered()["trials"][:1]),
    "a trial missing": answered(trials=answered()["trials"][1:]),
    "trials no list": answered(trials={"id": 1}),
    "trial no object": answered(trials=[1]),
    "another display": answered(seconds=9.0),
    "no date": answered(started="yesterday"),
    "deep": "[" * 100_000,
    "too large": json.dumps(answered()) + " " * answers.MAX_BYTES,
    "no UTF-8": "\udcff",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_damaged_and_hostile_files_are_reported_in_one_line_with_their_name(case, tmp_path):
    content = HOSTILE[case] if isinstance(HOSTILE[case], str) else json.dumps(HOSTILE[case])
    (tmp_path / "sent.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(InputError) as caught:
        read_answers(tmp_path, KEY)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/sent.json: ") and "remove the file" in message
    assert message.isprintable() and "<" not in message and len(message) < 400


def test_folders_and_odd_names_are_refused_in_one_line(tmp_path):
    for make in (lambda p: p.mkdir(), os.mkfifo, lambda p: p.symlink_to("/dev/zero")):
        path = tmp_path / "a\nb\x1b[31m.json"
        make(path)
        with pytest.raises(InputError, match="not a regular file") as caught:
            read_answers(tmp_path, KEY)
        assert str(caught.value).isprintable()
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.parametrize("trials", [1, 2, 12, 480])
def test_wilson_agrees_with_scipy(trials):
    for successes in {0, 1, trials // 3, trials}:
        theirs = stats.binomtest(successes, trials).proportion_ci(confidence_level=0.95, method="wilson")
        assert answers.wilson(successes, trials) == pytest.approx(tuple(theirs), abs=1e-12)
