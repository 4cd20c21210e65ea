"""Photographs of the chosen source → data/raw/photos.zip, one reproducible archive, and data/raw/download.json."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.files import write_json
    from colorization.core.params import load_config
    from colorization.sources.archive import write_archive
    from colorization.sources.source import photographs

    data = load_config().data
    with photographs(data, paths.ROOT, paths.CHECKPOINTS) as (found, record):
        count = write_archive(paths.ARCHIVE, found)
        write_json(paths.DOWNLOAD, {"source": data.source, "photographs": count} | record)
    print(f"{count} photographs from source {data.source}")


if __name__ == "__main__":
    run_stage(main)
