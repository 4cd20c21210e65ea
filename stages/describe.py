"""Label, colour and architecture of every model → data/models.json, for figures and pages."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.files import write_json
    from colorization.core.params import description, load_config
    from colorization.models.common.architecture import describe

    config, described = load_config(), {}
    for name, params in config.models.items():
        about = description(name)
        architecture = describe(name, params.network(), config.data.image_size)
        described[name] = {"label": about.LABEL, "color": about.COLOR, "architecture": architecture}
    write_json(paths.DESCRIPTIONS, described)


if __name__ == "__main__":
    run_stage(main)
