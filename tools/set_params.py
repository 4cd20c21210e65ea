"""Copy a preset to params.yaml with some values changed, as `dvc exp run -S` changes them; comments stay.

python -m tools.set_params presets/paper.yaml data.source=folder data.folder.path=photos models.gan.l1_weight=50
"""

import sys
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML, YAMLError  # comes with DVC

from colorization.core import paths
from colorization.core.errors import InputError, one_line, run
from colorization.core.files import write_bytes
from colorization.core.params import Config, from_tree
from colorization.core.schema import tree_of


def changed(text: str, changes: list[str]) -> str:
    """The text of a params file with `key.key=value` changes. Raises InputError for an unknown key or a bad value."""
    yaml, out = YAML(), StringIO()
    yaml.width, yaml.preserve_quotes = 4096, True
    tree = yaml.load(text)
    for change in changes:
        key, equals, value = change.partition("=")
        *parents, last = key.split(".")
        block = tree
        try:
            for parent in parents:
                block = block[parent]
            block[last]  # unknown keys are mistakes
            block[last] = YAML(typ="safe").load(value)
        except (KeyError, TypeError, YAMLError) as error:
            raise InputError(f"{change}: no such parameter or value ({one_line(error, 80)}); KEY.KEY=VALUE") from None
        if not equals:
            raise InputError(f"{change}: not a change; expected KEY.KEY=VALUE")
    yaml.dump(tree, out)
    return out.getvalue()


def checked(preset: Path, changes: list[str]) -> tuple[bytes, Config]:
    """A preset with changes, and its parameters. Raises InputError that names the key of a bad value."""
    content = changed(preset.read_text(encoding="utf-8"), changes).encode()
    return content, from_tree(tree_of(content))


def main() -> None:
    if len(sys.argv) < 2:
        raise InputError("name a preset; expected: python -m tools.set_params presets/paper.yaml KEY.KEY=VALUE …")
    preset = Path(sys.argv[1])
    if not preset.is_file():
        raise InputError(f"{preset}: file not found")
    content, _ = checked(preset, sys.argv[2:])
    write_bytes(paths.PARAMS, content)


if __name__ == "__main__":
    run(main)
