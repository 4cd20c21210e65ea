"""The page's scripts in node, without a browser: what a user does, and what then holds."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from colorization import page

HERE = Path(__file__).parent
NOT_HINTS = "h.json: not a file of hints"
SCENES = {
    # finished ones; of each the others that are kept meanwhile; those in the zip; uploads; what is told
    "a_removed_photograph_is_not_in_the_zip": [
        ["p1", "p3"], [["p2", "p3"], ["p1"]], ["p1", "p3"], 3, "2 photographs are in the zip"
    ],
    "a_removed_photograph_is_not_sent_again": ["gone", 1],
    "one_that_fails_does_not_keep_the_others_from_the_zip": [
        ["p1", "p3"], ["b.jpg: too large"], "2 photographs are in the zip"
    ],
    # questions at first, and in all; the last one's place: 45 of 90 px, 30 steps of one to the right
    "a_held_arrow_key_asks_once_at_a_time": [1, 2, 75],
    "a_choice_is_not_overtaken_by_a_moved_hint": 2,
    "the_comparison_is_of_the_last_wish": [1, "vae 2.9"],
    # what the number says; the slider; the number, and what counts; the number afterwards
    "the_number_can_be_typed": ["1.0", "1.05", "1.05", "15", 3, "3"],
    # questions; negative, detail and vividness of the comparison
    "the_comparison_follows_every_choice": [[2, True, 1, 1], [2, True, 2, 1], [2, True, 2, 1.5]],
    "a_thumbnail_is_not_of_old_settings": ["waiting", "done", 2],
    "an_error_goes_when_it_is_mended": [["boom"], []],
    "errors_of_two_drops_stay": [
        ["bad1.jpg: no image", "bad2.jpg: no image"], ["bad1.jpg", "slow.jpg", "ok.jpg", "bad2.jpg"]
    ],
    "a_file_that_vanished_is_told": ["x.jpg: cannot be read; was it moved, or is it a folder?"],
    "hints_that_cannot_be_checked_are_not_blamed": [
        NOT_HINTS, NOT_HINTS, NOT_HINTS, "The page's server does not answer; is colorize --serve still running?"
    ],
    "a_photograph_may_come_before_the_models": [[], 1],
    "the_only_photograph_may_be_removed_while_it_is_coloured": [[], "a.jpg was removed and deleted"],
    "a_page_whose_first_question_failed_asks_again": [
        ["The page's server does not answer; is colorize --serve still running?"], [], 1
    ],
    "what_is_asked_about_a_removed_photograph_is_no_error": [[], "a.jpg was removed and deleted"],
    # object URLs of six changes of photograph, and in the end; what was deleted, the reference, too
    "pictures_and_references_are_let_go": [0, 0, ["p1", "p2", "p3"]],
    "the_hints_of_a_film_have_marks_on_a_photograph": [1, 1],
    "an_exact_colour_may_come_late": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def found(node, tmp_path_factory):
    """What holds after each scene."""
    folder = tmp_path_factory.mktemp("scenes")
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copytree(Path(page.__file__).parent, folder / "page", ignore=shutil.ignore_patterns("*.py", "examples"))
    done = subprocess.run([node, HERE / "scenes.mjs", folder], capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_on_the_page_ends_well(found, scene):
    assert found[scene] == SCENES[scene]


def test_every_scene_has_its_end(found):
    assert found.keys() == SCENES.keys()
