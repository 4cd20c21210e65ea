"""The paper's measurable sentences, each with the rule that confirms it."""

from collections.abc import Callable
from functools import partial

from colorization.claims import losses, results
from colorization.claims.losses import CONVERGED_EPOCHS, MIN_EPOCHS, REPORT_EPOCHS, SLIGHT, UNSTABLE
from colorization.claims.results import GREAT, HARD_TO_TELL, OVERLY, SOME
from colorization.claims.verdicts import UNDECIDED, Evidence, Found
from colorization.core.params import PAPER

LESS = "The ratio of mean colorfulness, result to original, is below 1."
FALLS_ON = (
    f"The validation loss still falls (Theil–Sen slope) after epoch {REPORT_EPOCHS}, or in the second half of a run of "
    f"fewer than {REPORT_EPOCHS + MIN_EPOCHS} epochs. What cannot be told from level refutes the claim if any fall is "
    f"below {SLIGHT:.0%} per epoch. A run whose learning rate goes to 0 cannot decide this."
)
HARD = (
    f"People take a result for the photograph in more than {HARD_TO_TELL:.0%} of the trials (50 % is guessing). "
    "The interval treats all answers as independent; answers of one person are not quite."
)
SUDDEN = (
    "in the discriminator losses there's a sudden peak at around epoch 15 which corresponds to the low point in "
    "generator loss"
)
PEAK = (
    "After the first epoch, the discriminator's highest and the generator's lowest loss stand out by 3 standard "
    "deviations, in the same epoch or in neighbouring epochs."
)
SHARP = (
    "The VAE's MSE falls to half of its first step's value or less, and half of this fall comes in the first quarter "
    "of the epochs."
)
DIFFER = (
    f"After {CONVERGED_EPOCHS} epochs or more, the order of the models by ab RMSE on validation photographs differs "
    f"from the order after {REPORT_EPOCHS}. A run whose learning rate goes to 0 cannot decide this."
)
SAMPLE = "not judged on the embedded sample: it has too few photographs, and its networks are too narrow"
STILL = "All of the three losses [here the {}'s] will still decrease after that"
# Name, sentence, section of the paper, rule, function that finds the figure.
CLAIMS: tuple[tuple[str, str, str, str, Callable[[Evidence], Found]], ...] = (
    ("great", "The overall performances for all three models are great.", "Abstract",
     f"Each model explains more than {GREAT:.0%} of the gray floor's squared error (skill).", results.great),
    ("hard-to-tell", "It is hard to tell the generated images are fake", "Abstract",
     HARD, results.hard_to_tell),
    ("resnet-less-colourful", "ResNet … generate less colorful images", "Abstract and section 5.1", LESS,
     partial(results.less_colourful, "resnet")),
    ("vae-less-colourful", "… VAE generate less colorful images", "Abstract", LESS,
     partial(results.less_colourful, "vae")),
    ("gan-overly-colourful", "some images processed by GAN are overly colorful", "Abstract, sections 5.2 and 6",
     f"More than {SOME:.0%} of the results have {OVERLY:.0f} or more points of colorfulness above their originals'.",
     results.overly_colourful),
    ("resnet-steady", "The validation loss decreases steadily here", "Section 5.1",
     "Of two epochs, the later one has the lower validation loss in more than four fifths of all pairs.",
     losses.of("resnet", losses.steady)),
    ("gan-unstable", "the generator loss is unstable because of the adversarial network", "Section 5.2",
     f"From epoch to epoch the generator's adversarial loss changes (as a share of itself, around its trend) more than "
     f"{UNSTABLE:.0f} times as much as its L1 loss, which has no adversary.", losses.of("gan", losses.unstable)),
    ("gan-mirrors", "an improvement in the generator will cause more error in the discriminator and vice versa",
     "Section 5.2", "The changes of the two losses from epoch to epoch are negatively correlated.",
     losses.of("gan", losses.mirrors)),
    ("gan-peak", SUDDEN, "Section 5.2", PEAK, losses.of("gan", losses.peak)),
    ("gan-varies", "GAN can provide colorful images, but the quality varies", "Section 6",
     "The GAN's ΔE varies more between photographs than that of each other model.", results.quality_varies),
    ("vae-sharp", "The MSE loss … decreases sharply from 0.5 to 0.002 in a shorter time", "Section 5.3",
     SHARP, losses.of("vae", losses.sharp)),
    ("vae-more-effective", "which means that the VAE is more effective", "Section 5.3",
     "The VAE's mean MSE is below that of each other model on the same photographs.", results.more_effective),
    *((f"{model}-still-falls", STILL.format(PAPER[model]), "Section 6", FALLS_ON, losses.of(model, losses.still_falls))
      for model in PAPER),
    ("converged-differ", "train for more than 100 epochs and compare the performance when they converges", "Section 6",
     DIFFER, losses.converged_differ),
)  # fmt: skip


def judge(evidence: Evidence) -> list[dict]:
    """One row per claim: name, sentence, section of the paper, rule, figure and verdict.

    Each verdict stands for itself at 95 %: the family of claims is not corrected for.
    """
    rows = []
    for name, sentence, section, rule, find in CLAIMS:
        found = find(evidence) if evidence.decides else Found(SAMPLE, UNDECIDED)
        rows.append({"name": name, "sentence": sentence, "section": section, "rule": rule,
                     "figure": found.figure, "verdict": found.verdict})  # fmt: skip
    return rows
