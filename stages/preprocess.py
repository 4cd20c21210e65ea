"""data/raw/photos.zip → data/lab/{train,val,test}.npy and index.csv, with the audit in data/lab/audit.json."""

from stages import run_stage


def main() -> None:
    from colorization.core import paths
    from colorization.core.files import read_json, write_json
    from colorization.core.params import load_config
    from colorization.core.process import workers
    from colorization.preprocessing.audit import summarise
    from colorization.preprocessing.packing import pack

    data = load_config().data
    folders = read_json(paths.DOWNLOAD).get("folders", ())
    audit = summarise(pack(paths.ARCHIVE, paths.LAB, data, workers(), folders), data)
    write_json(paths.AUDIT, audit)
    print("used:", audit["used"], "left out:", audit["left_out"] or "none")


if __name__ == "__main__":
    run_stage(main)
