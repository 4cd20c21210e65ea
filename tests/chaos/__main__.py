"""make chaos: run the parts in turn and print their counts; exit status 1 if a study did not recover."""

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from chaos import damage, disk, kills, moments, project, rivals, stale

PARTS = {"stale": stale, "rivals": rivals, "damage": damage, "disk": disk}  # all parts except the kills


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos CHAOS=…", description=__doc__)
    parts = ["kills", *PARTS]
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help=f"of {', '.join(parts)} (default: all)")
    parser.add_argument("--kills", type=int, default=210, help="that must come in time (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the kills' moments (default: %(default)s)")
    parser.add_argument("--trial", type=int, help="this kill alone")
    return parser.parse_args()


def main():
    wanted = arguments()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore Ctrl-C
    work = Path(tempfile.mkdtemp(prefix="chaos-")).resolve()
    print(f"seed {wanted.seed}, in {work}", flush=True)
    undisturbed, tables, failures = work / "undisturbed", {}, []
    with moments.durations(undisturbed) as seconds:
        project.build(undisturbed)
    for part in wanted.parts or ["kills", *PARTS]:
        if part == "kills":
            options = {"seed": wanted.seed, "kills": wanted.kills, "only": wanted.trial}
            counts, failed = kills.run(work, undisturbed, seconds, **options)
            tables[part] = kills.table(counts)
        else:
            counts, failed = PARTS[part].run(work, undisturbed)
            tables[part] = "\n".join(f"{' '.join(key):70} {number}" for key, number in counts.items())
        failures += [f"{part}: {failure}" for failure in failed]
    print(*(f"\n{part}\n{table}" for part, table in tables.items()), sep="\n")
    if failures:
        sys.exit("\n".join(["", *failures, f"{len(failures)} failed; their studies are in {work}"]))
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
