"""Every verdict of every claim, on invented histories, scores and answers."""

import numpy as np
import pandas as pd
import pytest

from colorization.claims import losses, trends
from colorization.claims.claims import CLAIMS, judge
from colorization.claims.verdicts import Evidence
from colorization.core.params import PAPER

EPOCHS = np.arange(1, 21)
FALLING = np.exp(-0.1 * EPOCHS)
RISING = FALLING[::-1]
ZIGZAG = 1 + 0.1 * (-1.0) ** EPOCHS
RNG = np.random.default_rng(0)
WALK = RNG.normal(size=20).cumsum()


def history(lr=0.1, seed=1, **columns):
    count = len(next(iter(columns.values())))
    return pd.DataFrame({"epoch": np.arange(1, count + 1), "lr": lr, "seed": seed} | columns)


def evidence(**changes):
    """A run that leaves every claim undecided, apart from the changes of a test."""
    noise = pd.DataFrame({"colorfulness": 30.0, "colorfulness_original": 30.0, "delta_e": RNG.normal(10, 1, 400)})
    noise.loc[:19, "colorfulness"] = 60.0  # 5 %
    row = {"colorfulness_ratio": 1.0, "skill": 0.5}
    ends = {f"{k}{end}": v + d for k, v in row.items() for end, d in (("", 0), ("_low", -0.1), ("_high", 0.1))}
    table = pd.DataFrame([{"model": name} | ends for name in PAPER])
    pairs = [("mse", "gray", "resnet"), ("mse", "resnet", "gan"), ("mse", "resnet", "vae"), ("mse", "gan", "vae")]
    differences = pd.DataFrame(pairs, columns=["measure", "first", "second"]).assign(difference=0.0, low=-0.1, high=0.1)
    short = history(val_loss=FALLING[:2], val_ab_mse=FALLING[:2])
    histories = dict.fromkeys(PAPER, [short])
    base = {"scores": dict.fromkeys(PAPER, noise), "table": table, "differences": differences, "histories": histories,
            "people": {"models": {}}, "resamples": 500, "seed": 1, "decides": True}  # fmt: skip
    return Evidence(**(base | changes))


def verdict(name, **changes):
    return next(row["verdict"] for row in judge(evidence(**changes)) if row["name"] == name)


def table(model, measure, value):
    found = evidence().table.set_index("model")
    found.loc[model, [measure, f"{measure}_low", f"{measure}_high"]] = [value, value - 0.01, value + 0.01]
    return {"table": found.reset_index()}


def histories(model, **columns):
    """One training's losses."""
    return {"histories": evidence().histories | {model: [history(**columns)]}}


def seeds(model, *trainings):
    """The losses of trainings with several seeds."""
    return {
        "histories": evidence().histories
        | {model: [history(seed=n, **columns) for n, columns in enumerate(trainings, 7)]}
    }


def verdict_of(find, *trainings):
    """A rule's verdict on a model's trainings."""
    return find([history(**columns) for columns in trainings]).verdict


def test_every_claim_is_undecided_without_evidence():
    rows = judge(evidence())
    assert {row["verdict"] for row in rows} == {"undecided"}
    assert len({row["name"] for row in rows}) == len(CLAIMS) == len(rows)


@pytest.mark.parametrize("model", ["resnet", "vae"])
@pytest.mark.parametrize("value, expected", [(0.5, "confirmed"), (1.2, "refuted"), (1.0, "undecided")])
def test_verdicts_of_less_colourful(model, value, expected):
    assert verdict(f"{model}-less-colourful", **table(model, "colorfulness_ratio", value)) == expected


@pytest.mark.parametrize("share, expected", [(0.2, "confirmed"), (0.0, "refuted"), (0.05, "undecided")])
def test_verdicts_of_overly_colourful(share, expected):
    scores = pd.DataFrame({"colorfulness": 30.0, "colorfulness_original": 30.0, "delta_e": 1.0}, index=range(400))
    scores.loc[: 400 * share - 1, "colorfulness"] = 45.0
    others = evidence().scores
    assert verdict("gan-overly-colourful", scores=others | {"gan": scores}) == expected


def test_verdicts_of_great():
    great = pd.concat([table(name, "skill", 0.8)["table"].query("model == @name") for name in PAPER])
    assert verdict("great", table=great) == "confirmed"
    assert verdict("great", **table("gan", "skill", 0.1)) == "refuted"


@pytest.mark.parametrize("sign, expected", [(-1, "refuted"), (1, "confirmed")])
def test_verdicts_of_more_effective(sign, expected):
    rows = evidence().differences.assign(difference=sign * 0.2, low=sign * 0.2 - 0.1, high=sign * 0.2 + 0.1)
    assert verdict("vae-more-effective", differences=rows) == expected, "the table has the others first"


@pytest.mark.parametrize("sd, expected", [(2.0, "confirmed"), (0.5, "refuted"), (1.0, "undecided")])
def test_verdicts_of_quality_varies(sd, expected):
    scores = evidence().scores
    gan = scores["gan"].assign(delta_e=np.random.default_rng(5).normal(10, sd, 400))
    assert verdict("gan-varies", scores=scores | {"gan": gan}) == expected


@pytest.mark.parametrize("loss, expected", [(FALLING, "confirmed"), (RISING, "refuted"), (FALLING[:3], "undecided")])
def test_verdicts_of_steady(loss, expected):
    assert verdict("resnet-steady", **histories("resnet", val_loss=loss)) == expected


@pytest.mark.parametrize("size, expected", [(5.0, "confirmed"), (1.0, "refuted"), (2.0, "undecided")])
def test_verdicts_of_unstable(size, expected):
    """The adversarial loss changes `size` times as much around its trend as the L1 loss around another."""
    changes = 0.01 * np.random.default_rng(3).normal(size=20)
    columns = {"train_l1": FALLING**0.1 * np.exp(changes), "train_adversarial": RISING * np.exp(size * changes[::-1])}
    assert verdict("gan-unstable", **histories("gan", val_loss=FALLING, train_d_loss=FALLING, **columns)) == expected
    assert verdict_of(losses.unstable, columns | {"train_l1": np.ones(20)}) == "undecided", "nothing to compare with"
    assert verdict_of(losses.unstable, {name: loss[:5] for name, loss in columns.items()}) == "undecided"


@pytest.mark.parametrize(
    "d_loss, expected",
    [(-WALK, "confirmed"), (WALK, "refuted"), (RNG.normal(size=20), "undecided"), (np.ones(20), "undecided")],
)
def test_verdicts_of_mirrors(d_loss, expected):
    noise = 0.1 * np.random.default_rng(1).normal(size=20)
    columns = {"train_adversarial": WALK + noise, "train_d_loss": d_loss}
    found = histories("gan", train_l1=ZIGZAG, val_loss=ZIGZAG, **columns)
    assert verdict("gan-mirrors", **found) == expected


@pytest.mark.parametrize(
    "high, low, size, count, expected",
    [
        (14, 15, 2.0, 20, "confirmed"),
        (14, 5, 2.0, 20, "refuted"),
        (14, 14, 0.0, 20, "refuted"),
        (5, 5, 2.0, 7, "undecided"),
    ],
)
def test_verdicts_of_peak(high, low, size, count, expected):
    noise = 0.02 * np.random.default_rng(2).normal(size=(2, count))
    d_loss, adversarial = 1 + noise[0], 1 + noise[1]
    d_loss[0], d_loss[high], adversarial[low] = 9.0, d_loss.max() + size, adversarial.min() - size
    found = histories("gan", train_adversarial=adversarial, train_d_loss=d_loss, val_loss=d_loss, train_l1=d_loss)
    assert verdict("gan-peak", **found) == expected, "the first epoch's loss is no peak"


@pytest.mark.parametrize(
    "first, loss, expected",
    [
        (0.5, 0.01 + np.exp(-EPOCHS), "confirmed"),  # the first epoch's mean is .38
        (5.0, 3.0 + 0.01 * FALLING, "refuted"),  # it falls within the first epoch, but not by half
        (30.0, 30.0 - EPOCHS, "refuted"),  # it falls by half, but evenly
        (0.5, FALLING[:5], "undecided"),
    ],
)
def test_verdicts_of_sharp(first, loss, expected):
    columns = {"train_loss": loss + 1, "first_loss": first + 1, "val_loss": loss}
    assert verdict("vae-sharp", **histories("vae", train_mse=loss, first_mse=first, **columns)) == expected
    autoencoder = {"train_loss": loss, "first_loss": first, "val_loss": loss}  # without a KL term, the loss is the MSE
    assert verdict("vae-sharp", **histories("vae", **autoencoder)) == expected


def test_an_event_counts_if_every_seed_has_it():
    sharp, flat = ({"train_loss": loss, "first_loss": 0.5, "val_loss": loss} for loss in (np.exp(-EPOCHS), FALLING))
    assert verdict("vae-sharp", **seeds("vae", sharp, sharp)) == "confirmed"
    assert verdict("vae-sharp", **seeds("vae", flat, flat)) == "refuted"
    assert verdict("vae-sharp", **seeds("vae", sharp, flat)) == "undecided"
    figure = losses.sharp([history(seed=7, **sharp), history(seed=9, **flat)]).figure
    assert "seed 7: from 0.5000" in figure and "seed 9: from 0.5000" in figure


def test_several_seeds_decide_what_one_cannot():
    noise = np.random.default_rng(8).normal(0, 0.1, (25, 20))
    falling = [{"val_loss": np.exp(-0.01 * EPOCHS + one)} for one in noise]
    assert verdict_of(losses.still_falls, falling[0]) == "undecided"
    assert verdict_of(losses.still_falls, *falling) == "confirmed"
    steady = [{"val_loss": np.exp(-0.04 * EPOCHS + one)} for one in noise]
    assert verdict_of(losses.steady, steady[0]) == "undecided"
    assert verdict_of(losses.steady, *steady) == "confirmed"
    level = [{"val_loss": np.exp(one)} for one in noise]
    assert verdict_of(losses.still_falls, level[0]) == "undecided"
    assert verdict_of(losses.still_falls, *level) == "refuted", "a fall of a hundredth per epoch would be seen"


@pytest.mark.parametrize("model", PAPER)
def test_verdicts_of_still_falls(model):
    def found(loss, lr=0.1):
        columns = dict.fromkeys(("train_adversarial", "train_d_loss", "train_l1", "train_mse", "first_mse"), loss)
        return verdict(f"{model}-still-falls", **histories(model, val_loss=loss, lr=lr, **columns))

    long = np.exp(-0.1 * np.arange(1, 61))
    assert found(FALLING) == found(long) == "confirmed"
    assert found(RISING) == found(np.concatenate([FALLING, 2 - np.exp(-0.1 * EPOCHS)])) == "refuted"
    noise = np.random.default_rng(1).normal(0, 0.1, 20)
    assert found(1 + noise) == found(FALLING[:5]) == "undecided"
    assert found(1 + 0.1 * noise) == "refuted", "level, and any fall is slight"
    assert found(FALLING, lr=np.linspace(1, 0, 20)) == "undecided", "a rate that goes to 0 ends the fall"
    assert found(np.zeros(20)) == "undecided", "the logarithm of nothing"


@pytest.mark.parametrize(
    "late, expected", [((1.0, 2.0, 3.0), "refuted"), ((3.0, 2.0, 1.0), "confirmed"), ((1.0, 1.001, 3.0), "undecided")]
)
def test_verdicts_of_converged_differ(late, expected):
    """At 20 epochs the values are resnet 10, gan 20, vae 30."""

    def curve(early, last):
        return np.concatenate([np.full(20, early), np.full(80, last)])

    ones = np.ones(100)
    found = {
        name: [history(val_loss=ones, val_ab_mse=curve(10.0 * (i + 1), last), first_mse=ones, train_mse=ones,
                       train_adversarial=ones, train_l1=ones, train_d_loss=ones)]
        for i, (name, last) in enumerate(zip(PAPER, late))
    }  # fmt: skip
    assert verdict("converged-differ", histories=found) == expected
    assert verdict("converged-differ", histories={name: [h[:99]] for name, (h,) in found.items()}) == "undecided"
    annealed = {name: [h.assign(lr=np.linspace(1, 0, 100))] for name, (h,) in found.items()}
    assert verdict("converged-differ", histories=annealed) == "undecided"


@pytest.mark.parametrize("fooled, expected", [(50, "confirmed"), (10, "refuted"), (40, "undecided"), (0, "undecided")])
def test_verdicts_of_hard_to_tell(fooled, expected):
    models = {"gan": {"trials": 100 if fooled else 0, "fooled": fooled}, "vae": {"trials": 0, "fooled": 0}}
    models["resunet"] = {"trials": 1000, "fooled": 900}  # not a model of the paper
    assert verdict("hard-to-tell", people={"models": models}) == expected


def test_the_sample_judges_no_claim():
    rows = judge(evidence(decides=False, **table("vae", "colorfulness_ratio", 0.5)))
    assert {row["verdict"] for row in rows} == {"undecided"} and all("embedded sample" in row["figure"] for row in rows)


def test_few_photographs_decide_nothing():
    few = {name: table[:10] for name, table in evidence().scores.items()}
    assert verdict("vae-less-colourful", scores=few, **table("vae", "colorfulness_ratio", 0.5)) == "undecided"
    assert {v["verdict"] for v in judge(evidence(scores=few))} == {"undecided"}


def test_a_value_that_cannot_be_computed_is_reported():
    flat = {name: table.assign(delta_e=3.0) for name, table in evidence().scores.items()}
    rows = {row["name"]: row for row in judge(evidence(scores=flat))}
    assert rows["gan-varies"]["verdict"] == "undecided" and "cannot be computed" in rows["gan-varies"]["figure"]
    nothing = pd.DataFrame([{"model": name} for name in PAPER])
    nothing[[f"{m}{end}" for m in ("skill", "colorfulness_ratio") for end in ("", "_low", "_high")]] = np.nan
    assert verdict("great", table=nothing) == "undecided"


@pytest.mark.parametrize("walk", [False, True])
def test_independent_losses_mirror_each_other_at_the_stated_rate(walk):
    decided = 0
    for seed in range(300):
        losses = np.random.default_rng(seed).normal(size=(2, 20))
        one, other = losses.cumsum(axis=1) if walk else losses
        _, low, high = trends.correlation_of_changes([np.stack([one, other], axis=1)])
        decided += low > 0 or high < 0
    assert decided / 300 <= 0.08


def test_intervals_of_trends():
    share, low, high = trends.later_is_lower([np.array([5.0, 4.0, 2.0, 3.0, 1.0, 0.0])])
    assert share == pytest.approx(14 / 15) and low < share < high < 1
    assert [trends.later_is_lower([loss])[0] for loss in (FALLING, RISING)] == pytest.approx([1, 0])
    one, two = np.array([5.0, 4.0, 2.0, 3.0, 1.0, 0.0]), np.array([5.0, 4.0, 3.0, 2.0, 0.0, 1.0])
    assert trends.later_is_lower([one, FALLING, two])[0] == pytest.approx(43 / 45)
    slope, low, high = trends.relative_slope([FALLING, 2 * FALLING])
    assert (slope, low, high) == pytest.approx((-0.1,) * 3)
    assert trends.early_share(np.array([8.0, 6.0, 4.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0])) == pytest.approx(0.5)
    assert trends.early_share(np.ones(9)) == 0


@pytest.mark.parametrize(
    "course", [np.cumsum, lambda noise, axis: noise], ids=["a random walk", "noise around a trend"]
)
def test_the_ratio_of_changes_covers_the_true_one_at_the_stated_rate(course):
    covered = 0
    for seed in range(300):
        steps = np.random.default_rng(seed).normal(size=(3, 20, 2)) * (0.03, 0.01)
        _, low, high = trends.ratio_of_changes([np.exp(course(its, axis=0)) for its in steps])
        covered += low < 3.0 < high
    assert covered / 300 == pytest.approx(0.95, abs=0.03)
