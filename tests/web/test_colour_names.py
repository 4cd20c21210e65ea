"""The names of colours that both pages say, run by node."""

import json
import shutil
import subprocess

import pytest
from conftest import ROOT

NAMES = {
    "#6b7a3a": "olive green",  # leaves and grass, which the hue of HSL calls yellow
    "#7a8450": "olive green",
    "#228b22": "green",
    "#556b2f": "olive green",
    "#808000": "olive",
    "#ffff00": "yellow",
    "#ffd700": "yellow",
    "#bdb76b": "khaki",
    "#ffa500": "orange",
    "#8b4513": "brown",
    "#d2b48c": "beige",
    "#d8a98c": "beige",  # skin
    "#ff0000": "red",
    "#8b0000": "dark red",
    "#5e423c": "reddish brown",
    "#ffc0cb": "pink",
    "#fa8072": "salmon",
    "#800080": "dark purple",
    "#c8a2c8": "lilac",
    "#8a2be2": "violet",
    "#0000ff": "blue",
    "#000080": "dark blue",
    "#87ceeb": "sky blue",
    "#708090": "grayish blue",
    "#008080": "turquoise",
    "#90ee90": "light green",
    "#808080": "gray",
    "#101010": "dark gray",
    "#f0f0f0": "light gray",
    "keep": "neutral gray",
    "tomato": "tomato",
}
ALL = ["#000000", "#ffffff", "#ff00ff", "#00ffff", "#00ff00"]


@pytest.fixture(scope="module")
def named(node, tmp_path_factory):
    """colour → name."""
    module = tmp_path_factory.mktemp("names") / "colours.mjs"  # node takes .mjs for a module
    shutil.copyfile(ROOT / "src/colorization/page/colours.js", module)
    colours = json.dumps([*NAMES, *ALL])
    script = f'import {{ named }} from "{module.as_uri()}"; console.log(JSON.stringify({colours}.map(named)))'
    command = [node, "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(zip([*NAMES, *ALL], json.loads(done.stdout)))


@pytest.mark.parametrize("colour", NAMES)
def test_a_colour_has_the_name_that_people_give_it(named, colour):
    assert named[colour] == NAMES[colour]


def test_every_colour_has_a_name(named):
    assert all(named[colour] for colour in ALL)
