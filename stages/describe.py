"""Label and colour of every model → data/models.json, for figures and pages."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.files import write_json
    from colorization.core.params import description, load_config

    abouts = {name: description(name) for name in load_config().models}
    write_json(paths.DESCRIPTIONS, {name: {"label": one.LABEL, "color": one.COLOR} for name, one in abouts.items()})


if __name__ == "__main__":
    run_stage(main)
