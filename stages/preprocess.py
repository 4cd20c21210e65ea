"""data/raw/photos.zip → data/lab/{train,val,test}.npy and index.csv, with the audit in metrics/data.json."""

from pathlib import Path

from colorization.audit import summarise
from colorization.config import load_config
from colorization.errors import run
from colorization.files import write_json
from colorization.packing import pack, workers


def main():
    data = load_config().data
    index = pack(Path("data/raw/photos.zip"), Path("data/lab"), data, workers())
    audit = summarise(index, data)
    write_json(Path("metrics/data.json"), audit)
    print("used:", audit["used"], "left out:", audit["left_out"] or "none")


if __name__ == "__main__":
    run(main)
